"""EncoderOnly: the BERT architecture. Each position sees the whole text, to both sides.

Leaves out: which tokens are hidden (text/masking.py), the heads (heads.py), training.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from tinyllm.autograd.tensor import Tensor
from tinyllm.errors import OptionError
from tinyllm.models.config import TransformerConfig
from tinyllm.models.heads import POOLINGS, ClassHead, MaskedHead
from tinyllm.models.transformer import Transformer, as_keys, tokens_among
from tinyllm.nn import Embedding
from tinyllm.nn.norm import NORMS
from tinyllm.types import Rng


class EncoderOnly(Transformer):
    """Tokens to the scores of what each of them is: of one that was masked, what it was.

    Every method takes `segments`, integers (B, T), if the config has them (None: all are 0), and
    `mask` (B, T), True for a token, False for padding; without one, ids that are `config.padding`
    are padding.

    Shapes:  ids (B, T) integers, T <= context -> logits (B, T, V)
    rng:     a seed or a Generator: for the initial weights, and for dropout later
    Source:  Devlin et al. 2019, BERT: Pre-training of Deep Bidirectional Transformers

    >>> sizes = {"vocabulary": 5, "context": 8, "layers": 1, "heads": 2, "width": 4}
    >>> model = EncoderOnly(TransformerConfig(padding=0, classes=3, **sizes), rng=0)
    >>> ids = np.array([[1, 4, 2], [1, 3, 0]])
    >>> model(ids).shape, model.classify(ids).shape, model.embed(ids).shape
    ((2, 3, 5), (2, 3), (2, 4))
    """

    def __init__(self, config: TransformerConfig, rng: Rng) -> None:
        config.check_unused("EncoderOnly", "source_vocabulary")
        super().__init__(config, rng, causal=False)
        C = config.width
        self.segments = Embedding(config.segments, C, rng=self.rng) if config.segments else None
        # after a Post-LN block all is normalised; so it is before the first one, as in BERT
        first = NORMS[config.normalisation]
        self.first_norm = first(C, config.biases) if config.norm == "post" else None
        self.masked = MaskedHead(config, self.rng)
        self.classes = ClassHead(config, self.rng) if config.classes else None

    def forward(self, ids: Any, segments: Any = None, mask: Any = None) -> Tensor:
        """ids (B, T) -> logits (B, T, V)."""
        return self.masked(self.encode(ids, segments, mask), self.tokens.weight)

    def encode(self, ids: Any, segments: Any = None, mask: Any = None) -> Tensor:
        """Turn each token into a vector that knows the text: ids (B, T) -> (B, T, C)."""
        x = self.vectors(ids)  # (B, T, C)
        if self.segments is not None:
            kinds = np.zeros(x.shape[:2], np.int64) if segments is None else np.asarray(segments)
            x = x + self.segments(kinds)  # (B, T, C)
        elif segments is not None:
            raise OptionError("EncoderOnly: the config has no segments. Hint: segments=2 in it.")
        if self.first_norm is not None:
            x = self.first_norm(x)  # (B, T, C)
        seen = tokens_among(ids, mask, self.config.padding)
        return self.through_blocks(self.dropout(x), as_keys(seen))

    def embed(
        self, ids: Any, segments: Any = None, mask: Any = None, pooling: str = "mean"
    ) -> Tensor:
        """Turn each text into one vector: ids (B, T) -> (B, C).

        pooling:  "mean" of its tokens, or the "first" one
        Raises:   OptionError for another
        """
        if pooling not in POOLINGS:
            names = ", ".join(map(repr, POOLINGS))
            raise OptionError(f"embed: pooling must be one of {names}; got {pooling!r}.")
        x = self.encode(ids, segments, mask)  # (B, T, C)
        return POOLINGS[pooling](x, tokens_among(ids, mask, self.config.padding))

    def classify(self, ids: Any, segments: Any = None, mask: Any = None) -> Tensor:
        """Score the classes of each text: ids (B, T) -> (B, K), K = config.classes.

        Raises:  OptionError if the config has no classes
        """
        if self.classes is None:
            raise OptionError(
                "classify: the config has no classes. Hint: model.with_classes(2, rng=0) adds them."
            )
        return self.classes(self.embed(ids, segments, mask, self.config.pooling))

    def with_classes(self, classes: int, rng: Rng, pooling: str = "first") -> EncoderOnly:
        """Return a copy that can `classify`, its head new: what fine-tuning begins with.

        Raises:  OptionError if a number or name is none that a config takes
        """
        config = replace(self.config, classes=classes, pooling=pooling)
        model = EncoderOnly(config, rng)
        own = {n: a for n, a in self.state_dict().items() if not n.startswith("classes.")}
        model.load_state_dict(model.state_dict() | own)
        return model
