"""The course: its chapters in order, and their exercises by name."""

from tinyllm.course.chapters import (
    architectures,
    attention,
    autograd,
    blocks,
    counting,
    decoding,
    kernels,
    recurrence,
    scaling,
    tokens,
    training,
)
from tinyllm.course.exercise import Chapter, Exercise

CHAPTERS: tuple[Chapter, ...] = tuple(
    module.CHAPTER
    for module in (
        autograd,
        kernels,
        counting,
        recurrence,
        tokens,
        attention,
        blocks,
        architectures,
        training,
        decoding,
        scaling,
    )
)
EXERCISES: dict[str, Exercise] = {e.name: e for chapter in CHAPTERS for e in chapter.exercises}
