"""The boss of chapter 1 does what it says, in less time."""

import numpy as np

from tinyllm.course.chapters.autograd import boss


def test_values_learn_xor():
    said = []
    assert boss.learn_xor(said.append) < 0.01
    assert len(said) == 2


def test_backward_agrees_with_differences():
    assert boss.compare_with_differences(lambda line: None) < 1e-8


def test_the_network_learns_a_text():
    ids = np.tile([0, 1, 2, 1, 0, 3], 500)
    network = boss.Network(4, 3, 8)
    points = boss.learn_text(network, ids, ids, lambda line: None, steps=60)
    assert len(points) == 10
    assert points[-1][1] < 0.7 * points[0][1]
