"""Chapter 10, decoding."""

from tinyllm.course.exercise import Chapter

CHAPTER = Chapter(name="decoding")
