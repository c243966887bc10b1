"""Chapter 6, attention."""

from tinyllm.course.exercise import Chapter

CHAPTER = Chapter(name="attention")
