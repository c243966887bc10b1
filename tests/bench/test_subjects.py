import os
from types import SimpleNamespace

import pytest

from tests.bench.figures import at, measured
from tinyllm.bench import compare, growth, peers, results, subjects
from tinyllm.bench.compare import Request, in_turns, measurement
from tinyllm.bench.figure import draw
from tinyllm.bench.ladder import Rung
from tinyllm.bench.sizes import GPT2, SMALL, bytes_read
from tinyllm.bench.subjects import SUBJECTS
from tinyllm.errors import MeasurementError, OptionError
from tinyllm.models import DecoderOnly, TransformerConfig


@pytest.fixture
def request_of():
    return lambda *peers, rounds=2, named=True: Request(list(peers), named, rounds, threads=1)


@pytest.fixture
def runs(monkeypatch):
    """No process starts: tinyllm always takes 2, the others 3. Returns the tasks, in order."""
    tasks = []

    def run(task, environment):
        tasks.append(task | {"environment": dict(environment)})
        value = 2.0 if task["side"] == "tinyllm" else 3.0
        rung = vars(Rung("naive", 2.0, 0.1, 7.0, "three loops", 4.0))
        facts = {"bytes": 1e9, "bandwidth": 1e12, "compiling": 0.0, "rungs": [rung]}
        facts |= {"peak": (9.0, 99.0), "cache": 100.0}
        return {"values": [value, value], **facts}

    monkeypatch.setattr(compare, "run", run)
    return tasks


# -------------------------------------------------------------------- who takes part
def test_without_names_all_that_are_installed_take_part(monkeypatch):
    monkeypatch.setattr(peers, "find_spec", lambda name: None if name == "optax" else name)
    assert peers.choose(None, "train", ("torch", "jax", "numpy")) == ["torch", "numpy"]


def test_a_peer_that_is_not_installed_is_named_with_the_way_to_get_it(monkeypatch):
    monkeypatch.setattr(peers, "find_spec", lambda name: None)
    with pytest.raises(
        OptionError, match=r"--against jax needs .*: jax, optax\. Hint: pip install"
    ):
        peers.choose("jax", "train", ("jax",))


def test_an_unknown_peer_is_refused():
    message = "bench train: --against must be of torch, numpy; got 'tensorflow'."
    with pytest.raises(OptionError, match=message):
        peers.choose("numpy, tensorflow", "train", ("torch", "numpy"))


def test_a_peer_named_twice_takes_part_once():
    assert peers.choose("numpy,by_hand,numpy", "train", ("numpy", "by_hand")) == [
        "numpy",
        "by_hand",
    ]


# -------------------------------------------------------------------- turns
def test_sides_take_turns_and_every_other_round_goes_backwards(runs, request_of):
    found = in_turns(request_of("torch", rounds=3), measurement("x", "ms"), {"kind": "training"})
    order = ["tinyllm", "torch", "torch", "tinyllm", "tinyllm", "torch"]
    assert [task["side"] for task in runs] == order
    assert {side: len(rounds) for side, rounds in found["sides"].items()} == {
        "tinyllm": 3,
        "torch": 3,
    }


def test_a_process_that_had_to_compile_is_not_measured(monkeypatch, request_of):
    answers = iter(
        [{"values": [9.0], "compiling": 5.0}, *[{"values": [1.0], "compiling": 0.0}] * 2]
    )
    monkeypatch.setattr(compare, "run", lambda task, environment: next(answers))
    found = in_turns(request_of(), measurement("x", "ms"), {"kind": "training"})
    assert [part["values"] for part in found["sides"]["tinyllm"]] == [[1.0], [1.0]]


def failing(task, environment):
    if task["side"] == "torch":
        raise MeasurementError("bench: torch failed")
    return {"values": [1.0], "compiling": 0.0}


def test_a_named_peer_that_fails_ends_the_run(monkeypatch, request_of):
    monkeypatch.setattr(compare, "run", failing)
    with pytest.raises(MeasurementError, match="torch failed"):
        in_turns(request_of("torch"), measurement("x", "ms"), {"kind": "training"})


@pytest.mark.parametrize("measure", [subjects.train, subjects.startup, growth.measure])
def test_a_peer_that_nobody_named_may_fail(monkeypatch, request_of, measure):
    monkeypatch.setattr(compare, "run", failing)
    request = request_of("torch", "numpy", named=False)
    for m in measure(request):
        assert set(m["sides"]) == {"tinyllm", "numpy"}
        assert {len(rounds) for rounds in m["sides"].values()} == {2}
    assert request.notes == ["left out: bench: torch failed"]


# -------------------------------------------------------------------- subjects
@pytest.mark.parametrize("name", SUBJECTS)
@pytest.mark.parametrize("against", [(), ("torch",)])
def test_every_subject_measures_tells_and_draws(runs, request_of, tmp_path, name, against):
    against = against if SUBJECTS[name].peers else ()
    found = results.measure(name, request_of(*against), "tinyllm bench")
    assert all(
        m["unit"] and set(m["sides"]) == {"tinyllm", *against} for m in found["measurements"]
    )
    assert found["noise"] == ["Steady: no ratio spreads by more than 15% from round to round."]
    tables = results.tables(found)
    assert all(len(row) == len(table.head) for table in tables for row in table.rows)
    assert all(table.rows for table in tables)
    assert ("1.5" in "".join(t.text() for t in tables)) == bool(against)
    draw(tmp_path / "figure.png", name, found["measurements"])
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", SUBJECTS)
def test_whoever_takes_part_usually_can_take_part(name):
    assert set(SUBJECTS[name].usual) <= set(SUBJECTS[name].peers) <= peers.PACKAGES.keys()


def test_the_large_model_is_not_generated_from_without_a_cache(runs, request_of):
    small, large = subjects.generate(request_of("torch", "uncached"))
    assert list(small["sides"]) == ["tinyllm", "torch", "uncached"]
    assert list(large["sides"]) == ["tinyllm", "torch"]


def test_the_first_start_of_a_side_finds_an_empty_folder_and_the_second_a_full_one(
    runs, request_of
):
    subjects.startup(request_of("torch", rounds=1))
    folders = [task["environment"]["NUMBA_CACHE_DIR"] for task in runs]
    assert folders[0] == folders[1] != folders[2] == folders[3]
    assert not any(map(os.path.exists, folders))


def test_a_side_that_is_too_slow_leaves_larger_sizes_out(monkeypatch, request_of):
    def run(task, environment):
        slow = task["side"] == "torch" and task["sizes"]["context"] >= 256
        return {"values": [] if slow else [1.0], "compiling": 0.0}

    monkeypatch.setattr(compare, "run", run)
    found = growth.measure(request_of("torch"))
    with_torch = [m["size"] for m in found if m["quantity"] == "context" and "torch" in m["sides"]]
    assert with_torch == [64, 128]
    assert growth.tables(found)


def test_growth_tells_exponents():
    found = [at("context", n, tinyllm=n / 64, torch=n**2 / 64) for n in (64, 128, 256)]
    powers, times = growth.tables(found)
    assert powers.rows == [("context", "64", "256", "1.00", "2.00")]
    assert times.rows[-1] == ("context 256", "4", "1,024", "256.00")


def test_a_table_has_the_ratio_and_its_range():
    found = measured(tinyllm=[[2.0], [2.0]], torch=[[3.0], [5.0]])
    (table,) = subjects.compared([found])
    assert table.rows == [
        ("training step", "torch", "4 (best 3)", "2 (best 2)", "2.00 (1.50 to 2.50)")
    ]
    assert table.markdown().splitlines()[1] == "| --- | --- | --- | --- | --- |"


@pytest.mark.parametrize("sizes", [SMALL, SMALL | {"layers": 1, "width": 64}])
def test_the_bytes_read_for_a_token_are_those_of_all_weights_but_the_positions(sizes):
    model = DecoderOnly(TransformerConfig(**sizes), rng=0)
    read = model.count_parameters() - model.positions.weight.size
    assert bytes_read(sizes) == 4 * read
    assert bytes_read(GPT2) > 490e6


def test_the_default_sizes_can_be_built():
    for quantity in ("context", "width", "layers"):
        for size in growth.QUANTITIES[quantity]:
            TransformerConfig(**vars(SimpleNamespace(**growth.task_at(quantity, size)["sizes"])))
