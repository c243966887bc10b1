"""Exercise: inputs and targets of a decoder-only model that is to learn answers, not prompts."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.types import Array


def batch(rows: list[tuple[int, int]], padding: int = 0, last: int | None = None) -> Arguments:
    """Build rows of a prompt of some tokens and an answer of some: ids are 11, 12, ...; 21, ...

    padding:  the id that fills up
    last:     the id of each row's last token; None: as the others
    """
    T = max(2, *(prompt + answer for prompt, answer in rows))
    ids, mask = np.full((len(rows), T), padding), np.zeros((len(rows), T), bool)
    for r, (prompt, answer) in enumerate(rows):
        length = prompt + answer
        ids[r, :length] = 10 * (r + 1) + 1 + np.arange(length)
        if last is not None:
            ids[r, length - 1] = last
        mask[r, :length] = True
    return ids, np.array([prompt for prompt, _ in rows]), mask


def cases() -> Any:
    from tinyllm.course.draws import st  # noqa: PLC0415

    row = st.tuples(st.integers(1, 3), st.integers(1, 3))
    rows = st.lists(row, min_size=1, max_size=2)
    return st.builds(batch, rows, st.sampled_from([0, 2]), st.sampled_from([None, 0]))


def probes() -> list[Arguments]:
    return [
        batch([(2, 3), (3, 1)]),
        batch([(1, 1), (1, 3), (2, 1)]),
        batch([(2, 2), (1, 1)], padding=2, last=0),
    ]


def targets_of(ids: Array, counts: Array) -> Array:
    """Keep those of ids (B, T) that count; from the second one on."""
    return np.where(counts, ids, -100)[:, 1:]


def without_the_first_of_the_answer(ids: Array, prompts: Array, mask: Array) -> tuple[Array, Array]:
    counts = (np.arange(ids.shape[1]) > prompts[:, None]) & mask
    return ids[:, :-1], targets_of(ids, counts)


def with_the_last_of_the_prompt(ids: Array, prompts: Array, mask: Array) -> tuple[Array, Array]:
    counts = (np.arange(ids.shape[1]) >= prompts[:, None] - 1) & mask
    return ids[:, :-1], targets_of(ids, counts)


def prompts_count(ids: Array, prompts: Array, mask: Array) -> tuple[Array, Array]:
    return ids[:, :-1], targets_of(ids, mask)


def answers_do_not_count(ids: Array, prompts: Array, mask: Array) -> tuple[Array, Array]:
    return ids[:, :-1], targets_of(ids, np.arange(ids.shape[1]) < prompts[:, None])


def padding_counts(ids: Array, prompts: Array, mask: Array) -> tuple[Array, Array]:
    return ids[:, :-1], targets_of(ids, np.arange(ids.shape[1]) >= prompts[:, None])


def padding_by_its_id(ids: Array, prompts: Array, mask: Array) -> tuple[Array, Array]:
    counts = (np.arange(ids.shape[1]) >= prompts[:, None]) & (ids != 0)
    return ids[:, :-1], targets_of(ids, counts)


def not_shifted(ids: Array, prompts: Array, mask: Array) -> tuple[Array, Array]:
    counts = (np.arange(ids.shape[1]) >= prompts[:, None]) & mask
    return ids[:, :-1], np.where(counts, ids, -100)[:, :-1]


def as_long_as_the_ids(ids: Array, prompts: Array, mask: Array) -> tuple[Array, Array]:
    counts = (np.arange(ids.shape[1]) >= prompts[:, None]) & mask
    return ids, np.where(counts, ids, -100)


def padding_id_for_no_target(ids: Array, prompts: Array, mask: Array) -> tuple[Array, Array]:
    counts = (np.arange(ids.shape[1]) >= prompts[:, None]) & mask
    return ids[:, :-1], np.where(counts, ids, 0)[:, 1:]


def one_prompt_for_all(ids: Array, prompts: Array, mask: Array) -> tuple[Array, Array]:
    counts = (np.arange(ids.shape[1]) >= prompts[0]) & mask
    return ids[:, :-1], targets_of(ids, counts)


def hides_the_prompt_from_the_model(ids: Array, prompts: Array, mask: Array) -> tuple[Array, Array]:
    kept = np.where((np.arange(ids.shape[1]) >= prompts[:, None]) & mask, ids, -100)
    return kept[:, :-1], kept[:, 1:]


def writes_into_what_was_given(ids: Array, prompts: Array, mask: Array) -> tuple[Array, Array]:
    inputs = ids[:, :-1].copy()
    ids[(np.arange(ids.shape[1]) < prompts[:, None]) | ~mask] = -100
    return inputs, ids[:, 1:]


def row_by_row(ids: Array, prompts: Array, mask: Array) -> tuple[Array, Array]:
    targets = ids[:, 1:].copy()
    for row, prompt, real in zip(targets, prompts, mask, strict=True):
        row[: prompt - 1] = -100
        row[~real[1:]] = -100
    return ids[:, :-1].copy(), targets


def by_the_places_of_targets(ids: Array, prompts: Array, mask: Array) -> tuple[Array, Array]:
    places = np.arange(1, ids.shape[1])
    no_target = (places[None, :] < prompts[:, None]) | ~mask[:, 1:]
    return ids[:, :-1], np.where(no_target, -100, ids[:, 1:])


PROMPT_LOSS_MASK = Exercise(
    name="prompt-loss-mask",
    target="tinyllm.text.batches:answer_targets",
    cases=cases,
    probes=probes,
    mistakes=(
        without_the_first_of_the_answer,
        with_the_last_of_the_prompt,
        prompts_count,
        answers_do_not_count,
        padding_counts,
        padding_by_its_id,
        not_shifted,
        as_long_as_the_ids,
        padding_id_for_no_target,
        one_prompt_for_all,
        hides_the_prompt_from_the_model,
        writes_into_what_was_given,
    ),
    others=(row_by_row, by_the_places_of_targets),
)
