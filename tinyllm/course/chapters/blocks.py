"""Chapter 7, blocks."""

from tinyllm.course.exercise import Chapter

CHAPTER = Chapter(name="blocks")
