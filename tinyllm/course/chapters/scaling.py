"""Chapter 11, scaling."""

from tinyllm.course.exercise import Chapter

CHAPTER = Chapter(name="scaling")
