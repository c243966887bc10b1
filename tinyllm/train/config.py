"""TrainingConfig: how a model is trained. What it is stands in models/config.py."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tinyllm.errors import OptionError
from tinyllm.text import TOKENIZERS
from tinyllm.train.schedule import cosine_with_warmup

LEFT_OPEN = ("warmup", "evaluate_every", "vocabulary_size")
LEAST = {"steps": 1, "batch": 1, "accumulate": 1, "warmup": 0, "evaluate_every": 0, "seed": 0}
LEAST |= {"vocabulary_size": 1}


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """How a model is trained. The defaults are measured: see docs/results.md.

    Raises:  OptionError if a value is out of its range
    """

    data: str  # a data set's name or a file
    task: str = "text"  # "text", "classify" or "translate": see objectives
    source: str | None = None  # the column of texts; or the language that is translated
    target: str | None = None  # the column of labels; or the language that comes out
    encoding: str = "utf-8"
    tokenizer: str = "characters"  # what a token is: see TOKENIZERS
    vocabulary_size: int | None = None  # of words or BPE; None: the tokenizer's default
    lower: bool = False  # whether words are put into lower case
    start_from: str | None = None  # a run whose weights and tokenizer this one begins with
    steps: int = 2000
    batch: int = 12  # windows in a batch
    accumulate: int = 1  # batches in a step
    learning_rate: float = 4e-3  # the highest, after the warm-up
    final_learning_rate: float = 0.0  # after the last step
    warmup: int | None = None  # steps; None: a twentieth of all
    weight_decay: float = 0.1
    clip: float = 1.0  # the longest gradient
    label_smoothing: float = 0.0  # share of each target that is spread over all others
    hide: float | None = None  # share of tokens hidden: what an encoder guesses, or does without
    evaluate_every: int | None = None  # steps; None: an eighth of all
    seed: int = 1337

    def __post_init__(self) -> None:
        for name, least in LEAST.items():
            value = getattr(self, name)
            left_open = value is None and name in LEFT_OPEN
            if not left_open and (not isinstance(value, int) or value < least):
                raise OptionError(
                    f"train: {name} must be a whole number >= {least}; got {value!r}."
                )
        if self.tokenizer not in TOKENIZERS:
            raise OptionError(
                f"train: tokenizer must be one of {', '.join(TOKENIZERS)}; got {self.tokenizer!r}."
            )
        for name, value in {
            "label_smoothing": self.label_smoothing,
            "hide": self.hide or 0.0,
        }.items():
            if not 0 <= value < 1:
                raise OptionError(f"train: {name} must be at least 0 and below 1; got {value}.")
        for name in ("learning_rate", "clip"):
            value = getattr(self, name)
            if not 0 < value < math.inf:
                raise OptionError(f"train: {name} must be above 0 and finite; got {value}.")
        for name in ("weight_decay", "final_learning_rate"):
            value = getattr(self, name)
            if not 0 <= value < math.inf:
                raise OptionError(f"train: {name} must be at least 0 and finite; got {value}.")

    def schedule(self, step: int) -> float:
        """Learning rate of step 0, 1, ..."""
        warmup = max(1, self.steps // 20) if self.warmup is None else self.warmup
        peak, final = self.learning_rate, self.final_learning_rate
        return cosine_with_warmup(step, peak=peak, warmup=warmup, total=self.steps, final=final)

    def evaluates_at(self, step: int) -> bool:
        """Whether an evaluation comes after this many steps."""
        return step % (self.evaluate_every or max(1, self.steps // 8)) == 0
