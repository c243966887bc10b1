"""Chapter 5, tokens: byte-pair encoding, from counting pairs to a text and back."""

from tinyllm.course.chapters.tokens.apply_merges import APPLY_MERGES
from tinyllm.course.chapters.tokens.boss import BOSS
from tinyllm.course.chapters.tokens.count_pairs import COUNT_PAIRS
from tinyllm.course.chapters.tokens.decode import DECODE
from tinyllm.course.chapters.tokens.learn_merges import LEARN_MERGES
from tinyllm.course.chapters.tokens.merge import MERGE
from tinyllm.course.chapters.tokens.pre_tokenise import PRE_TOKENISE
from tinyllm.course.exercise import Chapter

CHAPTER = Chapter(
    name="tokens",
    exercises=(COUNT_PAIRS, MERGE, LEARN_MERGES, APPLY_MERGES, DECODE, PRE_TOKENISE),
    boss=BOSS,
)
