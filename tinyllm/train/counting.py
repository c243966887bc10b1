"""A run of an n-gram model: it is counted in one go, so there are no steps, and nothing to resume.

The folder is like that of every run, so that `generate`, `evaluate` and `compare` take it.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from tinyllm.errors import OptionError
from tinyllm.files import make_folder, write_atomically, write_json
from tinyllm.models import NGramLM
from tinyllm.train import checkpoint
from tinyllm.train.config import TrainingConfig
from tinyllm.train.objectives.next_token import NextToken
from tinyllm.train.run import METRICS, SUMMARY


def count_text(
    folder: str | Path, config: TrainingConfig, order: int = 5, **options: Any
) -> dict[str, Any]:
    """Count a text's first nine tenths, measure the rest, and write a run; return its summary.

    config:   its data, encoding and tokenizer; the rest is for models that learn in steps
    options:  of NGramLM: method, k
    Raises:   OptionError if the folder is taken or an option is wrong, DataError for the text
    """
    path = Path(folder)
    if path.is_file() or (path / checkpoint.CONFIG).exists():
        raise OptionError(f"train: {str(path)!r} is there already. Hint: choose another --out.")
    text = NextToken(config)
    text.use(text.new_tokenizer())
    start = time.perf_counter()
    model = NGramLM(order, len(text.tokenizer), **options).fit(text.train_ids)
    loss = model.loss(text.validation_ids, context_before=text.train_ids)
    seconds = round(time.perf_counter() - start, 3)
    found = {
        "val_loss": round(loss, 6),
        "bits_per_byte": round(text.in_bits(loss), 6),
    }
    make_folder(path)
    line = {"step": 0, "train_loss": None, **found, "seconds": seconds}
    write_atomically(path / METRICS, (json.dumps(line) + "\n").encode())
    summary = found | {
        "steps": 0,
        "seconds": seconds,
        "parameters": sum(len(table.keys) for table in model.tables),
        "data": config.data,
        "data_sha256": text.sha256,
        "versions": checkpoint.versions(),
    }
    write_json(path / SUMMARY, summary)
    names = ("data", "task", "encoding", "tokenizer", "vocabulary_size", "lower")
    training = {name: getattr(config, name) for name in names} | {"data_sha256": text.sha256}
    checkpoint.save_checkpoint(path, model, text.tokenizer, training)
    return summary
