"""Exercise: hide tokens for an encoder to guess, as BERT does; the chance is drawn already."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.types import Array

V, MASK = 8, 1  # ids 0 and 1 are special


def cases() -> Any:
    from tinyllm.course.draws import arrays, ids, shapes, st  # noqa: PLC0415

    special = np.arange(V) <= MASK

    def of_shape(shape: tuple[int, int]) -> Any:
        # well between the limits, for all shares
        some = st.sampled_from([0.95, 0.1, 0.42, 0.47, 0.21, 0.24, 0.85])
        draws = arrays(shape, some, np.float64)
        random_tokens = ids(shape, 3).map(lambda i: i + 5)  # none of those that are there
        share = st.sampled_from([0.5, 0.25, 1.0])
        return st.tuples(
            ids(shape, 5), draws, random_tokens, st.just(special), st.just(MASK), share
        )

    return shapes((1, 2), (1, 4)).flatmap(of_shape)


def probes() -> list[Arguments]:
    special = np.arange(V) <= MASK
    ids = np.array([[5, 6, 7, 4, 0], [2, 3, 4, 1, 5]])
    draws = np.array([[0.1, 0.42, 0.47, 0.95, 0.1], [0.21, 0.24, 0.05, 0.42, 0.85]])
    random_tokens = np.array([[2, 3, 4, 5, 6], [7, 6, 5, 4, 3]])
    return [(ids, draws, random_tokens, special, MASK, share) for share in (0.5, 0.25, 1.0)]


def split(
    ids: Array, draws: Array, random_tokens: Array, is_special: Array, mask: int, share: float
) -> tuple[Array, Array, Array, Array]:
    """Which are chosen, masked, replaced; and the inputs: for those who get one part wrong."""
    chosen = (draws < share) & ~is_special[ids]
    masked, replaced = chosen & (draws < 0.8 * share), chosen & (draws < 0.9 * share)
    inputs = np.where(masked, mask, np.where(replaced, random_tokens, ids))
    return chosen, masked, replaced, inputs


def masks_all_that_are_chosen(
    ids: Array, draws: Array, random_tokens: Array, is_special: Array, mask: int, share: float
) -> tuple[Array, Array]:
    chosen, *_ = split(ids, draws, random_tokens, is_special, mask, share)
    return np.where(chosen, mask, ids), np.where(chosen, ids, -100)


def limits_without_share(
    ids: Array, draws: Array, random_tokens: Array, is_special: Array, mask: int, share: float
) -> tuple[Array, Array]:
    chosen, *_ = split(ids, draws, random_tokens, is_special, mask, share)
    inputs = np.where(chosen & (draws < 0.9), random_tokens, ids)
    inputs = np.where(chosen & (draws < 0.8), mask, inputs)
    return inputs, np.where(chosen, ids, -100)


def random_over_the_mask(
    ids: Array, draws: Array, random_tokens: Array, is_special: Array, mask: int, share: float
) -> tuple[Array, Array]:
    chosen, masked, replaced, _ = split(ids, draws, random_tokens, is_special, mask, share)
    inputs = np.where(masked, mask, ids)
    inputs = np.where(replaced, random_tokens, inputs)
    return inputs, np.where(chosen, ids, -100)


def never_another_token(
    ids: Array, draws: Array, random_tokens: Array, is_special: Array, mask: int, share: float
) -> tuple[Array, Array]:
    chosen, masked, *_ = split(ids, draws, random_tokens, is_special, mask, share)
    return np.where(masked, mask, ids), np.where(chosen, ids, -100)


def shares_of_all_tokens(
    ids: Array, draws: Array, random_tokens: Array, is_special: Array, mask: int, share: float
) -> tuple[Array, Array]:
    may = ~is_special[ids]
    inputs = np.where(may & (draws < 0.9), random_tokens, ids)
    inputs = np.where(may & (draws < 0.8), mask, inputs)
    return inputs, np.where(may & (draws < share), ids, -100)


def no_target_where_nothing_changed(
    ids: Array, draws: Array, random_tokens: Array, is_special: Array, mask: int, share: float
) -> tuple[Array, Array]:
    *_, inputs = split(ids, draws, random_tokens, is_special, mask, share)
    return inputs, np.where(inputs != ids, ids, -100)


def every_token_a_target(
    ids: Array, draws: Array, random_tokens: Array, is_special: Array, mask: int, share: float
) -> tuple[Array, Array]:
    *_, inputs = split(ids, draws, random_tokens, is_special, mask, share)
    return inputs, ids.copy()


def targets_from_the_inputs(
    ids: Array, draws: Array, random_tokens: Array, is_special: Array, mask: int, share: float
) -> tuple[Array, Array]:
    chosen, *_, inputs = split(ids, draws, random_tokens, is_special, mask, share)
    return inputs, np.where(chosen, inputs, -100)


def zero_for_no_target(
    ids: Array, draws: Array, random_tokens: Array, is_special: Array, mask: int, share: float
) -> tuple[Array, Array]:
    chosen, *_, inputs = split(ids, draws, random_tokens, is_special, mask, share)
    return inputs, np.where(chosen, ids, 0)


def hides_special_tokens(
    ids: Array, draws: Array, random_tokens: Array, is_special: Array, mask: int, share: float
) -> tuple[Array, Array]:
    nothing = np.zeros_like(is_special)
    chosen, *_, inputs = split(ids, draws, random_tokens, nothing, mask, share)
    return inputs, np.where(chosen, ids, -100)


def writes_into_what_was_given(
    ids: Array, draws: Array, random_tokens: Array, is_special: Array, mask: int, share: float
) -> tuple[Array, Array]:
    chosen, masked, replaced, _ = split(ids, draws, random_tokens, is_special, mask, share)
    targets = np.where(chosen, ids, -100)
    ids[replaced] = random_tokens[replaced]
    ids[masked] = mask
    return ids, targets


def into_copies(
    ids: Array, draws: Array, random_tokens: Array, is_special: Array, mask: int, share: float
) -> tuple[Array, Array]:
    chosen = (draws < share) & ~is_special[ids]
    inputs, targets = ids.copy(), np.full_like(ids, -100)
    targets[chosen] = ids[chosen]
    another = chosen & (draws < 0.9 * share)
    inputs[another] = random_tokens[another]
    inputs[chosen & (draws < 0.8 * share)] = mask
    return inputs, targets


def token_by_token(
    ids: Array, draws: Array, random_tokens: Array, is_special: Array, mask: int, share: float
) -> tuple[Array, Array]:
    inputs, targets = np.zeros_like(ids), np.zeros_like(ids)
    for place in np.ndindex(ids.shape):
        token, draw = ids[place], draws[place] / share
        chosen = draw < 1 and not is_special[token]
        targets[place] = token if chosen else -100
        inputs[place] = token
        if chosen and draw < 0.9:
            inputs[place] = mask if draw < 0.8 else random_tokens[place]
    return inputs, targets


def with_select(
    ids: Array, draws: Array, random_tokens: Array, is_special: Array, mask: int, share: float
) -> tuple[Array, Array]:
    never = is_special[ids] | (draws >= share)
    cases = [never, draws < 0.8 * share, draws < 0.9 * share]
    inputs = np.select(cases, [ids, np.full_like(ids, mask), random_tokens], ids)
    return inputs, np.where(never, -100, ids)


MASK_TOKENS = Exercise(
    name="mask-tokens",
    target="tinyllm.text.masking:hide",
    cases=cases,
    probes=probes,
    mistakes=(
        masks_all_that_are_chosen,
        limits_without_share,
        random_over_the_mask,
        never_another_token,
        shares_of_all_tokens,
        no_target_where_nothing_changed,
        every_token_a_target,
        targets_from_the_inputs,
        zero_for_no_target,
        hides_special_tokens,
        writes_into_what_was_given,
    ),
    others=(into_copies, token_by_token, with_select),
)
