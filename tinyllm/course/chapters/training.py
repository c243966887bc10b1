"""Chapter 9, training."""

from tinyllm.course.exercise import Chapter

CHAPTER = Chapter(name="training")
