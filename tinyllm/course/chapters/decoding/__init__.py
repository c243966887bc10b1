"""Chapter 10, decoding: from the scores of the next token to text."""

from tinyllm.course.chapters.decoding.greedy import GREEDY
from tinyllm.course.chapters.decoding.temperature import TEMPERATURE
from tinyllm.course.exercise import Chapter

CHAPTER = Chapter(name="decoding", exercises=(GREEDY, TEMPERATURE))
