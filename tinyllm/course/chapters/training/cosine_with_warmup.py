"""Exercise cosine-with-warmup: the learning rate goes up in a line, and down along a cosine."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tinyllm.course.exercise import Arguments, Exercise, Variant


def with_names(
    function: Callable[..., float], step: int, peak: float, warmup: int, total: int, final: float
) -> float:
    """Call it as the library does: all but the step by name."""
    return function(step, peak=peak, warmup=warmup, total=total, final=final)


def cases() -> Any:
    from tinyllm.course.draws import st  # noqa: PLC0415

    def with_step(warmup: int, after: int, final: float) -> Any:
        total = warmup + after
        rest = st.just(2.0), st.just(warmup), st.just(total), st.just(final)
        return st.tuples(st.integers(0, total + 2), *rest)

    drawn = st.tuples(st.integers(0, 4), st.integers(1, 4), st.sampled_from([0.0, 1.0]))
    return drawn.flatmap(lambda d: with_step(*d))


def probes() -> list[Arguments]:
    return [
        (0, 2.0, 4, 10, 0.5),
        (2, 2.0, 4, 10, 0.5),
        (4, 2.0, 4, 10, 0.5),
        (6, 2.0, 4, 10, 0.5),
        (9, 2.0, 4, 10, 0.5),
        (12, 2.0, 4, 10, 0.5),
        (1, 1.0, 0, 4, 0.0),
        (0, 3.0, 1, 5, 1.0),
        (3, 3.0, 1, 5, 1.0),
    ]


def starts_at_zero(step: int, *, peak: float, warmup: int, total: int, final: float = 0.0) -> float:
    if step < warmup:
        return peak * step / warmup
    progress = min(1.0, (step - warmup) / (total - warmup))
    return final + (peak - final) * 0.5 * (1 + math.cos(math.pi * progress))


def whole_steps_only(
    step: int, *, peak: float, warmup: int, total: int, final: float = 0.0
) -> float:
    if step < warmup:
        return peak * ((step + 1) // warmup)
    progress = min(1.0, (step - warmup) / (total - warmup))
    return final + (peak - final) * 0.5 * (1 + math.cos(math.pi * progress))


def falling(progress: float, peak: float, final: float) -> float:
    """Half a cosine, from peak to final."""
    return final + (peak - final) * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))


def warmup_is_one_step_longer(step, *, peak, warmup, total, final=0.0):
    if step <= warmup:
        return peak * (step + 1) / warmup
    return falling((step - warmup) / (total - warmup), peak, final)


def warmup_ends_below_the_peak(step, *, peak, warmup, total, final=0.0):
    if step < warmup:
        return peak * (step + 1) / (warmup + 1)
    return falling((step - warmup) / (total - warmup), peak, final)


def divides_by_no_warmup(
    step: int, *, peak: float, warmup: int, total: int, final: float = 0.0
) -> float:
    rise = min(1.0, (step + 1) / warmup)
    progress = min(1.0, max(0.0, (step - warmup) / (total - warmup)))
    return rise * (final + (peak - final) * 0.5 * (1 + math.cos(math.pi * progress)))


def cosine_from_the_first_step(
    step: int, *, peak: float, warmup: int, total: int, final: float = 0.0
) -> float:
    if step < warmup:
        return peak * (step + 1) / warmup
    progress = min(1.0, step / total)
    return final + (peak - final) * 0.5 * (1 + math.cos(math.pi * progress))


def divided_by_total(step, *, peak, warmup, total, final=0.0):
    if step < warmup:
        return peak * (step + 1) / warmup
    return falling((step - warmup) / total, peak, final)


def down_in_a_line(step: int, *, peak: float, warmup: int, total: int, final: float = 0.0) -> float:
    if step < warmup:
        return peak * (step + 1) / warmup
    progress = min(1.0, (step - warmup) / (total - warmup))
    return final + (peak - final) * (1 - progress)


def whole_wave(step: int, *, peak: float, warmup: int, total: int, final: float = 0.0) -> float:
    if step < warmup:
        return peak * (step + 1) / warmup
    progress = min(1.0, (step - warmup) / (total - warmup))
    return final + (peak - final) * 0.5 * (1 + math.cos(2 * math.pi * progress))


def quarter_of_a_wave(
    step: int, *, peak: float, warmup: int, total: int, final: float = 0.0
) -> float:
    if step < warmup:
        return peak * (step + 1) / warmup
    progress = min(1.0, (step - warmup) / (total - warmup))
    return final + (peak - final) * math.cos(0.5 * math.pi * progress)


def up_again_at_the_end(
    step: int, *, peak: float, warmup: int, total: int, final: float = 0.0
) -> float:
    if step < warmup:
        return peak * (step + 1) / warmup
    progress = (step - warmup) / (total - warmup)
    return final + (peak - final) * 0.5 * (1 + math.cos(math.pi * progress))


def forgets_the_final_rate(
    step: int, *, peak: float, warmup: int, total: int, final: float = 0.0
) -> float:
    if step < warmup:
        return peak * (step + 1) / warmup
    progress = min(1.0, (step - warmup) / (total - warmup))
    return peak * 0.5 * (1 + math.cos(math.pi * progress))


def zero_after_the_end(step, *, peak, warmup, total, final=0.0):
    if step < warmup:
        return peak * (step + 1) / warmup
    return falling((step - warmup) / (total - warmup), peak, final) if step < total else 0.0


def final_on_top_of_the_peak(
    step: int, *, peak: float, warmup: int, total: int, final: float = 0.0
) -> float:
    if step < warmup:
        return peak * (step + 1) / warmup
    progress = min(1.0, (step - warmup) / (total - warmup))
    return final + peak * 0.5 * (1 + math.cos(math.pi * progress))


def one_step_too_early(
    step: int, *, peak: float, warmup: int, total: int, final: float = 0.0
) -> float:
    if step < warmup:
        return peak * (step + 1) / warmup
    progress = min(1.0, (step - warmup + 1) / (total - warmup))
    return final + (peak - final) * 0.5 * (1 + math.cos(math.pi * progress))


def in_three_parts(step: int, *, peak: float, warmup: int, total: int, final: float = 0.0) -> float:
    if step < warmup:
        return peak / warmup * (step + 1)
    if step >= total:
        return final
    height = math.cos(math.pi * (step - warmup) / (total - warmup))
    return (peak + final) / 2 + (peak - final) / 2 * height


def by_the_square(step: int, *, peak: float, warmup: int, total: int, final: float = 0.0) -> float:
    rise = (step + 1) / warmup if step < warmup else 1.0
    progress = min(max(step - warmup, 0) / max(total - warmup, 1), 1.0)
    share = math.cos(math.pi / 2 * progress) ** 2
    return rise * (peak * share + final * (1 - share))


def all_rates_at_once(
    step: int, *, peak: float, warmup: int, total: int, final: float = 0.0
) -> float:
    up = np.arange(1, warmup + 1) * peak / max(1, warmup)
    angles = np.linspace(0, np.pi, total - warmup + 1)
    down = final * np.sin(angles / 2) ** 2 + peak * (1 + np.cos(angles)) / 2
    return np.concatenate([up, down])[min(step, total)]


def by_half_angles(step: int, *, peak: float, warmup: int, total: int, final: float = 0.0) -> float:
    if step < warmup:
        return peak - peak * (warmup - step - 1) / warmup
    left = max(0, total - step) / (total - warmup)
    return final + (peak - final) * math.sin(left * math.pi / 2) ** 2


def to_the_power(value: float) -> Variant:
    """A warm-up along a power, not along a line."""

    def change(schedule: Callable[..., float]) -> Callable[..., float]:
        def curved(step: int, *, peak: float, warmup: int, total: int, final: float = 0.0) -> float:
            rate = schedule(step, peak=peak, warmup=warmup, total=total, final=final)
            return peak * (rate / peak) ** value if step < warmup else rate

        return curved

    worked = f"{2 * 0.25**value:.4g}"
    return Variant(
        text={
            "en": f"in the warm-up the rate is peak · ((step + 1) / warmup)^{value:g}. The cosine "
            f"stays. With peak 2 and warmup 4, step 0 has the rate {worked}.",
            "zh": f"预热时，学习率是 peak · ((step + 1) / warmup)^{value:g}；余弦部分不变。"
            f"peak 为 2，warmup 为 4 时，第 0 步的学习率是 {worked}。",
        },
        change=change,
    )


COSINE_WITH_WARMUP = Exercise(
    name="cosine-with-warmup",
    target="tinyllm.train.schedule:cosine_with_warmup",
    imports="import math",
    use=with_names,
    cases=cases,
    probes=probes,
    mistakes=(
        starts_at_zero,
        whole_steps_only,
        divides_by_no_warmup,
        cosine_from_the_first_step,
        down_in_a_line,
        whole_wave,
        quarter_of_a_wave,
        up_again_at_the_end,
        forgets_the_final_rate,
        final_on_top_of_the_peak,
        one_step_too_early,
        warmup_is_one_step_longer,
        warmup_ends_below_the_peak,
        divided_by_total,
        zero_after_the_end,
    ),
    others=(in_three_parts, by_the_square, all_rates_at_once, by_half_angles),
    variants=tuple(to_the_power(value) for value in (2.0, 3.0, 0.5)),
)
