"""Chapter 8, architectures."""

from tinyllm.course.exercise import Chapter

CHAPTER = Chapter(name="architectures")
