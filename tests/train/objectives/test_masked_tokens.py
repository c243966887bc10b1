import numpy as np
import pytest

from tests.train.objectives.data import make_run
from tinyllm.errors import DataError
from tinyllm.text import CharTokenizer
from tinyllm.train.objectives.masked_tokens import hidden_loss, hole_logits, with_holes
from tinyllm.types import NO_TARGET

TOKENIZER = CharTokenizer.train("abc", ["<pad>", "<mask>"])


def test_only_text_is_hidden_and_each_hole_has_its_token():
    rows = [np.array([0, 1, 2, 0]), np.array([1])]
    padded = np.array([[0, 1, 2, 0], [1, 3, 3, 3]])
    seen = set()
    for seed in range(50):
        (ids, holes), targets = with_holes(rows, TOKENIZER, np.random.default_rng(seed), 0.5)
        if (targets == NO_TARGET).any():
            assert (ids == padded).all()
            continue
        assert (targets == padded[holes]).all()
        seen |= set(zip(*(places.tolist() for places in holes), strict=True))
        elsewhere = np.ones(padded.shape, bool)
        elsewhere[holes] = False
        assert (ids[elsewhere] == padded[elsewhere]).all()
    assert seen == {(0, 0), (0, 1), (0, 2), (0, 3), (1, 0)}


def test_the_head_sees_holes_only_and_says_the_same(tmp_path):
    run = make_run(tmp_path, "masked")
    inputs, _ = next(run.batches)
    ids, holes = inputs
    whole = run.model(ids).data[holes]
    np.testing.assert_allclose(hole_logits(run.model, inputs).data, whole, atol=1e-6)


def test_windows_of_one_text_are_side_by_side(tmp_path):
    run = make_run(tmp_path, "masked")
    rows = run.objective.train_rows + run.objective.validation_rows
    text = run.tokenizer.decode(np.concatenate(rows))
    assert text == run.objective.text()
    assert {len(row) for row in run.objective.train_rows[:-1]} == {8}


def test_a_model_that_knows_nothing_guesses_among_all_tokens(tmp_path):
    run = make_run(tmp_path, "masked")
    for p in run.model.parameters():
        p.data = np.zeros_like(p.data)
    loss = hidden_loss(run.model, run.tokenizer, run.objective.validation_rows)
    assert loss == pytest.approx(np.log(len(run.tokenizer)), rel=1e-5)


def test_data_without_texts_are_refused(tmp_path):
    with pytest.raises(DataError, match="'multi30k' has pairs, not labels"):
        make_run(tmp_path, "masked", data="multi30k")
