"""Chapter 6, attention: which token looks at which, and what it takes from there."""

from __future__ import annotations

from tinyllm.course.chapters.attention.attention import ATTENTION
from tinyllm.course.chapters.attention.backward import BACKWARD
from tinyllm.course.chapters.attention.boss import run
from tinyllm.course.chapters.attention.causal import CAUSAL
from tinyllm.course.chapters.attention.cross import CROSS
from tinyllm.course.chapters.attention.heads import MERGE, SPLIT
from tinyllm.course.chapters.attention.masked import MASKED
from tinyllm.course.chapters.attention.padding import KEYS, PADDING
from tinyllm.course.chapters.attention.places import ROTARY, SINUSOIDAL
from tinyllm.course.chapters.attention.scores import SCORES
from tinyllm.course.exercise import Boss, Chapter

CHAPTER = Chapter(
    name="attention",
    exercises=(
        SCORES,
        CAUSAL,
        MASKED,
        PADDING,
        KEYS,
        ATTENTION,
        BACKWARD,
        SPLIT,
        MERGE,
        CROSS,
        ROTARY,
        SINUSOIDAL,
    ),
    boss=Boss(run=run),
)
