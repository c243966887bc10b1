"""nanoGPT's training of train_shakespeare_char on a CPU, at its published settings, in PyTorch.

Leaves out what would only cost time: checkpoints, a line for each step, the training split's loss.

    python -m tests.benchmarks.peer_nanogpt_train FILE [--target 1.88] [--exact-eval]

Prints a JSON line for each evaluation. It differs from nanoGPT where that is faster: AdamW is
fused, and a batch is cut out in one go. As there: no biases, exact GELU, decay for all matrices.
"""

import argparse
import json
import math
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import torch
from torch import Tensor, nn

from tests.benchmarks.clock import seconds_since_start
from tinyllm.bench.peer_torch import GPT

CONTEXT, BATCH = 64, 12
PEAK, FINAL, WARMUP = 1e-3, 1e-4, 100  # of the learning rate
EVERY, EVALUATION_BATCHES = 250, 20


def read(file: Path) -> tuple[Tensor, Tensor, int]:
    """Training ids, validation ids (the last tenth), and how many characters there are."""
    text = file.read_text(encoding="utf-8")
    characters = {c: i for i, c in enumerate(sorted(set(text)))}
    ids = torch.tensor([characters[c] for c in text])
    cut = int(0.9 * len(ids))
    return ids[:cut], ids[cut:], len(characters)


def random_batch(ids: Tensor) -> tuple[Tensor, Tensor]:
    """Inputs and targets (B, T) from random places."""
    places = torch.randint(len(ids) - CONTEXT, (BATCH, 1)) + torch.arange(CONTEXT)
    return ids[places], ids[places + 1]


def all_windows(ids: Tensor, rows: int = 64) -> Iterator[tuple[Tensor, Tensor]]:
    """Windows side by side, the shorter rest last: each id but the first is a target once."""
    whole = (len(ids) - 1) // CONTEXT * CONTEXT
    for start in range(0, whole, rows * CONTEXT):
        stop = min(start + rows * CONTEXT, whole)
        yield ids[start:stop].view(-1, CONTEXT), ids[start + 1 : stop + 1].view(-1, CONTEXT)
    if whole < len(ids) - 1:
        yield ids[None, whole:-1], ids[None, whole + 1 :]


def loss_of(model: GPT, inputs: Tensor, targets: Tensor) -> Tensor:
    return nn.functional.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())


@torch.inference_mode()
def evaluate(model: GPT, ids: Tensor, exact: bool) -> float:
    """Mean loss over all of `ids`; or, as nanoGPT does, over some random batches."""
    batches = all_windows(ids) if exact else (random_batch(ids) for _ in range(EVALUATION_BATCHES))
    total, count = 0.0, 0
    for inputs, targets in batches:
        total += loss_of(model, inputs, targets).item() * targets.numel()
        count += targets.numel()
    return total / count


def learning_rate(step: int, steps: int) -> float:
    """Up in a line, then down along half a cosine."""
    if step < WARMUP:
        return PEAK * step / WARMUP
    progress = (step - WARMUP) / max(1, steps - WARMUP)
    return FINAL + 0.5 * (1 + math.cos(math.pi * progress)) * (PEAK - FINAL)


def train(options: argparse.Namespace) -> None:
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    training, validation, vocabulary = read(options.file)
    sizes = SimpleNamespace(vocabulary=vocabulary, context=CONTEXT, layers=4, heads=4, width=128)
    model = GPT(sizes, bias=False, gelu="none")
    parameters = list(model.parameters())
    matrices = {"params": [p for p in parameters if p.dim() >= 2], "weight_decay": 0.1}
    vectors = {"params": [p for p in parameters if p.dim() < 2], "weight_decay": 0.0}
    optimiser = torch.optim.AdamW([matrices, vectors], lr=PEAK, betas=(0.9, 0.99), fused=True)

    for step in range(options.steps + 1):
        if step % EVERY == 0 or step == options.steps:
            loss = evaluate(model, validation, options.exact_eval)
            record = {"step": step, "seconds": round(seconds_since_start(), 3), "val_loss": loss}
            print(json.dumps(record), flush=True)
            if step == options.steps or (options.target is not None and loss < options.target):
                return
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(step, options.steps)
        loss_of(model, *random_batch(training)).backward()
        nn.utils.clip_grad_norm_(parameters, 1.0, foreach=True)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path, help="a text, for instance tiny Shakespeare")
    parser.add_argument("--target", type=float, help="stop where the validation loss is below")
    parser.add_argument("--exact-eval", action="store_true", help="all of the validation split")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1337)
    parser.add_argument("--threads", type=int, default=2)
    train(parser.parse_args())


if __name__ == "__main__":
    main()
