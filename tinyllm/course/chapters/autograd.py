"""Chapter 1, autograd."""

from tinyllm.course.exercise import Chapter

CHAPTER = Chapter(name="autograd")
