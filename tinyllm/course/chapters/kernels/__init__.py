"""Chapter 2, kernels: the functions between arrays on which all of training rests."""

from collections.abc import Callable

from tinyllm.course.chapters.kernels.blocked_matmul import BLOCKED_MATMUL, measure
from tinyllm.course.chapters.kernels.cross_entropy import CROSS_ENTROPY
from tinyllm.course.chapters.kernels.cross_entropy_backward import CROSS_ENTROPY_BACKWARD
from tinyllm.course.chapters.kernels.layer_norm import LAYER_NORM
from tinyllm.course.chapters.kernels.layer_norm_backward import LAYER_NORM_BACKWARD
from tinyllm.course.chapters.kernels.online_softmax import ONLINE_SOFTMAX, read_in_parts
from tinyllm.course.chapters.kernels.softmax import SOFTMAX
from tinyllm.course.chapters.kernels.softmax_backward import SOFTMAX_BACKWARD
from tinyllm.course.exercise import Boss, Chapter, Points
from tinyllm.course.small import train_small

STEPS = 200


def measure_and_train(say: Callable[[str], None]) -> Points:
    """Measure the blocked product, read a row in parts, train a small model on the definitions."""
    measure(say)
    read_in_parts(say)
    # With ALiBi, attention is made of single operations: so softmax has a backward of its own
    return train_small(say, positions="alibi", steps=STEPS)


CHAPTER = Chapter(
    name="kernels",
    exercises=(
        SOFTMAX,
        SOFTMAX_BACKWARD,
        LAYER_NORM,
        LAYER_NORM_BACKWARD,
        CROSS_ENTROPY,
        CROSS_ENTROPY_BACKWARD,
        ONLINE_SOFTMAX,
        BLOCKED_MATMUL,
    ),
    boss=Boss(run=measure_and_train),
)
