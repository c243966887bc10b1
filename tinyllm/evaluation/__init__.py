"""Numbers that say how good a model is."""

from tinyllm.evaluation.bits import bits_per_byte, bits_per_character
from tinyllm.evaluation.classification import accuracy, macro_f1
from tinyllm.evaluation.diversity import distinct_n, self_repetition
from tinyllm.evaluation.loss import mean_loss
from tinyllm.evaluation.references import corpus_bleu, rouge

__all__ = [
    "accuracy",
    "bits_per_byte",
    "bits_per_character",
    "corpus_bleu",
    "distinct_n",
    "macro_f1",
    "mean_loss",
    "rouge",
    "self_repetition",
]
