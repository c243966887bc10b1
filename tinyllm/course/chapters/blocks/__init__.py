"""Chapter 7, blocks: what a Transformer is stacked from."""

from __future__ import annotations

from tinyllm.course.chapters.blocks.block_parameters import BLOCK_PARAMETERS
from tinyllm.course.chapters.blocks.depth_scale import DEPTH_SCALE
from tinyllm.course.chapters.blocks.duel import DUEL
from tinyllm.course.chapters.blocks.gelu import GELU
from tinyllm.course.chapters.blocks.initialisation import INITIALISATION
from tinyllm.course.chapters.blocks.mlp import MLP_FORWARD
from tinyllm.course.chapters.blocks.post_norm import POST_NORM
from tinyllm.course.chapters.blocks.pre_norm import PRE_NORM
from tinyllm.course.chapters.blocks.rms_norm import RMS_NORM
from tinyllm.course.exercise import Chapter

CHAPTER = Chapter(
    name="blocks",
    exercises=(
        PRE_NORM,
        POST_NORM,
        MLP_FORWARD,
        GELU,
        RMS_NORM,
        INITIALISATION,
        DEPTH_SCALE,
        BLOCK_PARAMETERS,
    ),
    boss=DUEL,
)
