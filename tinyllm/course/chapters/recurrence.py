"""Chapter 4, recurrence."""

from tinyllm.course.exercise import Chapter

CHAPTER = Chapter(name="recurrence")
