import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinyllm
from tests.models.tiny import SIZES, draw_ids, loss_and_gradients, stirred, tiny
from tinyllm import ops
from tinyllm.errors import DtypeError, OptionError, ShapeError
from tinyllm.kernels.backend import BACKENDS
from tinyllm.models import MODELS, DecoderOnly, TransformerConfig
from tinyllm.nn.residual import RESIDUALS
from tinyllm.train import AdamW, clip_grad_norm

both_norms = pytest.mark.parametrize("norm", RESIDUALS)
every_backend = pytest.mark.parametrize("backend", BACKENDS)
seeds = st.integers(0, 1000)


# -------------------------------------------------------------------- laws
@every_backend
@both_norms
@given(seeds, st.integers(1, 8), st.data())
def test_a_later_token_never_changes_an_earlier_logit(norm, backend, seed, length, data):
    model, ids = stirred(seed, norm=norm), draw_ids(seed, 2, length)
    place = data.draw(st.integers(0, length - 1))
    changed = ids.copy()
    changed[0, place] = (ids[0, place] + data.draw(st.integers(1, 10))) % 11
    with tinyllm.backend(backend):
        before, after = model(ids).data, model(changed).data
    np.testing.assert_array_equal(before[0, :place], after[0, :place])  # to the last bit
    np.testing.assert_array_equal(before[1], after[1])  # and never another row's
    assert (before[0, place] != after[0, place]).any()


@both_norms
@given(seeds, st.integers(1, 8))
def test_a_later_loss_never_moves_an_earlier_token(norm, seed, length):
    """The same law, backward: what stands after the last target that counts gets no gradient."""
    model, ids = stirred(seed, norm=norm), draw_ids(seed, 1, 8)
    targets = draw_ids(seed + 1, 1, 8)
    targets[:, length:] = -100  # ignored
    gradients = loss_and_gradients(model, ids, targets)
    assert not gradients["positions.weight"][length:].any()
    assert gradients["positions.weight"][:length].any(axis=1).all()


@both_norms
@given(seeds)
def test_the_order_of_the_rows_in_a_batch_does_not_matter(norm, seed):
    model, ids = stirred(seed, norm=norm), draw_ids(seed, 5, 6)
    order = np.random.default_rng(seed).permutation(5)
    np.testing.assert_allclose(model(ids[order]).data, model(ids).data[order], rtol=0, atol=1e-5)


@both_norms
@given(seeds, st.integers(1, 4), st.integers(1, 8))
def test_the_two_backends_agree_in_loss_and_gradients(norm, seed, batch, length):
    model = stirred(seed, norm=norm)
    ids, targets = draw_ids(seed, 2, batch, length)
    found = {}
    for backend in BACKENDS:
        with tinyllm.backend(backend):
            found[backend] = loss_and_gradients(model, ids, targets)
    for name, array in found["numpy"].items():
        scale = max(1e-3, np.abs(array).max())
        np.testing.assert_allclose(
            found["numba"][name], array, rtol=0, atol=2e-5 * scale, err_msg=name
        )


@both_norms
@given(seeds)
def test_a_float64_copy_has_the_same_logits(norm, seed):
    model, ids = stirred(seed, norm=norm), draw_ids(seed, 2, 8)
    single = model(ids).data
    for p in model.parameters():
        p.data = p.data.astype(np.float64)
    double = model(ids).data
    assert (single.dtype, double.dtype) == (np.float32, np.float64)
    np.testing.assert_allclose(single, double, rtol=1e-5, atol=1e-5)


# -------------------------------------------------------------------- initialisation
@both_norms
@pytest.mark.parametrize("vocabulary", [2, 65, 1000])
def test_the_loss_at_the_start_is_that_of_a_guess(norm, vocabulary):
    """Nearly ln V, and never below it by more than chance.

    The last norm gives each row a length of sqrt(C), and the rows of the table have a deviation
    of 0.02: scores have a deviation of s = 0.02 sqrt(C) = 0.16, which costs s^2 / 2 = 0.013.
    The token's own row is in x, so its own score is higher, by at most 0.02 C = 1.3; as a wrong
    guess it costs at most ln(1 + (e^1.3 - 1) / V).
    """
    width, count = 64, 4000
    model = tiny(0, vocabulary=vocabulary, context=40, width=width, norm=norm)
    ids, targets = draw_ids(1, 2, count // 40, 40, vocabulary=vocabulary)
    loss = ops.cross_entropy(model(ids), targets).item()
    own = math.log1p((math.exp(0.02 * width) - 1) / vocabulary)
    assert -0.02 < loss - math.log(vocabulary) < 0.02**2 * width / 2 + own + 0.02


@both_norms
@pytest.mark.parametrize("layers", [1, 8])
def test_weights_start_as_in_gpt_2(norm, layers):
    model = tiny(0, layers=layers, width=64, vocabulary=100, context=100, norm=norm)
    for name, p in model.named_parameters():
        if name.endswith("bias"):
            assert not p.data.any(), name
        elif ".norm." in name or name.startswith("norm."):
            assert (p.data == 1).all(), name
        else:  # each of the 2 L branches adds its part to the sum: its last product is smaller
            ends_branch = name.endswith(("output.weight", "down.weight"))
            std = 0.02 / math.sqrt(2 * layers) if ends_branch else 0.02
            error = 5 * std / math.sqrt(2 * p.size)  # five standard errors of a deviation
            assert abs(p.data.std() - std) < error, name
            assert abs(p.data.mean()) < 5 * std / math.sqrt(p.size), name


def test_the_same_seed_gives_the_same_model_and_another_one_does_not():
    one, same, other = tiny(1), tiny(np.random.default_rng(1)), tiny(2)
    np.testing.assert_equal(one.state_dict(), same.state_dict())
    for name, p in one.named_parameters():
        if p.data.std() > 0:
            assert (p.data != other.state_dict()[name]).any(), name


@given(st.integers(1, 5), st.sampled_from([(1, 3), (2, 8), (4, 12)]), st.integers(1, 50), st.data())
def test_the_number_of_parameters_follows_the_formula(layers, heads_width, V, data):
    heads, C = heads_width
    context, norm = data.draw(st.integers(1, 30)), data.draw(st.sampled_from(list(RESIDUALS)))
    model = tiny(0, layers=layers, heads=heads, width=C, vocabulary=V, context=context, norm=norm)
    products = 3 * C * C + C * C + 4 * C * C + 4 * C * C
    biases = 3 * C + C + 4 * C + C
    norms = 2 * 2 * C
    last_norm = 2 * C if norm == "pre" else 0
    expected = (V + context) * C + layers * (products + biases + norms) + last_norm
    assert model.count_parameters() == expected


# -------------------------------------------------------------------- the tied embedding
def test_the_embedding_is_one_parameter():
    model = tiny()
    names = [name for name, p in model.named_parameters() if p.shape == (11, 8)]
    assert names == ["tokens.weight"]


def test_the_tied_embedding_gets_a_gradient_from_both_uses():
    """A token that is read but never a target, one that is a target but never read, and one
    that is neither: against finite differences in float64."""
    model = stirred()
    for p in model.parameters():
        p.data = p.data.astype(np.float64)
    ids, targets = np.array([[0, 1, 2, 1]]), np.array([[1, 2, 1, 3]])
    gradient = loss_and_gradients(model, ids, targets)["tokens.weight"]
    table, step = model.tokens.weight.data, 1e-5
    for token in (0, 1, 3, 10):
        for column in range(8):
            losses = []
            for move in (step, -2 * step):
                table[token, column] += move
                losses.append(ops.cross_entropy(model(ids), targets).item())
            table[token, column] += step
            difference = (losses[0] - losses[1]) / (2 * step)
            assert math.isclose(gradient[token, column], difference, rel_tol=1e-5, abs_tol=1e-8)
    assert gradient[[0, 3, 10]].any(axis=1).all()


# -------------------------------------------------------------------- learning
@both_norms
def test_one_batch_is_learnt_by_heart(norm):
    model = tiny(0, norm=norm, width=32)
    ids, targets = draw_ids(3, 2, 4, 8)  # nothing to be understood here, only to be kept
    optimiser = AdamW(model.parameters(), 1e-2, weight_decay=0.0)
    for _ in range(150):
        optimiser.zero_grad()
        loss = ops.cross_entropy(model(ids), targets)
        loss.backward()
        clip_grad_norm(model.parameters(), 1.0)
        optimiser.step()
    assert loss.item() < 0.01


def test_dropout_is_drawn_from_the_models_generator_and_stops_in_evaluation():
    model, ids = tiny(0, dropout=0.5), draw_ids(0, 2, 8)
    state = model.rng.bit_generator.state
    first, second = model(ids).data, model(ids).data
    assert (first != second).any()
    model.rng.bit_generator.state = state
    np.testing.assert_array_equal(model(ids).data, first)
    model.eval()
    np.testing.assert_array_equal(model(ids).data, model(ids).data)


# -------------------------------------------------------------------- refusals
@pytest.mark.parametrize("shape", [(2, 9), (2, 0), (3,), (), (1, 2, 3)])
def test_ids_of_another_shape_are_refused(shape):
    with pytest.raises(ShapeError) as caught:
        tiny()(np.zeros(shape, int))
    assert str(caught.value) == (
        f"DecoderOnly: ids must be (B, T) with T in 1 to 8; got ids={shape}. "
        "Hint: shorten the text to the context"
    )


def test_an_id_outside_of_the_vocabulary_is_refused():
    for wrong in (-1, 11):
        with pytest.raises(OptionError, match=f"ids must be in 0 to 10; got {wrong}"):
            tiny()([[0, wrong]])
    with pytest.raises(DtypeError, match="ids must be integers; got float64"):
        tiny()([[0.0, 1.0]])


def test_lists_are_ids_too():
    assert tiny()([[1, 2, 3], [4, 5, 6]]).shape == (2, 3, SIZES["vocabulary"])


def test_the_architecture_has_a_name():
    assert MODELS["decoder-only"] is DecoderOnly
    assert isinstance(tiny().config, TransformerConfig)


def test_a_model_is_plain_until_somebody_puts_in_a_part_of_their_own():
    class Mine(type(stirred().blocks[0].mlp.branch)):
        pass

    model = stirred()
    assert model.is_plain()
    model.blocks[1].mlp.branch.__class__ = Mine
    assert not model.is_plain()
    model = stirred()
    model.blocks[0].attention.branch.forward = lambda x, **options: x
    assert not model.is_plain()
