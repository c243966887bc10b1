"""The best validation loss on tiny Shakespeare in three minutes, from process start to figure.

    TINYLLM_DATA=... python -m tests.benchmarks.three_minutes [--seconds 180] [--seeds 1 2 3]

Each seed runs in a process of its own. The learning rate follows the clock, not the steps: so a run
ends in time on any machine, and a faster machine does more steps.
"""

import argparse
import json
import subprocess
import sys
from statistics import mean

import numpy as np

from tests.benchmarks.clock import seconds_since_start
from tests.benchmarks.report import DOCS, measured_with, write_section
from tinyllm.evaluation import mean_loss
from tinyllm.models import DecoderOnly, TransformerConfig
from tinyllm.text import CharTokenizer, RandomWindows, load_text, split
from tinyllm.train import AdamW, cosine_with_warmup, train

SIZES = {"context": 128, "layers": 4, "heads": 5, "width": 160}
BATCH, PEAK, WARMUP, DECAY, DROPOUT = 8, 4e-3, 0.05, 0.1, 0.0
AFTERWARDS = 4.0  # seconds that the evaluation may take, of those that are given


def run(seed: int, seconds: float) -> dict[str, float]:
    """Train until the time is up; return the loss on the whole validation split."""
    text, _ = load_text("tinyshakespeare")
    tokenizer = CharTokenizer.train(text)
    ids, validation = split(tokenizer.encode(text))
    config = TransformerConfig(vocabulary=len(tokenizer), dropout=DROPOUT, **SIZES)
    model, rng = DecoderOnly(config, seed), np.random.default_rng(seed)
    optimiser = AdamW(model.parameters(), PEAK, weight_decay=DECAY)
    began, stop = seconds_since_start(), seconds - AFTERWARDS

    def schedule(_: int) -> float:
        done = int(1e6 * (seconds_since_start() - began) / (stop - began))
        return cosine_with_warmup(
            min(done, 10**6), peak=PEAK, warmup=int(1e6 * WARMUP), total=10**6
        )

    batches = RandomWindows(ids, config.context, BATCH, rng)
    steps = train(model, optimiser, batches, schedule, steps=10**9)
    last = next(step for step in steps if seconds_since_start() >= stop)
    loss = mean_loss(model, validation)
    return {"seed": seed, "steps": last.number, "loss": loss, "seconds": seconds_since_start()}


def in_own_process(seed: int, seconds: float) -> dict[str, float]:
    """Run one seed where nothing has been started or compiled before it."""
    line = [sys.executable, "-m", "tests.benchmarks.three_minutes", "--only", str(seed)]
    line += ["--seconds", str(seconds)]
    done = subprocess.run(line, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def table(runs: list[dict[str, float]]) -> str:
    """One row a seed, and the mean."""
    head = "| seed | steps | seconds in all | validation loss |\n|---|---:|---:|---:|\n"
    rows = [
        f"| {run['seed']} | {run['steps']:,} | {run['seconds']:.1f} | {run['loss']:.4f} |"
        for run in runs
    ]
    return head + "\n".join([*rows, f"| **mean** | | | **{mean(r['loss'] for r in runs):.4f}** |"])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--only", type=int, help="run this seed here, and print JSON")
    options = parser.parse_args()
    if options.only is not None:
        print(json.dumps(run(options.only, options.seconds)))
        return
    runs = [in_own_process(seed, options.seconds) for seed in options.seeds]
    sizes = ", ".join(f"{name} {value}" for name, value in SIZES.items())
    recipe = (
        f"{sizes}, batches of {BATCH}, learning rate {PEAK}, decay {DECAY}, dropout {DROPOUT}; "
        "the rest as `tinyllm train` has it."
    )
    seeds = " ".join(map(str, options.seeds))
    command = f"python -m tests.benchmarks.three_minutes --seconds {options.seconds:g}"
    command += f" --seeds {seeds}"
    text = f"Recipe: {recipe}\n\n{table(runs)}\n\n{measured_with(command)}"
    write_section(DOCS / "results.md", "three-minutes", text)


if __name__ == "__main__":
    main()
