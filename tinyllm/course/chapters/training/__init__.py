"""Chapter 9, training: from gradients to a model that has learnt something."""

from tinyllm.course.chapters.training.adamw import ADAMW
from tinyllm.course.chapters.training.cosine_with_warmup import COSINE_WITH_WARMUP
from tinyllm.course.exercise import Chapter

CHAPTER = Chapter(name="training", exercises=(ADAMW, COSINE_WITH_WARMUP))
