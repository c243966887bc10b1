"""Chapter 6, attention: which token looks at which, and what it takes from there."""

from __future__ import annotations

from functools import partial

from tinyllm.course.chapters.attention.attention import ATTENTION
from tinyllm.course.chapters.attention.backward import BACKWARD
from tinyllm.course.chapters.attention.causal import CAUSAL
from tinyllm.course.chapters.attention.cross import CROSS
from tinyllm.course.chapters.attention.heads import MERGE, SPLIT
from tinyllm.course.chapters.attention.masked import MASKED
from tinyllm.course.chapters.attention.padding import KEYS, PADDING
from tinyllm.course.chapters.attention.places import ROTARY, SINUSOIDAL
from tinyllm.course.chapters.attention.scores import SCORES
from tinyllm.course.exercise import Boss, Chapter
from tinyllm.course.small import train_small

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
    boss=Boss(run=partial(train_small, positions="rotary")),
)
