"""What a run learns: by the task that was asked for, and the architecture."""

from tinyllm.errors import OptionError
from tinyllm.train.objectives.labels import Labels
from tinyllm.train.objectives.masked_tokens import MaskedTokens
from tinyllm.train.objectives.next_token import NextToken
from tinyllm.train.objectives.next_window import NextWindow
from tinyllm.train.objectives.objective import Objective
from tinyllm.train.objectives.translations import Translations

OBJECTIVES: dict[str, dict[str, type[Objective]]] = {
    "text": {
        "decoder-only": NextToken,
        "recurrent": NextToken,
        "encoder-only": MaskedTokens,
        "encoder-decoder": NextWindow,
    },
    "classify": {"encoder-only": Labels},
    "translate": {"encoder-decoder": Translations},
}


def objective_of(task: str, architecture: str) -> type[Objective]:
    """Return what a model of this architecture learns in this task.

    Raises:  OptionError for an unknown task, or an architecture that cannot do it
    """
    if task not in OBJECTIVES:
        raise OptionError(f"train: task must be one of {', '.join(OBJECTIVES)}; got {task!r}.")
    able = OBJECTIVES[task]
    if architecture not in able:
        names = " or ".join(able)
        raise OptionError(f"train: the task {task!r} needs {names}; got {architecture}.")
    return able[architecture]


__all__ = [
    "OBJECTIVES",
    "Labels",
    "MaskedTokens",
    "NextToken",
    "NextWindow",
    "Objective",
    "Translations",
    "objective_of",
]
