"""What a model costs and what can be said of it from outside: parameters, FLOPs, scaling laws."""

from tinyllm.analysis.cost import (
    approximate_training_flops,
    count_parameters,
    forward_flops,
    parameters_of,
    training_flops,
)
from tinyllm.analysis.scaling import compute_optimal, fit_power_law, power_law, scaling_law

__all__ = [
    "approximate_training_flops",
    "compute_optimal",
    "count_parameters",
    "fit_power_law",
    "forward_flops",
    "parameters_of",
    "power_law",
    "scaling_law",
    "training_flops",
]
