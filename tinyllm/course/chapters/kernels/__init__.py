"""Chapter 2, kernels: the functions between arrays on which all of training rests."""

from tinyllm.course.chapters.kernels.cross_entropy import CROSS_ENTROPY
from tinyllm.course.chapters.kernels.cross_entropy_backward import CROSS_ENTROPY_BACKWARD
from tinyllm.course.chapters.kernels.layer_norm import LAYER_NORM
from tinyllm.course.chapters.kernels.layer_norm_backward import LAYER_NORM_BACKWARD
from tinyllm.course.chapters.kernels.softmax import SOFTMAX
from tinyllm.course.chapters.kernels.softmax_backward import SOFTMAX_BACKWARD
from tinyllm.course.exercise import Boss, Chapter
from tinyllm.course.small import train_small

CHAPTER = Chapter(
    name="kernels",
    exercises=(
        SOFTMAX,
        SOFTMAX_BACKWARD,
        LAYER_NORM,
        LAYER_NORM_BACKWARD,
        CROSS_ENTROPY,
        CROSS_ENTROPY_BACKWARD,
    ),
    boss=Boss(run=train_small),
)
