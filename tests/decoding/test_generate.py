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
pytestmark = pytest.mark.filterwarnings("ignore:the prompt has")


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


def test_a_prompt_longer_than_the_context_is_said_once():
    model = stirred()
    with pytest.warns(
        UserWarning, match=r"the prompt has 20 tokens; .* the last 8, its context"
    ) as said:
        generate(model, draw_ids(0, 20), 12)
    assert len(said) == 1
    with pytest.warns(UserWarning, match="the prompt has 9 tokens") as said:
        generate(model, [[1], list(range(9))], 12)
    assert len(said) == 1


# -------------------------------------------------------------------- prompts of different lengths
@st.composite
def ragged(draw):
    lengths = draw(st.lists(st.integers(1, 12), min_size=2, max_size=4))
    return [draw_ids(draw(st.integers(0, 99)), length) for length in lengths]


@given(st.integers(0, 99), ragged(), st.integers(0, 9))
def test_prompts_of_different_lengths_are_what_each_would_be_alone(seed, prompts, count):
    """Scores that differ by rounding alone could change places; on these models none do."""
    model = stirred(seed)
    together = generate(model, prompts, count, temperature=0, stop=[3, 4])
    assert len(together) == len(prompts)
    for row, prompt in zip(together, prompts, strict=True):
        alone = generate(model, prompt, count, temperature=0, stop=[3, 4])
        np.testing.assert_array_equal(row[: len(alone)], alone)
        assert set(row[len(alone) :].tolist()) <= {alone[-1]}  # of equal lengths, one array


def test_prompts_of_different_lengths_each_get_their_own_continuation():
    prompts = [[1, 2, 3, 4, 5], [6], [7, 8]]
    found = generate(stirred(), prompts, 4, rng=0)
    assert [len(row) for row in found] == [9, 5, 6]
    assert [row[: len(p)].tolist() for row, p in zip(found, prompts, strict=True)] == prompts
    again = generate(stirred(), prompts, 4, rng=0)
    assert all(map(np.array_equal, found, again))


def test_lists_of_one_length_give_one_array():
    assert generate(stirred(), [[1, 2], [3, 4]], 3).shape == (2, 5)
    assert generate(stirred(), [[1, 2]], 3).shape == (1, 5)


# -------------------------------------------------------------------- stop ids
@given(st.integers(0, 99), st.sets(st.integers(0, 10), min_size=1, max_size=3))
def test_a_text_ends_with_its_first_stop_id(seed, stop):
    model, prompt = stirred(seed), draw_ids(seed, 4)
    whole = generate(model, prompt, 20, rng=seed)
    found = generate(model, prompt, 20, rng=seed, stop=list(stop))
    new = whole[4:].tolist()
    first = next((i for i, token in enumerate(new) if token in stop), len(new) - 1)
    assert found.tolist() == whole[: 4 + first + 1].tolist()


@given(st.integers(0, 99), st.integers(0, 10))
def test_rows_that_have_ended_repeat_the_stop_id_until_all_have(seed, stop):
    model, prompts = stirred(seed), draw_ids(seed, 3, 4)
    together = generate(model, prompts, 15, temperature=0, stop=stop)
    alone = [generate(model, row, 15, temperature=0, stop=stop) for row in prompts]
    assert together.shape == (3, max(map(len, alone)))
    for row, text in zip(together, alone, strict=True):
        assert row[: len(text)].tolist() == text.tolist()
        assert (row[len(text) :] == stop).all()


def test_nothing_is_computed_after_the_last_row_has_ended():
    reads = []

    class Same:
        def next_scores(self, ids):
            reads.append(ids.shape)
            return np.eye(5)[(ids[:, -1] + 1) % 5]

    assert generate(Same(), [0, 1], 90, temperature=0, stop=4).tolist() == [0, 1, 2, 3, 4]
    assert len(reads) == 3
    found = generate(Same(), [[1], [0, 0, 0]], 90, temperature=0, stop=np.array([4]))
    assert [row.tolist() for row in found] == [[1, 2, 3, 4], [0, 0, 0, 1, 2, 3, 4]]
    assert len(reads) == 3 + 6


@pytest.mark.parametrize("stop", ["end", [-1], 1.5, [[1]], ["a"], [0.0]])
def test_a_stop_that_is_no_id_is_refused(stop):
    with pytest.raises(OptionError, match="stop: takes an id or a list of ids; got"):
        generate(stirred(), [1], 3, stop=stop)


# -------------------------------------------------------------------- with a recurrent model
@given(st.integers(0, 99), ragged(), st.sampled_from(["rnn", "gru", "lstm"]))
def test_a_recurrent_model_takes_prompts_of_different_lengths(seed, prompts, cell):
    model = RNNLM(RNNConfig(vocabulary=11, context=CONTEXT, cell=cell, layers=1, width=8), seed)
    together = generate(model, prompts, 5, temperature=0)
    alone = [generate(model, row, 5, temperature=0) for row in prompts]
    assert all(map(np.array_equal, together, alone))


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
@pytest.mark.parametrize(
    "prompt", [[], [[], [1]], np.zeros((2, 0), int), np.zeros((1, 2, 3), int), 3]
)
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
        ({"min_p": 2}, "min_p: must be at least 0 and at most 1; got 2."),
        ({"repetition_penalty": 0}, "repetition_penalty: must be above 0 and finite; got 0."),
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
    with pytest.raises(DtypeError, match="ids must be integers; got float64"):
        generate(stirred(), [1.5], 3)
