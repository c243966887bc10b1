"""Chapter 11, scaling: what a model costs, and how much better a larger one will be."""

from tinyllm.course.chapters.scaling.boss import foretell
from tinyllm.course.chapters.scaling.fit import FIT_POWER_LAW
from tinyllm.course.chapters.scaling.flops import TRAINING_FLOPS
from tinyllm.course.chapters.scaling.law import SCALING_LAW
from tinyllm.course.chapters.scaling.optimal import COMPUTE_OPTIMAL
from tinyllm.course.chapters.scaling.parameters import COUNT_PARAMETERS
from tinyllm.course.exercise import Boss, Chapter

CHAPTER = Chapter(
    name="scaling",
    exercises=(COUNT_PARAMETERS, TRAINING_FLOPS, SCALING_LAW, FIT_POWER_LAW, COMPUTE_OPTIMAL),
    boss=Boss(run=foretell, across="parameters", up="loss"),
)
