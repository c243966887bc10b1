"""A model seen from outside: what it costs, how its loss falls with size, what its parts do."""

from tinyllm.analysis.attention import attention_watched, weight_at_offset, without_head
from tinyllm.analysis.collapse import effective_rank, mean_cosine, rank_one_residual
from tinyllm.analysis.cost import (
    approximate_training_flops,
    count_parameters,
    forward_flops,
    parameters_of,
    training_flops,
)
from tinyllm.analysis.gradients import gradient_norms, gradient_norms_by_block
from tinyllm.analysis.scaling import compute_optimal, fit_power_law, power_law, scaling_law
from tinyllm.analysis.watch import hooked, watched

__all__ = [
    "approximate_training_flops",
    "attention_watched",
    "compute_optimal",
    "count_parameters",
    "effective_rank",
    "fit_power_law",
    "forward_flops",
    "gradient_norms",
    "gradient_norms_by_block",
    "hooked",
    "mean_cosine",
    "parameters_of",
    "power_law",
    "rank_one_residual",
    "scaling_law",
    "training_flops",
    "watched",
    "weight_at_offset",
    "without_head",
]
