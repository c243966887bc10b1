"""The engine changes no number: a step through it, and the same kernels called by hand."""

from types import SimpleNamespace

import numpy as np

from tinyllm import ops
from tinyllm.bench.by_hand import loss_and_gradients
from tinyllm.bench.ours import make, one_batch

SIZES = SimpleNamespace(vocabulary=11, context=6, layers=2, heads=2, width=8)


def test_the_engine_computes_what_its_kernels_called_by_hand_compute():
    model = make(SIZES)
    inputs, targets = one_batch(SIZES, 3)
    loss, gradients = loss_and_gradients(model, inputs, targets)
    through_engine = ops.cross_entropy(model(inputs), targets)
    through_engine.backward()
    np.testing.assert_allclose(loss, through_engine.item(), rtol=1e-6)
    for name, parameter in model.named_parameters():
        scale = np.abs(gradients[name]).max()
        np.testing.assert_allclose(parameter.grad, gradients[name], atol=1e-5 * scale, err_msg=name)
