import math
import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyllm.errors import DataError, MissingPackageError, OptionError
from tinyllm.evaluation import corpus_bleu, rouge

sentence = st.lists(st.sampled_from(["a", "b", "c", ",", "."]), min_size=1, max_size=12)
corpus = st.lists(st.tuples(sentence, sentence), min_size=1, max_size=5)
words = st.lists(st.sampled_from(["ab", "cd", "e"]), min_size=1, max_size=9)


def grams(tokens, n):
    return Counter(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1))


def bleu_by_definition(pairs):
    """Papineni's formula, counts added up over the corpus; None where a share is 0."""
    logarithms = 0.0
    for n in range(1, 5):
        found = sum((grams(h, n) & grams(r, n)).total() for h, r in pairs)
        total = sum(grams(h, n).total() for h, _ in pairs)
        if not found:
            return None  # sacrebleu smooths there
        logarithms += math.log(found / total) / 4
    c, r = (sum(len(pair[side]) for pair in pairs) for side in (0, 1))
    return 100 * min(1.0, math.exp(1 - r / c)) * math.exp(logarithms)


def longest_common(one, other):
    if not one or not other:
        return 0
    if one[-1] == other[-1]:
        return 1 + longest_common(one[:-1], other[:-1])
    return max(longest_common(one[:-1], other), longest_common(one, other[:-1]))


def f1(matches, of_one, of_other):
    return 2 * matches / (of_one + of_other) if matches else 0.0


@given(corpus)
def test_bleu_is_papineni_s_formula(pairs):
    expected = bleu_by_definition(pairs)
    found = corpus_bleu([" ".join(h) for h, _ in pairs], [" ".join(r) for _, r in pairs])
    assert 0 <= found <= 100 + 1e-9
    if expected is not None:
        assert math.isclose(found, expected, rel_tol=1e-9)


def test_tokens_with_blanks_between_stay_as_they_are():
    """With "13a" the marks would be split once more: another figure."""
    hypothesis, reference = "two-year-old dogs , $5,00 !", "two-year-old dogs , $5,00 ."
    plain, again = (corpus_bleu([hypothesis], [reference], t) for t in ("none", "13a"))
    assert round(plain, 2) == round(100 * (4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** 0.25, 2)
    assert plain != again
    assert corpus_bleu(["Zwei ."], ["zwei ."]) < 100


def test_a_warning_about_tokens_is_not_given(caplog):
    corpus_bleu(["a b c d ."] * 200, ["a b c d ."] * 200)
    assert not caplog.records


@given(st.lists(st.tuples(words, words), min_size=1, max_size=3))
def test_rouge_is_lin_s_formula(pairs):
    expected = {"rouge1": 0.0, "rouge2": 0.0, "rougeL": 0.0}
    for one, other in pairs:
        for n in (1, 2):
            a, b = grams(one, n), grams(other, n)
            expected[f"rouge{n}"] += f1((a & b).total(), a.total(), b.total()) / len(pairs)
        matches = longest_common(one, other)
        expected["rougeL"] += f1(matches, len(one), len(other)) / len(pairs)
    found = rouge([" ".join(one) for one, _ in pairs], [" ".join(other) for _, other in pairs])
    assert found.keys() == expected.keys()
    for name, value in found.items():
        assert math.isclose(value, expected[name], abs_tol=1e-12)


@pytest.mark.parametrize("figure", [corpus_bleu, rouge])
def test_texts_without_references_are_refused(figure):
    with pytest.raises(DataError, match="got 2 texts and 1 references"):
        figure(["a", "b"], ["a"])
    with pytest.raises(DataError, match="got 0 texts and 0 references"):
        figure([], [])
    with pytest.raises(DataError, match="takes lists of texts; got one str"):
        figure("a", ["a"])


def test_unknown_tokens_are_refused():
    with pytest.raises(OptionError, match=r"tokenize must be one of .*'13a'.*; got 'moses'\."):
        corpus_bleu(["a"], ["a"], tokenize="moses")


@pytest.mark.parametrize(
    ("figure", "package"), [(corpus_bleu, "sacrebleu"), (rouge, "rouge-score")]
)
def test_a_missing_package_is_one_line_with_the_command(monkeypatch, figure, package):
    for module in ("sacrebleu.metrics", "rouge_score.rouge_scorer"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingPackageError) as caught:
        figure(["a"], ["a"])
    message = str(caught.value)
    assert package in message
    assert "pip install 'tinyllm-edu[evaluation]'" in message
    assert len(message.splitlines()) == 1
    assert isinstance(caught.value, ImportError)


def test_neither_is_imported_before_it_is_needed():
    code = (
        "import sys, tinyllm.evaluation; print({'sacrebleu', 'rouge_score'} & sys.modules.keys())"
    )
    line = [sys.executable, "-c", code]
    result = subprocess.run(line, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"
