import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.train.objectives.data import make_run
from tinyllm import ops
from tinyllm.decoding import translate
from tinyllm.errors import DataError, OptionError
from tinyllm.models import EncoderDecoder, TransformerConfig
from tinyllm.text import CharTokenizer
from tinyllm.train.objectives.translations import batch_of, pairs_loss
from tinyllm.types import NO_TARGET

SPECIAL = ["<pad>", "<s>", "</s>"]
PAD, BEGIN, END = 2, 3, 4  # after the characters 0 and 1
TOKENIZER = CharTokenizer.train("01", SPECIAL)
texts = st.lists(st.lists(st.integers(0, 1), max_size=5), min_size=2, max_size=6)


@given(texts, st.integers(0, 9))
def test_the_decoder_is_given_what_stands_before_each_target(rows, seed):
    targets = [np.array([*row, END]) for row in rows]
    places = np.random.default_rng(seed).permutation(len(rows))[:2]
    (sources, inputs), wanted = batch_of((targets, targets), places, TOKENIZER)
    for row, place in enumerate(places):
        length = len(targets[place])
        assert inputs[row, :length].tolist() == [BEGIN, *targets[place][:-1]]
        assert wanted[row, :length].tolist() == targets[place].tolist()
        assert (wanted[row, length:] == NO_TARGET).all()
        assert sources[row, :length].tolist() == targets[place].tolist()
        assert (sources[row, length:] == PAD).all()


@given(texts, st.integers(0, 9))
def test_the_loss_is_that_of_single_pairs(rows, seed):
    config = TransformerConfig(vocabulary=5, context=8, layers=1, heads=1, width=4, padding=PAD)
    model = EncoderDecoder(config, rng=seed)
    targets = [np.array([*row, END]) for row in rows]
    total = count = 0
    for row in targets:
        logits = model(row[None], np.array([[BEGIN, *row[:-1]]]))
        total += ops.cross_entropy(logits, row[None]).item() * len(row)
        count += len(row)
    found = pairs_loss(model, TOKENIZER, (targets, targets))
    assert found == pytest.approx(total / count, rel=1e-4)


@pytest.mark.slow
def test_numbers_are_learnt_backwards(tmp_path):
    run = make_run(
        tmp_path,
        "translations",
        width=32,
        heads=2,
        steps=700,
        batch=32,
        learning_rate=4e-3,
        evaluate_every=700,
    )
    list(run.train())
    sources, targets = run.objective.train.sources, run.objective.train.targets
    right = [
        a == b for a, b in zip(translate(run.model, run.tokenizer, sources), targets, strict=True)
    ]
    assert np.mean(right) > 0.9
    beams = translate(run.model, run.tokenizer, sources[:5], beams=3)
    assert beams == targets[:5]


def test_texts_come_back_in_their_order_whatever_the_batch(tmp_path):
    run = make_run(tmp_path, "translations", steps=30, learning_rate=0.02)
    list(run.train())
    sources = run.objective.validation.sources
    alone = [translate(run.model, run.tokenizer, [text])[0] for text in sources]
    assert translate(run.model, run.tokenizer, sources, batch=4) == alone
    assert translate(run.model, run.tokenizer, []) == []


def test_what_cannot_be_translated_is_refused(tmp_path):
    run = make_run(tmp_path, "translations")
    with pytest.raises(OptionError, match="beams must be at least 1; got 0"):
        translate(run.model, run.tokenizer, ["1"], beams=0)
    with pytest.raises(DataError, match=r"must have <pad>, <s> and </s>; it lacks <s>, </s>"):
        translate(run.model, CharTokenizer.train("1", ["<pad>"]), ["1"])


def test_a_text_that_is_too_long_is_cut_and_that_is_said(tmp_path):
    with pytest.warns(UserWarning, match=r"texts are longer than the context, 4 tokens"):
        run = make_run(tmp_path, "translations", context=4)
    assert max(len(row) for row in run.objective.rows[0]) == 4


def test_a_source_that_is_too_long_is_cut_too(tmp_path):
    run = make_run(tmp_path, "translations")
    long = "123456789"
    with pytest.warns(UserWarning, match=r"^the text is longer than the context, 8 tokens"):
        (found,) = translate(run.model, run.tokenizer, [long])
    assert [found] == translate(run.model, run.tokenizer, [long[:7]])
    with pytest.warns(UserWarning, match=r"^1 of 2 texts are longer"):
        translate(run.model, run.tokenizer, [long, "1"])
