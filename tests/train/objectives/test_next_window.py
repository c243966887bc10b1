import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.models.tiny import draw_ids
from tinyllm import ops
from tinyllm.decoding import Continued, beam_search, generate
from tinyllm.errors import DataError
from tinyllm.models import EncoderDecoder, TransformerConfig
from tinyllm.models.encoder_decoder import shift_right
from tinyllm.train.objectives.next_window import in_two, window_loss

CONFIG = TransformerConfig(vocabulary=11, context=4, layers=1, heads=2, width=8)


@given(st.integers(1, 4), st.integers(1, 3))
def test_the_decoder_begins_with_the_last_token_of_the_source(T, B):
    ids = np.arange(B * (2 * T + 1)).reshape(B, -1)
    (source, inputs), targets = in_two(ids[:, :-1], ids[:, 1:])
    assert source.tolist() == ids[:, :T].tolist()
    assert targets.tolist() == ids[:, T : 2 * T].tolist()
    assert inputs[:, :1].tolist() == source[:, -1:].tolist()
    assert inputs[:, 1:].tolist() == shift_right(targets, begin=0)[:, 1:].tolist()


@given(st.integers(9, 40), st.integers(0, 9))
def test_each_token_after_the_first_window_is_guessed_once(size, seed):
    model, ids, T = EncoderDecoder(CONFIG, rng=seed), draw_ids(seed, size), 4
    losses = []
    for start in range(0, size - 2 * T, T):
        window = ids[start : start + 2 * T]
        logits = model(window[None, :T], window[None, T - 1 : -1])
        losses.append(ops.cross_entropy(logits, window[None, T:]).item())
    assert window_loss(model, ids) == pytest.approx(np.mean(losses), rel=1e-5)


def test_too_short_a_text_is_refused():
    with pytest.raises(DataError, match="needs more than two windows, 8 tokens; got 8"):
        window_loss(EncoderDecoder(CONFIG, rng=0), np.arange(8))


# -------------------------------------------------------------------- going on with a text
@given(st.integers(1, 6), st.integers(0, 10), st.integers(0, 99))
def test_the_last_window_is_read_and_the_next_one_written(prompt, new, seed):
    model, ids, T = EncoderDecoder(CONFIG, rng=seed), draw_ids(seed, 2, prompt), 4
    found = generate(Continued(model), ids, new, temperature=0)
    whole = ids
    for step in range(new):
        read = prompt + step - step % T  # of these the encoder knows the last T
        logits = model(whole[:, max(0, read - T) : read], whole[:, read - 1 :])
        whole = np.concatenate([whole, logits.data[:, -1:].argmax(axis=-1)], axis=1)
    assert found.tolist() == whole.tolist()


def test_one_text_can_be_used_after_another():
    model = EncoderDecoder(CONFIG, rng=3)
    used = Continued(model)
    for seed in range(3):
        ids = draw_ids(seed, 1, 3)
        fresh = generate(Continued(model), ids, 9, temperature=0)
        assert generate(used, ids, 9, temperature=0).tolist() == fresh.tolist()


def test_beams_go_beyond_a_window():
    model, prompt = EncoderDecoder(CONFIG, rng=5), draw_ids(1, 3)
    greedy = generate(Continued(model), prompt, 9, temperature=0)
    assert beam_search(Continued(model), prompt, 9, beams=1)[0].ids.tolist() == greedy.tolist()
    assert len(beam_search(Continued(model), prompt, 9, beams=3)[0].ids) == 12
