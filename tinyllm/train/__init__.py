"""Loss to optimiser to loop to checkpoint."""

from tinyllm.train.checkpoint import load_checkpoint, save_checkpoint
from tinyllm.train.config import TrainingConfig
from tinyllm.train.loop import Step, train
from tinyllm.train.optimisers import SGD, AdamW, clip_grad_norm
from tinyllm.train.run import Run
from tinyllm.train.schedule import cosine_with_warmup

__all__ = [
    "SGD",
    "AdamW",
    "Run",
    "Step",
    "TrainingConfig",
    "clip_grad_norm",
    "cosine_with_warmup",
    "load_checkpoint",
    "save_checkpoint",
    "train",
]
