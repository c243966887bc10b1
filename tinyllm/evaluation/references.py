"""How close texts are to those that people wrote: BLEU for translations, ROUGE for summaries.

Both figures hang on details that papers leave out, so libraries compute them whose figures others
report: sacrebleu and rouge-score. Install them by `pip install 'tinyllm-edu[evaluation]'`.
Who calls it: what trains and compares translators.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from tinyllm.errors import DataError, MissingPackageError, OptionError

ROUGE = ("rouge1", "rouge2", "rougeL")


def corpus_bleu(
    hypotheses: Sequence[str], references: Sequence[str], tokenize: str = "none"
) -> float:
    """BLEU of all translations together, each with one reference.

    Counts are added up over all sentences first. The mean of sentences' BLEU would be another
    number.

    Forward:   100 BP (p1 p2 p3 p4)^(1/4),  BP = min(1, exp(1 - r / c))
               p_n: share of the hypotheses' n-grams that are in their reference, each n-gram as
               often at most as it stands there;  r, c: words of all references, all hypotheses
    Units:     0 to 100
    tokenize:  "none" for texts that are tokens with blanks between, as multi30k's; "13a" (that of
               WMT) for plain text. Figures with different tokens cannot be compared. Case counts.
    Raises:    DataError if the two differ in number, or there is none; MissingPackageError
    Source:    Papineni et al. 2002, "BLEU", section 2.3; Post 2018, "A call for clarity in
               reporting BLEU scores". sacrebleu's signature:
               nrefs:1|case:mixed|eff:no|tok:none|smooth:exp

    Of 6 words 5 are right, of 5 pairs 3, of 4 triples 2, of 3 fours 1; both have 6 words, BP is 1.

    >>> hypothesis, reference = "the cat sat on a mat", "the cat sat on the mat"
    >>> round(corpus_bleu([hypothesis], [reference]), 4)
    53.7285
    >>> round(100 * (5 / 6 * 3 / 5 * 2 / 4 * 1 / 3) ** (1 / 4), 4)
    53.7285
    """
    check_pairs("corpus_bleu", hypotheses, references)
    metrics = imported("sacrebleu.metrics")
    try:
        # force: do not warn that texts look tokenized, since they are
        bleu = metrics.BLEU(tokenize=tokenize, force=True)
    except (AssertionError, ValueError, KeyError) as error:
        known = ", ".join(map(repr, metrics.BLEU.TOKENIZERS))
        raise OptionError(
            f"corpus_bleu: tokenize must be one of {known}; got {tokenize!r}."
        ) from error
    return float(bleu.corpus_score(list(hypotheses), [list(references)]).score)


def rouge(hypotheses: Sequence[str], references: Sequence[str]) -> dict[str, float]:
    """Mean F1 of ROUGE-1, ROUGE-2 and ROUGE-L over all pairs of a text and its reference.

    Forward:   F1 = 2 P R / (P + R),  P = matches / of the hypothesis,  R = matches / of the
               reference; matches and totals are words, pairs of words, or for L the longest common
               subsequence. No stemming.
    Units:     shares, 0 to 1; papers give them times 100
    Raises:    as corpus_bleu
    Source:    Lin 2004, "ROUGE: a package for automatic evaluation of summaries"

    Words are runs of a to z and 0 to 9 in lower case: rouge-score knows no other letters. For
    German, say, its figures mean little.

    Here 5 of 6 words, 3 of 5 pairs, and a common subsequence of 5 words match.

    >>> found = rouge(["the cat sat on a mat"], ["the cat sat on the mat"])
    >>> {name: round(value, 4) for name, value in found.items()}
    {'rouge1': 0.8333, 'rouge2': 0.6, 'rougeL': 0.8333}
    """
    check_pairs("rouge", hypotheses, references)
    scorer = imported("rouge_score.rouge_scorer").RougeScorer(list(ROUGE))
    pairs = zip(hypotheses, references, strict=True)
    scores = [scorer.score(target=reference, prediction=text) for text, reference in pairs]
    return {name: sum(s[name].fmeasure for s in scores) / len(scores) for name in ROUGE}


def check_pairs(operation: str, hypotheses: Sequence[str], references: Sequence[str]) -> None:
    """Refuse what are no texts, each with a reference."""
    if isinstance(hypotheses, str) or isinstance(references, str):
        raise DataError(f"{operation}: takes lists of texts; got one str. Hint: [text]?")
    if len(hypotheses) != len(references) or not len(hypotheses):
        raise DataError(
            f"{operation}: takes at least one text, and a reference for each; got "
            f"{len(hypotheses)} texts and {len(references)} references."
        )


def imported(module: str) -> Any:
    """Import what only some need.

    Raises:    MissingPackageError with the command that installs it
    """
    try:
        return import_module(module)
    except ImportError as error:
        package = module.partition(".")[0].replace("_", "-")
        raise MissingPackageError(
            f"this figure is computed by {package}, which is not installed. "
            "Hint: pip install 'tinyllm-edu[evaluation]'"
        ) from error
