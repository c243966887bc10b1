"""What the models reach on labels and on translations: into docs/results.md.

    TINYLLM_DATA=... python -m tests.benchmarks.tasks trec sst2 multi30k

Each command is a process of its own, and its seconds count from its start: reading, compiling if
it must, training, validating on the way. TREC takes 5 minutes for three seeds, SST-2 half an hour,
Multi30k half an hour for one seed.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from time import perf_counter

from tests.benchmarks.report import DOCS, measured_with, write_section

# The commands that train one seed, in order; the last one's run is measured.
CLASSIFY = "train --task classify --data sst2"
TRAIN = {
    "trec": ("train --task classify --data trec",),
    "sst2": (
        "train --arch encoder-only --data sst2 --tokenizer words --layers 1 --dropout 0.3 "
        "--steps 4340",
        f"{CLASSIFY} --from FIRST --learning-rate 1e-3 --hide 0.4 --steps 1736",
    ),
    "sst2-same": (f"{CLASSIFY} --layers 1 --learning-rate 1e-3 --hide 0.4 --steps 1736",),
    "sst2-best": (f"{CLASSIFY} --layers 1 --learning-rate 5e-4 --hide 0.2 --steps 868",),
    "multi30k": ("train --task translate --data multi30k --source en --target de",),
}
FIGURES = {
    "trec": ("accuracy", "macro_f1"),
    "sst2": ("accuracy", "macro_f1"),
    "multi30k": ("bleu", "loss"),
}


def tinyllm(line: str) -> tuple[str, float]:
    """Run a command in a process of its own; return what it printed, and its seconds."""
    start = perf_counter()
    words = [sys.executable, "-m", "tinyllm", *line.split()]
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True, env=os.environ)
    return done.stdout, perf_counter() - start


def trained(task: str, seed: int, folder: Path) -> tuple[dict[str, float], float]:
    """Train one seed; return the figures on the part for tests, and the seconds of training."""
    seconds, runs = 0.0, [folder / f"{task}-{seed}-{i}" for i in range(len(TRAIN[task]))]
    for line, run in zip(TRAIN[task], runs, strict=True):
        line = line.replace("FIRST", str(runs[0]))
        print(tinyllm_line := f"{line} --seed {seed} --out {run}", flush=True)
        seconds += tinyllm(tinyllm_line)[1]
    found = json.loads(tinyllm(f"evaluate {runs[-1]} --json")[0])
    print(found, round(seconds), flush=True)
    return found, seconds


def shown(name: str, value: float) -> str:
    return f"{value:.2f}" if name == "bleu" else f"{value:.4f}"


def measure(task: str, seeds: list[int], folder: Path) -> str:
    """Train all seeds, and return the table."""
    text = ""
    for recipe in [name for name in TRAIN if name.split("-")[0] == task]:
        names = FIGURES[task]
        results = [trained(recipe, seed, folder) for seed in seeds]
        commands = [line.replace("FIRST", "runs/first") for line in TRAIN[recipe]]
        head = ("seed", *(name.replace("_", " ") for name in names), "seconds in all")
        rows = [
            (str(seed), *(shown(name, found[name]) for name in names), f"{seconds:.0f}")
            for seed, (found, seconds) in zip(seeds, results, strict=True)
        ]
        means = [mean(found[name] for found, _ in results) for name in names]
        last = [f"**{shown(*pair)}**" for pair in zip(names, means, strict=True)]
        rows.append(("**mean**", *last, f"{mean(s for _, s in results):.0f}"))
        lines = [" | ".join(row) for row in (head, ["---"] + ["---:"] * (len(head) - 1), *rows)]
        table = "\n".join(f"| {line} |" for line in lines)
        block = "\n".join(f"tinyllm {line} --seed SEED" for line in commands)
        text += f"```\n{block}\n```\n\n{table}\n\n"
    return text


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("tasks", nargs="+", choices=FIGURES)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    args = parser.parse_args()
    seeds = " ".join(map(str, args.seeds))
    for task in args.tasks:
        with TemporaryDirectory() as folder:
            text = measure(task, args.seeds, Path(folder))
        command = f"python -m tests.benchmarks.tasks {task} --seeds {seeds}"
        write_section(DOCS / "results.md", f"task-{task}", text + measured_with(command))
