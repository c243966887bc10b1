"""The course: its chapters in order, and their exercises by name."""

from tinyllm.course.chapters import kernels
from tinyllm.course.exercise import Chapter, Exercise

CHAPTERS: tuple[Chapter, ...] = (kernels.CHAPTER,)
EXERCISES: dict[str, Exercise] = {e.name: e for chapter in CHAPTERS for e in chapter.exercises}
