import numpy as np
import pytest

from tests.train.objectives.data import COLOURS, make_run
from tinyllm.errors import DataError
from tinyllm.evaluation import accuracy, macro_f1
from tinyllm.text.words import UNKNOWN
from tinyllm.train.objectives.labels import scores


def test_a_colour_is_learnt_from_the_text(tmp_path):
    options = {"steps": 150, "learning_rate": 0.01, "evaluate_every": 150, "batch": 16}
    run = make_run(tmp_path, "labels", width=16, pooling="mean", **options)
    list(run.train())
    assert run.metrics[-1]["accuracy"] == 1.0
    assert run.metrics[-1]["val_loss"] < 0.5


def test_the_figures_are_those_of_single_texts(tmp_path):
    run = make_run(tmp_path, "labels")
    model, examples = run.model, run.objective.validation
    rows = run.objective.validation_rows
    found = scores(model, rows, examples.labels)
    logits = [model.eval().classify(run.tokenizer.encode(t)[None]).data[0] for t in examples.texts]
    predicted = [int(row.argmax()) for row in logits]
    # batches are sorted by length, so what belongs together must have stayed together
    assert found["accuracy"] == accuracy(predicted, examples.labels)
    assert found["macro_f1"] == macro_f1(predicted, examples.labels)
    losses = [
        np.log(np.exp(row - row[label]).sum())
        for row, label in zip(logits, examples.labels, strict=True)
    ]
    assert found["loss"] == pytest.approx(np.mean(losses), rel=1e-5)


def test_names_are_kept_for_whoever_uses_the_model(tmp_path):
    run = make_run(tmp_path, "labels")
    assert run.objective.kept == {"labels": sorted(colour.upper() for colour in COLOURS)}
    assert run.model.config.classes == 3


def test_hidden_words_are_unknown_ones_and_padding_stays(tmp_path):
    run = make_run(tmp_path, "labels", hide=0.5, batch=60)
    objective, hidden, total = run.objective, 0, 0
    unknown = run.tokenizer.vocabulary.index(UNKNOWN)
    padding = run.tokenizer.special["<pad>"]
    for _ in range(20):
        places = next(run.batches.places)
        inputs, labels = objective.batch(places, run.batches.rng)
        assert (labels == objective.train.labels[places]).all()
        lengths = [len(objective.rows[i]) for i in places]
        is_text = np.arange(inputs.shape[1]) < np.array(lengths)[:, None]
        assert (inputs[~is_text] == padding).all()
        assert (inputs[is_text] != padding).all()
        hidden, total = hidden + (inputs[is_text] == unknown).sum(), total + is_text.sum()
    assert 0.4 < hidden / total < 0.6


def test_the_vocabulary_comes_from_what_trains(tmp_path):
    file = tmp_path / "own.csv"
    lines = [f"word{i} word{i},{'AB'[i % 2]}" for i in range(20)]
    file.write_text("\n".join(["text,label", *lines]) + "\n", encoding="utf-8")
    objective = make_run(tmp_path, "labels", data=str(file)).objective
    for text in objective.validation.texts:
        assert text.split()[0] not in objective.tokenizer.vocabulary
    for text in objective.train.texts:
        assert text.split()[0] in objective.tokenizer.vocabulary


def test_one_label_is_none(tmp_path):
    file = tmp_path / "one.tsv"
    file.write_text("text\tlabel\n" + "a b\tX\n" * 20, encoding="utf-8")
    with pytest.raises(DataError, match="labels must differ; all texts have 'X'"):
        make_run(tmp_path, "labels", data=str(file))
