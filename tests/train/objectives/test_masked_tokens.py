import numpy as np
import pytest

from tests.train.objectives.data import make_run
from tinyllm.errors import DataError
from tinyllm.text import CharTokenizer
from tinyllm.train.objectives.masked_tokens import hidden_loss, with_holes
from tinyllm.types import NO_TARGET

TOKENIZER = CharTokenizer.train("abc", ["<pad>", "<mask>"])


def test_only_text_is_hidden_and_the_rest_is_no_target():
    rows = [np.array([0, 1, 2, 0]), np.array([1])]
    for seed in range(50):
        inputs, targets = with_holes(rows, TOKENIZER, np.random.default_rng(seed), 0.5)
        assert (targets[1, 1:] == NO_TARGET).all()
        assert (inputs[1, 1:] == TOKENIZER.special["<pad>"]).all()
        hidden = targets != NO_TARGET
        padded = np.array([[0, 1, 2, 0], [1, 3, 3, 3]])
        assert (targets[hidden] == padded[hidden]).all()
        assert (inputs[~hidden] == padded[~hidden]).all()


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
