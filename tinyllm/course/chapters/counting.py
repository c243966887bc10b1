"""Chapter 3, counting."""

from tinyllm.course.exercise import Chapter

CHAPTER = Chapter(name="counting")
