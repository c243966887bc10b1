import numpy as np
import pytest

from tinyllm.bench import bandwidth, compare, process_memory, worker
from tinyllm.errors import MeasurementError

TINY = {"vocabulary": 7, "context": 4, "layers": 1, "heads": 2, "width": 8}
STEP = {"sizes": TINY, "batch": 2, "threads": 1}


def test_a_worker_measures_a_training_step_in_a_process_of_its_own():
    task = {"kind": "training", "side": "tinyllm", **STEP, "times": 3}
    found = compare.run(task, {})
    assert len(found["values"]) == 3
    assert all(0 < ms < 1e4 for ms in found["values"])
    assert found["compiling"] >= 0


def test_a_worker_that_fails_is_told_in_one_line():
    task = {"kind": "training", "side": "tinyllm", **STEP, "times": 3, "limits": 1}
    with pytest.raises(MeasurementError, match="bench: tinyllm failed at training: TypeError") as e:
        compare.run(task, {})
    assert "\n" not in str(e.value)


@pytest.mark.parametrize(
    ("task", "count"),
    [
        ({"kind": "training", **STEP, "times": 2}, 2),
        ({"kind": "training", **STEP, "times": 2, "limit": 0.0}, 0),
        ({"kind": "operation", "name": "softmax", "context": 4, "threads": 1, "times": 2}, 2),
        ({"kind": "product", "rows": 4, "layer": "qkv", "way": "dW", "threads": 1, "times": 2}, 2),
        ({"kind": "generation", "sizes": TINY, "tokens": 3, "threads": 1, "times": 2}, 2),
        ({"kind": "memory", **STEP, "times": 1}, 1),
        ({"kind": "startup", **STEP, "began": 0.0}, 1),
    ],
)
def test_every_kind_of_task_gives_figures(task, count):
    found = worker.perform(**task, side="tinyllm")
    assert len(found["values"]) == count


@pytest.mark.parametrize("side", ["torch", "numpy", "by_hand"])
def test_all_sides_compute_the_loss_that_tinyllm_computes(side):
    if side == "torch":
        pytest.importorskip("torch")
    ours = worker.step_of("tinyllm", TINY, 2, threads=1)
    if side == "torch":  # with tinyllm's initial weights
        module, sizes = worker.module_of("torch"), worker.SimpleNamespace(**TINY)
        theirs = module.training_step(sizes, 2, 1, worker.module_of("tinyllm").make(sizes))
    else:
        theirs = worker.step_of(side, TINY, 2, threads=1)
    losses = np.array([[ours(), theirs()] for _ in range(5)])
    np.testing.assert_allclose(losses[:, 0], losses[:, 1], rtol=1e-4)
    assert losses[-1, 0] < losses[0, 0]


def test_memory_that_is_taken_raises_the_peak():
    before = process_memory.resident()
    taken = np.ones(30 * 2**20, np.uint8)
    assert process_memory.peak() >= before > 2**20
    if process_memory.STATUS.exists():
        assert process_memory.peak() - before > taken.nbytes / 2  # others give some back meanwhile


def test_the_loop_that_reads_memory_sums_all_of_it():
    x = np.arange(2 * bandwidth.PIECE, dtype=np.float32) % 3
    assert bandwidth._sum(x, bandwidth.PIECE) == pytest.approx(x.sum(), rel=1e-3)
    assert bandwidth.read_bandwidth(size=2**20, times=1) > 0
