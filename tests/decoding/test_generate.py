import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinyllm
from tests.models.tiny import draw_ids, stirred
from tinyllm.autograd import locks
from tinyllm.decoding import generate, stream
from tinyllm.errors import DtypeError, OptionError, ShapeError
from tinyllm.models import RNNLM, RNNConfig
from tinyllm.nn.rnn import CELLS

CONTEXT = 8


def is_greedy(model, ids, count):
    """Whether each of the last `count` ids is the best that the last tokens that fit lead to.

    Each is read anew, without a cache. Two scores that differ by rounding alone are equally good.
    """
    for end in range(len(ids) - count, len(ids)):
        scores = model(ids[None, max(0, end - CONTEXT) : end]).data[0, -1]
        if scores[ids[end]] < scores.max() - 1e-4:
            return False
    return True


# -------------------------------------------------------------------- what it gives
@given(st.integers(0, 99), st.integers(1, 12), st.integers(0, 20), st.sampled_from(["pre", "post"]))
def test_greedy_is_the_loop_of_argmax_also_past_the_context(seed, length, count, norm):
    model, prompt = stirred(seed, norm=norm), draw_ids(seed, length)
    assert is_greedy(model, generate(model, prompt, count, temperature=0), count)


@given(st.integers(0, 99), st.integers(1, 12), st.integers(1, 4))
def test_each_row_of_a_batch_is_greedy(seed, length, batch):
    model, prompts = stirred(seed), draw_ids(seed, batch, length)
    assert all(is_greedy(model, ids, 12) for ids in generate(model, prompts, 12, temperature=0))


@pytest.mark.parametrize("length", [1, 5, CONTEXT, 12])
def test_rows_of_a_batch_are_what_each_would_be_alone(length):
    model, prompts = stirred(), draw_ids(0, 4, length)
    together = generate(model, prompts, 12, temperature=0)
    alone = [generate(model, row, 12, temperature=0) for row in prompts]
    np.testing.assert_array_equal(together, alone)


@given(st.integers(0, 99))
def test_the_seed_makes_the_text(seed):
    model, prompt = stirred(seed), draw_ids(seed, 2, 3)
    options = {"temperature": 1.3, "top_k": 9, "top_p": 0.95}
    one, same = (generate(model, prompt, 20, rng=seed, **options) for _ in range(2))
    np.testing.assert_array_equal(one, same)
    as_generator = generate(model, prompt, 20, rng=np.random.default_rng(seed), **options)
    np.testing.assert_array_equal(one, as_generator)
    assert (one != generate(model, prompt, 20, rng=seed + 1, **options)).any()


def test_the_prompt_stands_before_what_is_new():
    prompt = draw_ids(0, 2, 5)
    found = generate(stirred(), prompt, 4)
    assert found.shape == (2, 9)
    np.testing.assert_array_equal(found[:, :5], prompt)
    assert generate(stirred(), [1, 2, 3], 4).shape == (7,)
    assert generate(stirred(), [1, 2, 3], 0).tolist() == [1, 2, 3]


def test_stream_yields_what_generate_returns():
    model, prompt = stirred(), draw_ids(0, 2, 3)
    tokens = np.stack(list(stream(model, prompt, 15, rng=5)), axis=1)
    np.testing.assert_array_equal(tokens, generate(model, prompt, 15, rng=5)[:, 3:])


def test_a_prompt_longer_than_the_context_is_read_from_its_end():
    model, prompt = stirred(), draw_ids(0, 20)
    whole = generate(model, prompt, 5, temperature=0)
    np.testing.assert_array_equal(
        whole[-5:], generate(model, prompt[-CONTEXT:], 5, temperature=0)[-5:]
    )


# -------------------------------------------------------------------- with a recurrent model
@pytest.mark.parametrize("cell", CELLS)
@given(st.integers(0, 99), st.integers(1, 20), st.integers(1, 3))
def test_a_state_gives_what_reading_the_whole_text_again_gives(cell, seed, length, batch):
    """Its context of 8 is how far training looks back: a state has no limit."""
    sizes = {"vocabulary": 11, "context": CONTEXT, "layers": 2, "width": 8}
    model, prompts = RNNLM(RNNConfig(cell=cell, **sizes), seed), draw_ids(seed, batch, length)
    whole = generate(model, prompts, 12, temperature=0)
    scores = model(whole).data
    for end in range(length, whole.shape[1]):
        best, chosen = scores[:, end - 1].max(axis=-1), whole[:, end]
        assert (scores[np.arange(batch), end - 1, chosen] >= best - 1e-4).all()


# -------------------------------------------------------------------- what it leaves behind
def test_dropout_is_off_and_the_training_flag_comes_back():
    model, prompt = stirred(dropout=0.5), draw_ids(0, 4)
    state = model.rng.bit_generator.state
    one, two = (generate(model, prompt, 12, temperature=0) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    assert model.rng.bit_generator.state == state
    for mode in (True, False):
        model.train(mode)
        generate(model, prompt, 3)
        assert model.training is mode
        assert model.blocks[0].attention.branch.dropout.training is mode


def test_the_training_flag_is_back_also_when_the_reader_stops_early():
    model = stirred(dropout=0.5)
    tokens = stream(model, draw_ids(0, 1, 4), 10)
    next(tokens)
    assert model.training
    tokens.close()
    assert model.training
    assert model.dropout.training


def test_the_training_flag_is_back_also_when_the_model_fails():
    model = stirred(dropout=0.5)
    with pytest.raises(OptionError, match="ids must be in 0 to 10; got 99"):
        generate(model, [99], 5)
    assert model.training


def test_no_graph_is_recorded_and_no_lock_is_left():
    seen = []

    class Watched(type(stirred())):
        def forward(self, ids, caches=None):
            seen.append(super().forward(ids, caches))
            return seen[-1]

    model = stirred()
    model.__class__ = Watched
    generate(model, [1, 2, 3], 10)
    assert len(seen) == 10
    assert not any(logits.requires_grad or logits.node for logits in seen)
    assert not any(locks.is_locked(p.data) or p.grad is not None for p in model.parameters())


def test_generation_inside_no_grad_and_outside_is_the_same():
    with tinyllm.no_grad():
        inside = generate(stirred(), [1, 2], 9)
    np.testing.assert_array_equal(inside, generate(stirred(), [1, 2], 9))


# -------------------------------------------------------------------- refusals
@pytest.mark.parametrize("prompt", [[], np.zeros((2, 0), int), np.zeros((1, 2, 3), int), 3])
def test_a_prompt_without_tokens_or_of_another_shape_is_refused(prompt):
    with pytest.raises(ShapeError, match="generate: the prompt needs at least one token"):
        generate(stirred(), prompt, 3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temperature": -0.1}, "temperature: must be above 0; got -0.1. Hint: 0 means greedy."),
        ({"temperature": math.nan}, "temperature: must be above 0; got nan."),
        ({"top_k": 0}, "top_k: must be at least 1; got 0."),
        ({"top_p": 0.0}, "top_p: must be above 0 and at most 1; got 0.0."),
        ({"top_p": 1.5, "temperature": 0}, "top_p: must be above 0 and at most 1; got 1.5."),
        ({"max_new_tokens": -1}, "generate: max_new_tokens must be at least 0; got -1."),
    ],
)
def test_an_option_out_of_range_is_refused_before_the_model_runs(options, message):
    model = stirred()
    model.forward = None  # calling it would fail
    with pytest.raises(OptionError) as caught:
        generate(model, [0], **({"max_new_tokens": 3} | options))
    assert str(caught.value).startswith(message)


def test_a_prompt_of_fractions_is_refused():
    with pytest.raises(DtypeError, match="ids must be integers; got float64"):
        generate(stirred(), [1.5, 2.0], 3)
