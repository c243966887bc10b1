"""A decoder that has read its source is decoded like any other model."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import tinyllm
from tests.models.tiny import draw_ids
from tinyllm.decoding import beam_search, generate
from tinyllm.models import EncoderDecoder, TransformerConfig

STOP = 3


def translator(seed):
    sizes = {"vocabulary": 11, "context": 12, "layers": 2, "heads": 2, "width": 8}
    model = EncoderDecoder(TransformerConfig(**sizes), seed)
    random = np.random.default_rng(seed)
    for p in model.parameters():
        p.data += 0.3 * random.standard_normal(p.shape, dtype=np.float32)
    return model.eval()


class Anew:
    """Reads source and target again for each token, without a cache."""

    def __init__(self, model, source):
        self.model, self.source = model, source

    def next_scores(self, ids):
        source = np.repeat(self.source, len(ids), axis=0) if len(self.source) == 1 else self.source
        with tinyllm.no_grad():
            return self.model(source, ids).data[:, -1]


def near(model, source, one, other):
    """Whether two greedy texts are the same, up to scores that differ by rounding alone."""
    for end in range(1, len(one)):
        if one[end] != other[end]:
            scores = Anew(model, source).next_scores(one[None, :end])[0]
            return abs(scores[one[end]] - scores[other[end]]) < 1e-4
    return True


@given(st.integers(0, 99), st.integers(1, 9))
def test_greedy_with_a_cache_is_greedy_without(seed, length):
    model, source = translator(seed), draw_ids(seed, 1, length)
    found = generate(model.bind(source), [1], 9, temperature=0)
    expected = generate(Anew(model, source), [1], 9, temperature=0)
    assert found.shape == (10,)
    assert near(model, source, found, expected)


@given(st.integers(0, 99), st.integers(1, 4))
def test_each_source_of_a_batch_has_its_own_text(seed, batch):
    """Also where the targets begin with prompts of different lengths."""
    model, sources = translator(seed), draw_ids(seed, batch, 5)
    prompts = [[1] * (1 + row % 2) for row in range(batch)]
    together = generate(model.bind(sources), prompts, 8, temperature=0)
    for source, prompt, text in zip(sources, prompts, together, strict=True):
        alone = generate(model.bind(source[None]), prompt, 8, temperature=0)
        assert near(model, source[None], text, alone)


@given(st.integers(0, 99), st.integers(1, 5), st.sampled_from([0.0, 1.0, -1.0]))
def test_beams_share_the_source(seed, beams, length_penalty):
    model, source = translator(seed), draw_ids(seed, 1, 6)
    options = {"beams": beams, "n_best": beams, "length_penalty": length_penalty, "stop": STOP}
    found = beam_search(model.bind(source), [1], 8, **options)
    expected = beam_search(Anew(model, source), [1], 8, **options)
    scores = [text.score for text in found]
    np.testing.assert_allclose(scores, [text.score for text in expected], rtol=1e-4, atol=1e-4)
