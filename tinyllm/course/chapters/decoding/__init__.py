"""Chapter 10, decoding: from the scores of the next token to text."""

from tinyllm.course.chapters.decoding.beam_step import BEAM_STEP
from tinyllm.course.chapters.decoding.boss import write_texts
from tinyllm.course.chapters.decoding.greedy import GREEDY
from tinyllm.course.chapters.decoding.kv_cache import KV_CACHE
from tinyllm.course.chapters.decoding.min_p import MIN_P
from tinyllm.course.chapters.decoding.penalty import REPETITION_PENALTY
from tinyllm.course.chapters.decoding.sample import SAMPLE
from tinyllm.course.chapters.decoding.stop import STOP
from tinyllm.course.chapters.decoding.stop_text import STOP_TEXT
from tinyllm.course.chapters.decoding.temperature import TEMPERATURE
from tinyllm.course.chapters.decoding.top_k import TOP_K
from tinyllm.course.chapters.decoding.top_p import TOP_P
from tinyllm.course.exercise import Boss, Chapter

CHAPTER = Chapter(
    name="decoding",
    exercises=(
        GREEDY,
        TEMPERATURE,
        SAMPLE,
        TOP_K,
        TOP_P,
        MIN_P,
        REPETITION_PENALTY,
        STOP,
        STOP_TEXT,
        KV_CACHE,
        BEAM_STEP,
    ),
    boss=Boss(run=write_texts, across="temperature", up="distinct-2"),
)
