"""The exercise sample: a token for each row, drawn as often as it is likely.

Two right solutions draw different tokens. So what is compared is how often each token comes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.types import FLOAT, Array

Random = np.random.Generator
DRAWS, REPEATS = 600, 40  # of each row
SURE = 0.7
SIGMAS = 6  # so far chance does not go: once in 500 million tokens


def use(sample: Callable[..., Any], logits: Array, seed: int) -> dict[str, Any]:
    """Draw from each row many times; shares that chance allows are told as what they should be."""
    rows = np.repeat(logits, DRAWS, axis=0)
    tokens = np.asarray(sample(rows, np.random.default_rng(seed)))
    if tokens.shape != (len(rows),) or tokens.dtype.kind not in "iu":
        return {"shape": tokens.shape, "dtype": str(tokens.dtype)}
    if tokens.min() < 0 or tokens.max() >= logits.shape[1]:
        strange = tokens.max() if tokens.max() >= logits.shape[1] else tokens.min()
        return {"an id that is not in the vocabulary": int(strange)}
    hits = tokens.reshape(len(logits), DRAWS, 1) == np.arange(logits.shape[1])
    share, wanted = hits.mean(axis=1), shares(logits.astype(np.float64))
    sigma = np.sqrt(wanted * (1 - wanted) / DRAWS) + np.where(wanted > 0, 1 / DRAWS, 0.0)
    near = (abs(share - wanted) <= SIGMAS * sigma).all(axis=-1, keepdims=True)
    return {
        "shape": tokens.shape,
        "share of each token": np.where(near, wanted, share.round(1)),
        "tokens follow rng": follows(sample, logits, seed),
        "logits as they were": np.array_equal(rows, np.repeat(logits, DRAWS, axis=0)),
    }


def follows(sample: Callable[..., Any], logits: Array, seed: int) -> bool:
    """Whether a seed draws the same again, and another one something else."""
    one, again, other = (
        sample(np.repeat(logits, REPEATS, axis=0), np.random.default_rng(number))
        for number in (seed, seed, seed + 100)
    )
    certain = bool((shares(logits).max(axis=-1) > SURE).all())  # then no seed changes anything
    return np.array_equal(one, again) and (certain or not np.array_equal(one, other))


def cases() -> Any:
    from tinyllm.course.draws import arrays, nice, shapes, st  # noqa: PLC0415

    scores = nice(2) | st.just(1000.0) | st.just(-np.inf)
    logits = arrays(shapes((1, 2), (1, 3)), scores)
    some = logits.filter(lambda x: bool((x.max(axis=-1) > -np.inf).all()))
    return st.tuples(some, st.integers(0, 3))


def probes() -> list[Arguments]:
    return [
        (np.array([[1.2, 0.0, 0.0], [0.0, -0.5, 2.0]], FLOAT), 1),
        (np.array([[1.0, -np.inf, 1.0]], FLOAT), 2),
        (np.array([[1000.0, 999.0]], FLOAT), 3),
        (np.array([[0.0, 0.0]], FLOAT), 4),
        (np.array([[0.0, 0.0, -np.inf]], FLOAT), 5),
    ]


def shares(logits: Array) -> Array:
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def on_the_line(weights: Array, points: Array) -> Array:
    """Count the tokens that end before a point."""
    return (np.cumsum(weights, axis=-1) <= points).sum(axis=-1)


def the_best_always(logits: Array, rng: Random) -> Array:
    return logits.argmax(axis=-1)


def all_equally_likely(logits: Array, rng: Random) -> Array:
    return rng.integers(logits.shape[-1], size=len(logits))


def one_point_for_all_rows(logits: Array, rng: Random) -> Array:
    return on_the_line(shares(logits.astype(np.float64)), np.array(rng.random()))


def best_of_shares_times_chance(logits: Array, rng: Random) -> Array:
    return (shares(logits) * rng.random(logits.shape)).argmax(axis=-1)


def one_token_too_late(logits: Array, rng: Random) -> Array:
    token = on_the_line(shares(logits.astype(np.float64)), rng.random((len(logits), 1)))
    return np.minimum(token + 1, logits.shape[-1] - 1)


def ids_from_one(logits: Array, rng: Random) -> Array:
    return on_the_line(shares(logits.astype(np.float64)), rng.random((len(logits), 1))) + 1


def counts_the_rooms_behind(logits: Array, rng: Random) -> Array:
    ends = np.cumsum(shares(logits.astype(np.float64)), axis=-1)
    return (ends > rng.random((len(logits), 1))).sum(axis=-1)


def not_divided_by_the_sum(logits: Array, rng: Random) -> Array:
    weights = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    return on_the_line(weights, rng.random((len(logits), 1)))


def no_maximum(logits: Array, rng: Random) -> Array:
    weights = np.exp(logits)
    return on_the_line(weights / weights.sum(axis=-1, keepdims=True), rng.random((len(logits), 1)))


def own_chance(logits: Array, rng: Random) -> Array:
    points = np.random.default_rng().random((len(logits), 1))
    weights = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    return on_the_line(weights, points * weights.sum(axis=-1, keepdims=True))


def keeps_the_axis(logits: Array, rng: Random) -> Array:
    points = rng.random((len(logits), 1))
    before = np.cumsum(shares(logits.astype(np.float64)), axis=-1) <= points
    return before.sum(axis=-1, keepdims=True)


def writes_into_input(logits: Array, rng: Random) -> Array:
    logits -= logits.max(axis=-1, keepdims=True)
    return on_the_line(shares(logits.astype(np.float64)), rng.random((len(logits), 1)))


def points_without_an_axis(logits: Array, rng: Random) -> Array:
    return on_the_line(shares(logits.astype(np.float64)), rng.random(len(logits)))


def row_by_row(logits: Array, rng: Random) -> Array:
    share = shares(logits.astype(np.float64))
    return np.array([rng.choice(row.size, p=row) for row in share])


def with_gumbel_noise(logits: Array, rng: Random) -> Array:
    return (logits + rng.gumbel(size=logits.shape)).argmax(axis=-1)


def with_searchsorted(logits: Array, rng: Random) -> Array:
    ends = np.cumsum(shares(logits.astype(np.float64)), axis=-1)
    points = rng.random(len(logits)) * ends[:, -1]
    found = [np.searchsorted(*pair, side="right") for pair in zip(ends, points, strict=True)]
    return np.array(found)


SAMPLE = Exercise(
    name="sample",
    target="tinyllm.decoding.sampling:sample",
    use=use,
    imports="import numpy as np\n\nfrom tinyllm.types import Array",
    cases=cases,
    probes=probes,
    mistakes=(
        the_best_always,
        all_equally_likely,
        one_point_for_all_rows,
        best_of_shares_times_chance,
        one_token_too_late,
        not_divided_by_the_sum,
        no_maximum,
        own_chance,
        keeps_the_axis,
        writes_into_input,
        points_without_an_axis,
        ids_from_one,
        counts_the_rooms_behind,
    ),
    others=(row_by_row, with_gumbel_noise, with_searchsorted),
    points=2,
)
