"""Laws of cross_entropy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinyllm
from tests.ops.cases import every_backend
from tests.ops.inputs import classified
from tinyllm import Tensor, ops

LOGITS = np.array([[2.0, -1.0, 0.5], [0.0, 0.0, 3.0], [1.0, 1.0, 1.0], [-2.0, 0.0, 2.0]])
TARGETS = np.array([0, 1, 2, 2])


def loss_and_gradient(backend, logits, targets, **options):
    x = Tensor(logits, requires_grad=True)
    with tinyllm.backend(backend):
        loss = ops.cross_entropy(x, targets, **options)
        loss.backward()
    return loss.item(), x.grad


@every_backend
@given(st.integers(1, 300), st.floats(-50, 50), st.data())
def test_a_model_that_knows_nothing_has_a_loss_of_ln_v(backend, V, level, data):
    targets = data.draw(st.lists(st.integers(0, V - 1), min_size=1, max_size=3))
    loss, _ = loss_and_gradient(backend, np.full((len(targets), V), level), targets)
    assert loss == pytest.approx(np.log(V), rel=1e-12, abs=1e-12)


@every_backend
@given(classified())
def test_it_is_the_mean_of_minus_log_softmax_at_the_targets(backend, inputs):
    (logits,), options = inputs
    targets = options["targets"]
    counted = targets != options["ignore_index"]
    logs = np.log(np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True))[counted]
    right = np.take_along_axis(logs, targets[counted][:, None], axis=-1)
    loss, _ = loss_and_gradient(backend, logits, targets, ignore_index=options["ignore_index"])
    assert loss == pytest.approx(-right.mean() if right.size else 0, rel=1e-12)


@every_backend
@given(classified())
def test_ignored_rows_might_as_well_not_be_there(backend, inputs):
    (logits,), options = inputs
    counted = options["targets"] != options["ignore_index"]
    loss, gradient = loss_and_gradient(backend, logits, **options)
    options["targets"] = options["targets"][counted]
    expected, rest = loss_and_gradient(backend, logits[counted], **options)
    assert loss == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(gradient[counted], rest, rtol=1e-12)
    assert not gradient[~counted].any()


@every_backend
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_where_all_targets_are_ignored_the_loss_and_its_gradient_are_0(backend, smoothing):
    ignored = np.full(len(LOGITS), -100)
    loss, gradient = loss_and_gradient(backend, LOGITS, ignored, label_smoothing=smoothing)
    assert loss == 0
    np.testing.assert_array_equal(gradient, np.zeros(LOGITS.shape))


@every_backend
def test_what_stands_in_an_ignored_row_does_not_matter(backend):
    """Padding may come from a query without keys, or from nowhere."""
    logits, targets = LOGITS.copy(), TARGETS.copy()
    logits[1], targets[1] = np.nan, -100
    loss, gradient = loss_and_gradient(backend, logits, targets)
    expected, rest = loss_and_gradient(backend, LOGITS[[0, 2, 3]], TARGETS[[0, 2, 3]])
    assert loss == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(gradient[[0, 2, 3]], rest, rtol=1e-12)
    assert not gradient[1].any()


@every_backend
@given(st.floats(0, 1))
def test_smoothing_goes_in_a_straight_line_from_the_target_to_all_classes(backend, share):
    sharp, even, between = (
        loss_and_gradient(backend, LOGITS, TARGETS, label_smoothing=s) for s in (0.0, 1.0, share)
    )
    assert between[0] == pytest.approx((1 - share) * sharp[0] + share * even[0], rel=1e-12)
    mixed = (1 - share) * sharp[1] + share * even[1]
    np.testing.assert_allclose(between[1], mixed, rtol=1e-12, atol=1e-15)


@every_backend
@given(classified())
def test_gradients_of_a_row_sum_to_zero(backend, inputs):
    (logits,), options = inputs
    _, gradient = loss_and_gradient(backend, logits, **options)
    np.testing.assert_allclose(gradient.sum(axis=-1), 0, atol=1e-14)


@every_backend
def test_a_step_against_the_gradient_lowers_the_loss(backend):
    loss, gradient = loss_and_gradient(backend, LOGITS, TARGETS)
    assert loss_and_gradient(backend, LOGITS - 0.1 * gradient, TARGETS)[0] < loss


@every_backend
def test_leading_axes_are_rows(backend):
    loss, gradient = loss_and_gradient(backend, LOGITS, TARGETS)
    again, deeper = loss_and_gradient(backend, LOGITS.reshape(2, 2, 3), TARGETS.reshape(2, 2))
    assert again == loss
    np.testing.assert_array_equal(deeper.reshape(4, 3), gradient)


@every_backend
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_certain_models_have_no_loss_or_a_huge_one_but_no_overflow(backend, dtype):
    logits = np.array([[1e30, -1e30], [1e30, -1e30]], dtype)
    assert loss_and_gradient(backend, logits, [0, 0])[0] == 0
    loss, gradient = loss_and_gradient(backend, logits, [1, 1])
    assert loss == pytest.approx(2e30, rel=1e-6)
    np.testing.assert_array_equal(gradient, [[0.5, -0.5], [0.5, -0.5]])


@every_backend
def test_a_class_that_is_ruled_out_costs_nothing_unless_it_was_right(backend):
    logits = np.array([[0.0, -np.inf, 0.0]])
    loss, gradient = loss_and_gradient(backend, logits, [0])
    assert loss == pytest.approx(np.log(2))
    np.testing.assert_allclose(gradient, [[-0.5, 0, 0.5]])
    assert loss_and_gradient(backend, logits, [1])[0] == np.inf
