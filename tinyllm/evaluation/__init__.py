"""Numbers that say how good a model is."""

from tinyllm.evaluation.loss import mean_loss

__all__ = ["mean_loss"]
