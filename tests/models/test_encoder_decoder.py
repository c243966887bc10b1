import copy
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinyllm
from tests.models.options import CONTEXT, PADDING, V, build, choices, draw_ids, filled_up
from tinyllm import ops
from tinyllm.decoding import beam_search, generate
from tinyllm.errors import OptionError, ShapeError
from tinyllm.kernels.backend import BACKENDS
from tinyllm.models import EncoderDecoder
from tinyllm.models.encoder_decoder import shift_right
from tinyllm.nn.attention import CrossAttention
from tinyllm.train import AdamW, clip_grad_norm

BEGIN, END = 1, 2
every_backend = pytest.mark.parametrize("backend", BACKENDS)
seeds, lengths = st.integers(0, 1000), st.integers(1, CONTEXT)


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-5 * max(1, np.abs(expected).max()))


# -------------------------------------------------------------------- teacher forcing
def test_the_shift():
    targets = np.array([[7, 8, 9, END], [7, END, PADDING, PADDING]])
    shifted = [[BEGIN, 7, 8, 9], [BEGIN, 7, END, PADDING]]
    assert shift_right(targets, BEGIN).tolist() == shifted


@given(seeds, lengths, st.data())
def test_no_target_is_seen_before_it_is_guessed(seed, length, data):
    """The loss at place t is moved by the target there, but its logits are not."""
    model, source = build(EncoderDecoder, seed), draw_ids(seed, 1, 4)
    targets = draw_ids(seed + 1, 1, length)
    place = data.draw(st.integers(0, length - 1))
    changed = targets.copy()
    changed[0, place] = targets[0, place] % (V - 1) + 1
    before, after = (model(source, shift_right(x, BEGIN)).data for x in (targets, changed))
    np.testing.assert_array_equal(before[0, : place + 1], after[0, : place + 1])
    assert place + 1 == length or (before[0, place + 1] != after[0, place + 1]).any()


@given(choices, seeds, st.sampled_from([0.0, 0.1]))
def test_the_loss_is_the_mean_over_targets_that_are_no_padding(options, seed, smoothing):
    model = build(EncoderDecoder, seed, padding=PADDING, **options)
    source, targets = draw_ids(seed, 2, 4), filled_up(draw_ids(seed + 1, 2, 3), 6)
    targets[1, 2] = PADDING  # the second is shorter
    found = model.loss(source, targets, BEGIN, smoothing).item()
    logs = ops.log_softmax(model(source, shift_right(targets, BEGIN)).data).data
    counted = targets != PADDING
    right = np.take_along_axis(logs, targets[..., None], axis=-1)[..., 0]
    surprise = -(1 - smoothing) * right - smoothing * logs.mean(axis=-1)
    assert math.isclose(found, surprise[counted].mean(), rel_tol=1e-4)


# -------------------------------------------------------------------- padding
@every_backend
@given(choices, seeds, lengths, lengths)
def test_padding_changes_nothing(backend, options, seed, S, T):
    model = build(EncoderDecoder, seed, padding=PADDING, **options)
    source, target = draw_ids(seed, 2, S), draw_ids(seed + 1, 2, T)
    with tinyllm.backend(backend):
        expected = model(source, target).data
        padded = model(filled_up(source, CONTEXT), filled_up(target, CONTEXT)).data
    close(padded[:, :T], expected)


@given(choices, seeds, st.integers(1, CONTEXT - 1))
def test_what_stands_at_padding_does_not_matter(options, seed, length):
    model = build(EncoderDecoder, seed, **options)
    mask = np.arange(CONTEXT) < np.array([[length], [CONTEXT]])
    source, target = draw_ids(seed, 2, CONTEXT), draw_ids(seed + 1, 2, CONTEXT)
    others = np.where(mask, source, draw_ids(seed + 2, 2, CONTEXT))
    found, expected = (model(x, target, mask, mask).data[mask] for x in (others, source))
    np.testing.assert_array_equal(found, expected)


# -------------------------------------------------------------------- generation
@every_backend
@given(choices, seeds, lengths, st.lists(st.integers(1, 3), min_size=1, max_size=4), st.booleans())
def test_a_bound_decoder_says_what_the_model_says(backend, options, seed, S, sizes, one_source):
    sizes = [size for i, size in enumerate(sizes) if sum(sizes[: i + 1]) <= CONTEXT]
    model = build(EncoderDecoder, seed, padding=PADDING, **options)
    target = draw_ids(seed, 3, sum(sizes))
    source = filled_up(draw_ids(seed + 1, 1 if one_source else 3, S), CONTEXT)
    parts = np.split(target, np.cumsum(sizes)[:-1], axis=1)
    with tinyllm.backend(backend), tinyllm.no_grad():
        bound = model.bind(source)
        caches = bound.new_caches(3)
        pieces = np.concatenate([bound(part, caches).data for part in parts], axis=1)
        whole = model(np.broadcast_to(source, (3, CONTEXT)), target).data
        close(pieces, whole)
        close(bound(target).data, whole)


def test_the_source_is_read_once(monkeypatch):
    reads = []
    read = CrossAttention.read
    monkeypatch.setattr(CrossAttention, "read", lambda *a: reads.append(a) or read(*a))
    model = build(EncoderDecoder)
    generate(model.bind(draw_ids(0, 1, 4)), [[BEGIN]], 5, temperature=0)
    assert len(reads) == model.config.layers


@given(choices, seeds)
def test_generation_is_greedy_in_what_the_model_says(options, seed):
    model, source = build(EncoderDecoder, seed, **options), draw_ids(seed, 2, 5)
    found = generate(model.bind(source), np.full((2, 1), BEGIN), CONTEXT - 1, temperature=0)
    logits = model(source, found[:, :-1]).data
    written = np.take_along_axis(logits, found[:, 1:, None], axis=-1)[..., 0]
    assert (written >= logits.max(axis=-1) - 1e-3).all()


def test_beam_search_takes_a_bound_decoder():
    model, source = build(EncoderDecoder), draw_ids(0, 1, 5)
    best, *_ = beam_search(model.bind(source), [BEGIN], 3, beams=V * V, length_penalty=0)
    logs = ops.log_softmax(model(source, best.ids[None, :-1]).data).data[0]
    assert math.isclose(
        best.score, sum(logs[t, i] for t, i in enumerate(best.ids[1:])), rel_tol=1e-4
    )
    greedy = generate(model.bind(source), [BEGIN], 3, temperature=0)
    logs = ops.log_softmax(model(source, greedy[None, :-1]).data).data[0]
    assert best.score >= sum(logs[t, i] for t, i in enumerate(greedy[1:])) - 1e-5


def test_binding_knows_no_dropout_and_leaves_the_mode_as_it_was():
    model, source = build(EncoderDecoder, dropout=0.5), draw_ids(0, 1, 5)
    expected = model.eval().bind(source).source[0][0].data
    model.train()
    bound = model.bind(source)
    np.testing.assert_array_equal(bound.source[0][0].data, expected)
    assert bound.training
    assert not bound.train(False).training
    assert not model.training


# -------------------------------------------------------------------- tables
def test_source_and_target_share_a_table_or_have_their_own():
    shared, own = build(EncoderDecoder), build(EncoderDecoder, source_vocabulary=V)
    assert shared.encoder.tokens is shared.decoder.tokens
    names = [name for name, _ in shared.named_parameters() if "tokens" in name]
    assert names == ["encoder.tokens.weight"]
    assert own.count_parameters() - shared.count_parameters() == V * own.config.width
    other = build(EncoderDecoder, source_vocabulary=30)
    assert other([[29, 3]], [[1]]).shape == (1, 1, V)
    with pytest.raises(OptionError, match="ids must be in 0 to 10; got 29"):
        other([[29, 3]], [[29]])


def test_a_copy_still_shares_its_table():
    twin = copy.deepcopy(build(EncoderDecoder))
    assert twin.encoder.tokens is twin.decoder.tokens


# -------------------------------------------------------------------- learning
def test_it_learns_to_turn_a_text_round():
    """What comes last in the source comes first in the target: only cross-attention can know."""
    config = build(EncoderDecoder, layers=1, width=32, norm="post", padding=PADDING).config
    model, rng = EncoderDecoder(config, 0), np.random.default_rng(0)
    optimiser = AdamW(model.parameters(), 1e-2, weight_decay=0.0)

    def pairs(count):
        source = rng.integers(3, V, (count, 3))
        return source, np.concatenate([source[:, ::-1], np.full((count, 1), END)], axis=1)

    for _ in range(150):
        optimiser.zero_grad()
        model.loss(*pairs(32), BEGIN).backward()
        clip_grad_norm(model.parameters(), 1.0)
        optimiser.step()
    source, target = pairs(64)
    found = generate(model.bind(source), np.full((64, 1), BEGIN), 4, temperature=0, stop=END)
    np.testing.assert_array_equal(found[:, 1:], target)


# -------------------------------------------------------------------- refusals
def test_refusals():
    model = build(EncoderDecoder, padding=PADDING)
    with pytest.raises(OptionError, match="begin must be another id than padding; both are 0"):
        model.loss([[3]], [[4]], begin=PADDING)
    with pytest.raises(ShapeError, match="each row needs its source, or all of them one"):
        model.bind([[3], [4]])([[1], [1], [1]])
    with pytest.raises(ShapeError, match=r"ids must be \(B, T\) with T in 1 to 8"):
        model([[3] * 9], [[1]])
    with pytest.raises(ShapeError, match=r"Decoder: ids must be \(B, T\) with T in 1 to 8"):
        model([[3]], [[1] * 9])
    with pytest.raises(ShapeError, match="attention: q must be"):
        model([[3], [4]], [[1]])
