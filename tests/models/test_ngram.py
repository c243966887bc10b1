from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyllm.errors import DataError, DtypeError, OptionError, ShapeError
from tinyllm.models.ngram import METHODS, NGramLM, count, discounts
from tinyllm.text.characters import CharTokenizer
from tinyllm.text.corpus import split
from tinyllm.text.datasets import find, load_text


def kneser_ney_by_hand(ids, order, vocabulary):
    """The definition, one n-gram at a time (Chen and Goodman 1999, section 3). Slow, readable."""
    grams = {
        n: Counter(tuple(ids[i : i + n]) for i in range(len(ids) - n + 1))
        for n in range(1, order + 1)
    }
    # Below the highest order: how many distinct tokens stand before the n-gram.
    counts = {n: Counter(longer[1:] for longer in grams[n + 1]) for n in range(1, order)}
    counts[order] = grams[order]

    def discount(n, c):
        n1, n2, n3, n4 = (sum(value == j for value in counts[n].values()) for j in (1, 2, 3, 4))
        found = None
        if n1 and n2 and n3:
            Y = n1 / (n1 + 2 * n2)
            found = (1 - 2 * Y * n2 / n1, 2 - 3 * Y * n3 / n2, 3 - 4 * Y * n4 / n3)
        if found is None or not all(0 < D <= j for j, D in enumerate(found, start=1)):
            found = (0.5, 1.0, 1.5)
        return 0.0 if c == 0 else found[min(c, 3) - 1]

    def probability(token, context):
        n = len(context) + 1
        below = probability(token, context[1:]) if context else 1 / vocabulary
        after = {gram[-1]: c for gram, c in counts[n].items() if gram[:-1] == context}
        total = sum(after.values())
        if total == 0:
            return below
        c = after.get(token, 0)
        given_away = sum(discount(n, c) for c in after.values())
        return (c - discount(n, c)) / total + given_away / total * below

    return probability


@st.composite
def corpora(draw, most_ids=120):
    """A few ids, some frequent, some rare, some of the vocabulary never seen."""
    order = draw(st.integers(1, 5))
    vocabulary = draw(st.integers(1, 7))
    rng = np.random.default_rng(draw(st.integers(0, 1 << 32)))
    size = draw(st.integers(order, most_ids))
    weights = rng.dirichlet(np.full(vocabulary, 0.5))
    return order, vocabulary, rng.choice(vocabulary, size, p=weights), rng


def models():
    return st.sampled_from([(method, {}) for method in METHODS] + [("add-k", {"k": 0.01})])


@given(corpora())
def test_kneser_ney_agrees_with_its_definition(corpus):
    order, vocabulary, ids, rng = corpus
    by_hand = kneser_ney_by_hand(ids.tolist(), order, vocabulary)
    model = NGramLM(order, vocabulary, "kneser-ney").fit(ids)
    for size in range(order + 2):
        context = rng.integers(0, vocabulary, size)
        used = tuple(context[max(0, size - order + 1) :].tolist())
        expected = [by_hand(token, used) for token in range(vocabulary)]
        np.testing.assert_allclose(model.probabilities(context), expected, rtol=1e-12, atol=0)


def test_the_definition_is_also_tried_where_the_discounts_are_usable():
    ids = np.random.default_rng(0).choice(
        12, 1500, p=1 / np.arange(1, 13) / (1 / np.arange(1, 13)).sum()
    )
    model = NGramLM(3, 12).fit(ids)
    assert (discounts(model.tables[2].counts)[1:] != [0.5, 1.0, 1.5]).all()
    by_hand = kneser_ney_by_hand(ids.tolist(), 3, 12)
    for context in ((0, 0), (3, 4), (11, 11)):
        expected = [by_hand(token, context) for token in range(12)]
        np.testing.assert_allclose(model.probabilities(context), expected, rtol=1e-12, atol=0)


@given(corpora(), st.sampled_from([1.0, 0.1, 1e-6, 1e6]))
def test_add_k_agrees_with_its_definition(corpus, k):
    order, vocabulary, ids, rng = corpus
    model = NGramLM(order, vocabulary, "add-k", k=k).fit(ids)
    context = rng.integers(0, vocabulary, order - 1)
    grams = [tuple(ids[i : i + order]) for i in range(len(ids) - order + 1)]
    after = Counter(gram[-1] for gram in grams if gram[:-1] == tuple(context))
    expected = [(after[w] + k) / (after.total() + k * vocabulary) for w in range(vocabulary)]
    np.testing.assert_allclose(model.probabilities(context), expected, rtol=1e-12)


@given(corpora())
def test_maximum_likelihood_is_the_share_and_backs_off_when_the_context_is_new(corpus):
    order, vocabulary, ids, rng = corpus
    context = tuple(rng.integers(0, vocabulary, order - 1))
    got = NGramLM(order, vocabulary, "maximum-likelihood").fit(ids).probabilities(context)
    while True:
        n = len(context) + 1
        grams = [tuple(ids[i : i + n]) for i in range(len(ids) - n + 1)]
        after = Counter(gram[-1] for gram in grams if gram[:-1] == context)
        if after:
            break
        context = context[1:]
    expected = [after[w] / after.total() for w in range(vocabulary)]
    np.testing.assert_allclose(got, expected, rtol=1e-12)


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


@pytest.mark.parametrize("method", ["add-k", "kneser-ney"])
def test_what_was_never_seen_has_a_finite_loss(method):
    model = NGramLM(3, 10, method).fit([0, 1, 2, 3] * 5)
    assert np.isfinite(model.log_prob([9, 8, 7, 0, 1, 9])).all()


def test_maximum_likelihood_says_never():
    model = NGramLM(2, 3, "maximum-likelihood").fit([0, 1, 0, 1])
    assert model.log_prob([1, 1], context_before=[0]).tolist() == [0.0, -np.inf]
    assert model.loss([2]) == np.inf
    assert model.perplexity([2]) == np.inf


@pytest.mark.parametrize(("order", "vocabulary"), [(7, 50_000), (6, 2), (3, 2**31)])
def test_counts_are_those_of_a_dictionary_at_any_size(order, vocabulary):
    ids = np.random.default_rng(0).zipf(1.3, 5000) % vocabulary  # 50,000**7 is far past int64
    for n, table in enumerate(count(ids, order, vocabulary), start=1):
        expected = Counter(tuple(ids[i : i + n].tolist()) for i in range(len(ids) - n + 1))
        assert sorted(table.counts) == sorted(expected.values())
        assert (np.diff(table.keys) > 0).all()
    model = NGramLM(order, vocabulary if vocabulary < 10**6 else 10**6, "add-k").fit(ids % 10**6)
    assert abs(model.probabilities(ids[-order:] % 10**6).sum() - 1) < 1e-12


@given(st.lists(st.integers(0, 6)))
def test_discounts_take_no_more_than_there_is(counts):
    found = discounts(np.array(counts, dtype=int))
    assert found.shape == (4,)
    assert found[0] == 0
    assert ((found[1:] > 0) & (found[1:] <= [1, 2, 3])).all()


@pytest.mark.parametrize(
    "counts",
    [
        [],
        [1, 1, 1],
        [1, 2],
        [2, 3, 4],
        [1, 2, 3, 3, 3, 3],
        [1, 1, 2, 2, 3, 4, 4, 4],
        [1, 1, 2, 2, 3, 3, 3, 3],
    ],
)
def test_where_discounts_are_not_usable_all_three_are_replaced(counts):
    assert discounts(np.array(counts, dtype=int)).tolist() == [0.0, 0.5, 1.0, 1.5]


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
        ((2, 5, "kneser-ney"), {"k": 0.1}, "only method='add-k' takes k"),
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


def test_too_short_a_text_is_refused():
    with pytest.raises(DataError, match=r"fit: needs at least order = 3 ids; got 2\. Hint"):
        NGramLM(3, 5).fit([0, 1])
    with pytest.raises(DataError, match="loss: needs at least one id; got none"):
        NGramLM(1, 5).fit([0, 1]).loss([])
