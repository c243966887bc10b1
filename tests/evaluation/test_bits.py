import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyllm.errors import DataError, OptionError
from tinyllm.evaluation import bits_per_byte, bits_per_character
from tinyllm.models import NGramLM
from tinyllm.text import BPETokenizer, CharTokenizer


@given(st.floats(0, 20), st.integers(1, 99), st.text(st.characters(), min_size=1))
def test_the_sum_over_the_text_stays_the_same(loss, tokens, text):
    nats = loss * tokens
    size = len(text.encode("utf-8", "surrogatepass"))
    assert math.isclose(bits_per_character(loss, tokens, text) * len(text) * math.log(2), nats)
    assert math.isclose(bits_per_byte(loss, tokens, text) * size * math.log(2), nats)


def test_one_model_in_two_tokenizers_has_one_figure():
    """A model that finds all bytes equally likely, over bytes and over pairs of bytes."""
    text = "ab" * 50
    bytes_, pairs = BPETokenizer(), BPETokenizer([("a", "b")])
    one = bits_per_byte(math.log(256), len(bytes_.encode(text)), text)
    other = bits_per_byte(math.log(256**2), len(pairs.encode(text)), text)
    assert math.isclose(one, other)
    assert math.isclose(one, 8.0)


def test_it_is_the_mean_of_what_each_character_costs():
    tokenizer = CharTokenizer.train("abracadabra")
    ids = tokenizer.encode("abracadabra")
    model = NGramLM(2, len(tokenizer), "add-k").fit(ids)
    expected = -np.mean(model.log_prob(ids)) / math.log(2)
    assert math.isclose(bits_per_character(model.loss(ids), len(ids), "abracadabra"), expected)


@pytest.mark.parametrize("figure", [bits_per_byte, bits_per_character])
def test_what_cannot_be_spread_is_refused(figure):
    with pytest.raises(DataError, match="needs a text of at least one character"):
        figure(1.0, 1, "")
    for loss, tokens in ((-0.1, 1), (float("nan"), 1), (1.0, 0)):
        with pytest.raises(OptionError, match="loss must be at least 0, and tokens at least 1"):
            figure(loss, tokens, "a")
