"""Chapter 5, tokens."""

from tinyllm.course.exercise import Chapter

CHAPTER = Chapter(name="tokens")
