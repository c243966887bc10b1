import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tinyllm.errors import DataError, DtypeError, ShapeError
from tinyllm.evaluation import accuracy, macro_f1

pairs = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=40)


def f1_by_definition(pairs):
    """Count true and false positives and false negatives, one class and one pair at a time."""
    scores = []
    for label in {label for pair in pairs for label in pair}:
        hits = sum(predicted == label == true for predicted, true in pairs)
        false = sum(predicted == label != true for predicted, true in pairs)
        missed = sum(predicted != label == true for predicted, true in pairs)
        precision = hits / (hits + false) if hits + false else 0.0
        recall = hits / (hits + missed) if hits + missed else 0.0
        both = precision + recall
        scores.append(2 * precision * recall / both if both else 0.0)
    return sum(scores) / len(scores)


@given(pairs)
def test_they_are_what_counting_by_hand_gives(pairs):
    predictions, targets = np.array(pairs).T
    right = sum(predicted == true for predicted, true in pairs)
    assert accuracy(predictions, targets) == right / len(pairs)
    assert abs(macro_f1(predictions, targets) - f1_by_definition(pairs)) < 1e-12


@given(pairs, st.permutations(range(6)))
def test_names_of_classes_do_not_matter_nor_who_is_who(pairs, names):
    predictions, targets = np.array(names)[np.array(pairs).T]
    expected = f1_by_definition(pairs)
    assert abs(macro_f1(predictions, targets) - expected) < 1e-12
    assert abs(macro_f1(targets, predictions) - expected) < 1e-12


@given(pairs)
def test_all_right_is_one_and_else_less(pairs):
    predictions, targets = np.array(pairs).T
    assert macro_f1(targets, targets) == accuracy(targets, targets) == 1.0
    assume((predictions != targets).any())
    assert macro_f1(predictions, targets) < 1.0


def test_a_rare_class_weighs_as_much_as_a_frequent_one():
    targets = np.repeat([0, 1], [99, 1])
    always_zero = np.zeros(100, int)
    assert accuracy(always_zero, targets) == 0.99
    assert round(macro_f1(always_zero, targets), 3) == 0.497


@pytest.mark.parametrize("figure", [accuracy, macro_f1])
def test_what_are_no_predictions_is_refused(figure):
    with pytest.raises(ShapeError, match=r"got predictions=\(2,\), targets=\(3,\)\. Hint: argmax"):
        figure([0, 1], [0, 1, 1])
    with pytest.raises(ShapeError, match=r"got predictions=\(1, 2\), targets=\(1, 2\)"):
        figure([[0, 1]], [[0, 1]])
    with pytest.raises(DataError, match="needs at least one prediction; got none"):
        figure([], [])
    with pytest.raises(DtypeError, match="predictions must be integers; got float64"):
        figure([0.5], [0])
