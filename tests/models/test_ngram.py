import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.models.corpora import corpora, draw_weights, models
from tinyllm.errors import DataError, DtypeError, OptionError, ShapeError
from tinyllm.models.ngram import NGramLM
from tinyllm.models.smoothing import METHODS
from tinyllm.text.characters import CharTokenizer
from tinyllm.text.corpus import split
from tinyllm.text.datasets import find, load_text


@given(corpora(), models(), st.integers(0, 7))
def test_probabilities_sum_to_one(corpus, kind, size):
    order, vocabulary, ids, rng = corpus
    method, options = kind
    model = NGramLM(order, vocabulary, method, **options).fit(ids)
    probabilities = model.probabilities(rng.integers(0, vocabulary, size))
    assert probabilities.shape == (vocabulary,)
    assert abs(probabilities.sum() - 1) < 1e-12
    assert (probabilities >= 0).all()
    if method != "maximum-likelihood":
        assert (probabilities > 0).all()


@given(corpora(), models(), st.integers(0, 6), st.integers(0, 12))
def test_scoring_a_text_is_asking_for_each_token(corpus, kind, before, size):
    order, vocabulary, ids, rng = corpus
    method, options = kind
    model = NGramLM(order, vocabulary, method, **options).fit(ids)
    stream = rng.integers(0, vocabulary, before + size)
    got = model.log_prob(stream[before:], context_before=stream[:before])
    assert got.shape == (size,)
    with np.errstate(divide="ignore"):
        expected = [
            np.log(model.probabilities(stream[:i])[stream[i]]) for i in range(before, before + size)
        ]
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-14)
    if size:
        assert model.loss(stream[before:], stream[:before]) == -got.mean()
        assert model.perplexity(stream[before:], stream[:before]) == np.exp(-got.mean())


@given(corpora(), models())
def test_names_of_the_tokens_do_not_matter(corpus, kind):
    order, vocabulary, ids, rng = corpus
    method, options = kind
    renamed = rng.permutation(vocabulary)
    text = rng.choice(ids, 20)
    loss = NGramLM(order, vocabulary, method, **options).fit(ids).loss(text)
    again = NGramLM(order, vocabulary, method, **options).fit(renamed[ids]).loss(renamed[text])
    np.testing.assert_allclose(again, loss, rtol=1e-12)


SMOOTHED = [method for method in METHODS if method != "maximum-likelihood"]


@pytest.mark.parametrize("method", SMOOTHED)
@pytest.mark.parametrize("times", [5, 500])
def test_what_was_never_seen_has_a_finite_loss(method, times):
    model = NGramLM(3, 10, method).fit([0, 1, 2, 3] * times)
    assert np.isfinite(model.log_prob([9, 8, 7, 0, 1, 9])).all()
    for context in ([], [9], [9, 8], [0, 1], [1, 0], [0, 9]):
        assert (model.probabilities(context) > 0).all()


@given(corpora())
def test_interpolation_takes_weights_or_finds_them(corpus):
    order, vocabulary, ids, rng = corpus
    given = draw_weights(order, rng)
    model = NGramLM(order, vocabulary, "interpolation", weights=given.tolist()).fit(ids)
    np.testing.assert_array_equal(model.weights, given)
    assert abs(model.probabilities(ids).sum() - 1) < 1e-12
    held_out = rng.integers(0, vocabulary, 30)
    finds = NGramLM(order, vocabulary, "interpolation")
    first, second = finds.fit(ids, held_out).weights, finds.fit(ids).weights
    assert finds.given_weights is None  # each `fit` finds them anew
    again = NGramLM(order, vocabulary, "interpolation").fit(ids, held_out=held_out)
    np.testing.assert_array_equal(again.weights, first)
    cut = ids.size * 9 // 10  # by default the last tenth is held out, and counted afterwards
    by_hand = NGramLM(order, vocabulary, "interpolation").fit(ids[:cut], held_out=ids[cut:])
    np.testing.assert_array_equal(by_hand.weights, second)
    assert [t.counts.sum() for t in finds.tables] == [ids.size - n for n in range(order)]


def test_a_fit_that_fails_leaves_the_model_as_it_was():
    model = NGramLM(2, 3, "interpolation").fit([0, 1, 2] * 5)
    before = model.probabilities([0])
    with pytest.raises(DataError):
        model.fit([0, 1, 0, 1], held_out=[7])
    np.testing.assert_array_equal(model.probabilities([0]), before)


def test_stupid_backoff_by_hand():
    """After 0 stood 1 and 2. 0 did not, but stands elsewhere; 3 never does."""
    model = NGramLM(2, 4, "stupid-backoff").fit([0, 1, 0, 1, 0, 2])
    scores = np.array([0.4 * 3 / 6, 2 / 3, 1 / 3, 0.4 * 0.4 / 4])
    np.testing.assert_allclose(model.probabilities([0]), scores / scores.sum(), rtol=1e-12)


def test_maximum_likelihood_says_never():
    model = NGramLM(2, 3, "maximum-likelihood").fit([0, 1, 0, 1])
    assert model.log_prob([1, 1], context_before=[0]).tolist() == [0.0, -np.inf]
    assert model.loss([2]) == np.inf
    assert model.perplexity([2]) == np.inf


# Known figures on real data


def text_of(name):
    try:
        find(name)
    except DataError as absent:
        pytest.skip(str(absent))
    return load_text(name)[0]


@pytest.fixture(scope="module")
def shakespeare():
    text = text_of("tinyshakespeare")
    tokenizer = CharTokenizer.train(text)
    train, validation = split(tokenizer.encode(text), train_share=0.9)
    return len(tokenizer), train, validation


@pytest.mark.parametrize(
    ("method", "options", "order", "nats"),
    [
        ("add-k", {"k": 0.1}, 2, 2.484),
        ("add-k", {"k": 0.1}, 3, 2.046),
        ("add-k", {"k": 0.1}, 4, 1.784),
        ("add-k", {"k": 0.1}, 5, 1.788),
        ("kneser-ney", {}, 2, 2.4835),
        ("kneser-ney", {}, 3, 2.0381),
        ("kneser-ney", {}, 4, 1.7190),
        ("kneser-ney", {}, 5, 1.5611),
    ],
)
def test_figures_on_tinyshakespeare(shakespeare, method, options, order, nats):
    """The first tokens of the validation part have the end of the training part before them."""
    vocabulary, train, validation = shakespeare
    model = NGramLM(order, vocabulary, method, **options).fit(train)
    digits = 3 if method == "add-k" else 4
    assert round(model.loss(validation, context_before=train), digits) == nats
    assert abs(model.probabilities(validation).sum() - 1) < 1e-12


PAGE = Path(__file__).parents[2] / "docs" / "models" / "ngram.md"
ROW = re.compile(
    r"^\| (?P<method>[\w-]+)(?: \((?P<k>[\d.]+)\))? \|(?P<nats>(?: \d\.\d{4} \|){6})$", re.M
)


ROWS = [*ROW.finditer(PAGE.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["method"])
def test_the_table_of_the_page_is_what_is_measured(shakespeare, row):
    vocabulary, train, validation = shakespeare
    options = {"k": float(row["k"])} if row["k"] else {}
    found = [
        NGramLM(order, vocabulary, row["method"], **options)
        .fit(train)
        .loss(validation, context_before=train)
        for order in range(2, 8)
    ]
    assert [f"{nats:.4f}" for nats in found] == row["nats"].strip(" |").split(" | ")


def test_every_smoothed_method_has_a_row_on_the_page():
    assert sorted(row["method"] for row in ROWS) == sorted(SMOOTHED)


def test_figure_of_bigrams_on_names():
    """Karpathy's makemore: 2.4540 nats, counted over all names, scored on all names."""
    text = "." + text_of("names").replace("\n", ".") + "."
    tokenizer = CharTokenizer.train(text)
    ids = tokenizer.encode(text)
    model = NGramLM(2, len(tokenizer), "maximum-likelihood").fit(ids)
    assert round(model.loss(ids[1:], context_before=ids[:1]), 4) == 2.4540


# Refusals


@pytest.mark.parametrize(
    ("arguments", "options", "says"),
    [
        ((0, 5), {}, "order must be an integer >= 1; got 0"),
        ((2.0, 5), {}, "order must be an integer >= 1; got 2.0"),
        ((2, 0), {}, "vocabulary must be an integer >= 1; got 0"),
        ((2, ["a", "b"]), {}, "vocabulary must be an integer >= 1"),
        ((2, 5, "katz"), {}, "method must be one of .*kneser-ney.*; got 'katz'"),
        (
            (2, 5, "kneser-ney"),
            {"k": 0.1},
            "only method='add-k' takes k; got k=0.1 for 'kneser-ney'",
        ),
        ((2, 5, "add-k"), {"weights": [1]}, "only method='interpolation' takes weights"),
        ((2, 5, "add-k"), {"k": "much"}, "k must be a finite number above 0; got 'much'"),
        ((2, 5, "add-k"), {"k": 0.0}, "k must be a finite number above 0; got 0.0"),
        ((2, 5, "add-k"), {"k": float("nan")}, "k must be a finite number above 0; got nan"),
        ((2, 5, "add-k"), {"k": float("inf")}, "k must be a finite number above 0; got inf"),
    ],
)
def test_bad_options_are_refused(arguments, options, says):
    with pytest.raises(OptionError, match=f"^NGramLM: {says}"):
        NGramLM(*arguments, **options)


@pytest.mark.parametrize("operation", ["probabilities", "log_prob", "loss", "perplexity"])
def test_nothing_can_be_asked_before_fit(operation):
    with pytest.raises(DataError, match=r"nothing is counted yet. Hint: call fit\(ids\)"):
        getattr(NGramLM(2, 5), operation)([0, 1])


@pytest.mark.parametrize("operation", ["fit", "probabilities", "log_prob", "loss"])
def test_bad_ids_are_refused(operation):
    ask = getattr(NGramLM(2, 5).fit([0, 1, 2]), operation)
    with pytest.raises(DataError, match=r"ids must lie in 0\.\.4; got 5 at position 1"):
        ask([0, 5])
    with pytest.raises(DataError, match=r"ids must lie in 0\.\.4; got -1 at position 0"):
        ask([-1, 0])
    with pytest.raises(DtypeError, match="ids must be integers; got float64"):
        ask([0.0, 1.0])
    with pytest.raises(ShapeError, match=r"takes one row of ids; got ids=\(1, 2\)"):
        ask([[0, 1]])


@pytest.mark.parametrize(
    "weights", [[0.5, 0.5], [0.0, 0.5, 0.5], [0.5, 0.6, -0.1], [0.5, 0.5, 0.5], "abc", [[1], 2, 3]]
)
def test_weights_that_are_no_mean_are_refused(weights):
    with pytest.raises(OptionError, match=r"weights must be order \+ 1 = 3 numbers .* got .*Hint"):
        NGramLM(2, 5, "interpolation", weights=weights)


def test_held_out_text_where_nothing_is_fitted_to_it_is_refused():
    for model in (NGramLM(1, 2), NGramLM(1, 2, "interpolation", weights=[0.5, 0.5])):
        with pytest.raises(OptionError, match="fit: only method='interpolation' without weights"):
            model.fit([0, 1], held_out=[0, 1])
    with pytest.raises(DataError, match="fit: held_out needs at least one id; got none"):
        NGramLM(1, 2, "interpolation").fit([0, 1], held_out=[])


def test_too_short_a_text_is_refused():
    with pytest.raises(DataError, match=r"needs order = 3 ids beside the last tenth.*; got 3 ids"):
        NGramLM(3, 5, "interpolation").fit([0, 1, 2])
    with pytest.raises(DataError, match=r"fit: needs at least order = 3 ids; got 2\. Hint"):
        NGramLM(3, 5).fit([0, 1])
    with pytest.raises(DataError, match="loss: needs at least one id; got none"):
        NGramLM(1, 5).fit([0, 1]).loss([])
