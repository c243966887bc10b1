"""Chapter 9, training: from gradients to a model that has learnt something."""

from tinyllm.course.chapters.training.accumulation import ACCUMULATION
from tinyllm.course.chapters.training.adamw import ADAMW
from tinyllm.course.chapters.training.boss import train_by_both
from tinyllm.course.chapters.training.clip_grad_norm import CLIP_GRAD_NORM
from tinyllm.course.chapters.training.cosine_with_warmup import COSINE_WITH_WARMUP
from tinyllm.course.chapters.training.sgd_momentum import SGD_MOMENTUM
from tinyllm.course.exercise import Boss, Chapter

CHAPTER = Chapter(
    name="training",
    exercises=(ADAMW, COSINE_WITH_WARMUP, CLIP_GRAD_NORM, ACCUMULATION, SGD_MOMENTUM),
    boss=Boss(run=train_by_both, up="loss, nats a character"),
)
