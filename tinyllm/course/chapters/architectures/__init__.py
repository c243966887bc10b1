"""Chapter 8, architectures: what makes an encoder, a decoder, and one of each of a Transformer."""

from __future__ import annotations

from tinyllm.course.chapters.architectures.attention_pattern import ATTENTION_PATTERN
from tinyllm.course.chapters.architectures.boss import BOSS
from tinyllm.course.chapters.architectures.mask_tokens import MASK_TOKENS
from tinyllm.course.chapters.architectures.mean_of_tokens import MEAN_OF_TOKENS
from tinyllm.course.chapters.architectures.prompt_loss_mask import PROMPT_LOSS_MASK
from tinyllm.course.chapters.architectures.shift_right import SHIFT_RIGHT
from tinyllm.course.exercise import Chapter

CHAPTER = Chapter(
    name="architectures",
    exercises=(
        MASK_TOKENS,
        SHIFT_RIGHT,
        PROMPT_LOSS_MASK,
        ATTENTION_PATTERN,
        MEAN_OF_TOKENS,
    ),
    boss=BOSS,
)
