"""Chapter 3, counting: a language model without a single gradient. One file an exercise."""

from tinyllm.course.chapters.counting.add_k import ADD_K
from tinyllm.course.chapters.counting.boss import count_text
from tinyllm.course.chapters.counting.discounts import DISCOUNTS
from tinyllm.course.chapters.counting.interpolation import INTERPOLATION
from tinyllm.course.chapters.counting.kneser_ney import KNESER_NEY
from tinyllm.course.chapters.counting.ngram_counts import NGRAM_COUNTS
from tinyllm.course.chapters.counting.perplexities import PERPLEXITY
from tinyllm.course.exercise import Boss, Chapter

CHAPTER = Chapter(
    name="counting",
    exercises=(NGRAM_COUNTS, PERPLEXITY, ADD_K, INTERPOLATION, DISCOUNTS, KNESER_NEY),
    boss=Boss(run=count_text, across="order", up="loss, nats a character"),
)
