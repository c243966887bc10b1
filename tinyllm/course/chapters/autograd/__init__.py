"""Chapter 1, autograd: each operation's way back, the order of the walk, an engine of one's own."""

from tinyllm.course.chapters.autograd.add import ADD_BACKWARD
from tinyllm.course.chapters.autograd.boss import run
from tinyllm.course.chapters.autograd.differences import FINITE_DIFFERENCES
from tinyllm.course.chapters.autograd.engine import SMALL_ENGINE
from tinyllm.course.chapters.autograd.matmul import MATMUL_BACKWARD
from tinyllm.course.chapters.autograd.multiply import MULTIPLY_BACKWARD
from tinyllm.course.chapters.autograd.order import TOPOLOGICAL_ORDER
from tinyllm.course.chapters.autograd.unbroadcast import UNBROADCAST
from tinyllm.course.exercise import Boss, Chapter

CHAPTER = Chapter(
    name="autograd",
    exercises=(
        ADD_BACKWARD,
        MULTIPLY_BACKWARD,
        UNBROADCAST,
        MATMUL_BACKWARD,
        TOPOLOGICAL_ORDER,
        SMALL_ENGINE,
        FINITE_DIFFERENCES,
    ),
    boss=Boss(run=run),
)
