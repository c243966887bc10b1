"""A run on disk: a folder of files that are each whole or not there. No pickle.

    config.json             what the model is and how it is trained
    model.safetensors       the weights, for whoever uses the model
    optimizer.safetensors   all that training needs to go on exactly where it stopped: weights,
                            the optimiser's means, random states, a carried state, the step
    tokenizer.json          text to ids and back

The weights stand in both files on purpose. A machine may be switched off between two writes;
then each file still is complete in itself, and training goes on from the second. config.json is
written last: a folder that has it has all the others.
"""

from __future__ import annotations

import json
import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tinyllm.errors import CheckpointError, DtypeError, OptionError, ShapeError
from tinyllm.files import make_folder, read_arrays, write_arrays, write_json
from tinyllm.models import MODELS, Model, NGramLM, build
from tinyllm.models.ngram_files import ARCHITECTURE as NGRAM
from tinyllm.nn.module import Module
from tinyllm.text import Tokenizer, load_tokenizer
from tinyllm.train.optimisers import AdamW
from tinyllm.types import Array, Rng

CONFIG, WEIGHTS, TRAINING = "config.json", "model.safetensors", "optimizer.safetensors"
TOKENIZER = "tokenizer.json"
ARCHITECTURES = dict.fromkeys([*MODELS, NGRAM])
Folder = str | os.PathLike[str]


def save_checkpoint(
    folder: Folder,
    model: Model | NGramLM,
    tokenizer: Tokenizer | None = None,
    training: dict[str, Any] | None = None,
) -> None:
    """Write a model that `load_checkpoint` reads, with its tokenizer.

    training:  how it is trained; kept in config.json under that name
    Raises:    DataError if the folder cannot be written
    """
    path = make_folder(folder)
    if isinstance(model, NGramLM):
        if tokenizer is not None:
            tokenizer.save(path / TOKENIZER)
        model.save(path, training)
        return
    architecture = next(name for name, kind in MODELS.items() if type(model) is kind)
    config = {"architecture": architecture, "model": model.config.to_dict()}
    if tokenizer is not None:
        tokenizer.save(path / TOKENIZER)
    write_arrays(path / WEIGHTS, model.state_dict())
    # last: where a first save was torn, there is no config.json, and so no run yet
    write_json(path / CONFIG, config | ({"training": training} if training else {}))


def load_checkpoint(folder: Folder) -> tuple[Model | NGramLM, Tokenizer]:
    """Read a model and its tokenizer.

    Raises:  CheckpointError, in one line, if a file is missing, broken, or of another model
    """
    path = Path(folder)
    config = read_config(path)
    model: Any = NGramLM.load(path) if config["architecture"] == NGRAM else None
    if model is None:
        try:
            model = build(config["architecture"], config["model"], rng=0)
            model.load_state_dict(read_arrays(path / WEIGHTS)[0])
        except (OptionError, ShapeError, DtypeError) as error:
            raise CheckpointError(f"load: {str(path)!r} does not fit together: {error}") from error
    tokenizer = load_tokenizer(path / TOKENIZER)
    vocabulary = getattr(model, "vocabulary", None) or model.config.vocabulary
    if len(tokenizer) != vocabulary:
        raise CheckpointError(
            f"load: {str(path)!r}: the tokenizer has {len(tokenizer)} tokens, the model "
            f"{vocabulary}. Hint: were files of two runs mixed?"
        )
    return model, tokenizer


def taken_over(first: Any, architecture: str, options: dict[str, Any], rng: Rng) -> Model:
    """Build a model with the weights of another. A head for classes is new.

    options:  what its config says differently
    Raises:   CheckpointError for a model of another architecture, or of other sizes
    """
    if type(first) is not MODELS[architecture]:
        raise CheckpointError(
            f"train: --from takes a run of the same architecture, {architecture}; got "
            f"{type(first).__name__}."
        )
    model = build(architecture, first.config.to_dict() | options, rng)
    weights = {n: a for n, a in first.state_dict().items() if not n.startswith("classes.")}
    try:
        model.load_state_dict(model.state_dict() | weights)
    except (OptionError, ShapeError) as error:
        raise CheckpointError(f"train: --from keeps the sizes of its run: {error}") from error
    return model


def save_training(
    folder: Folder,
    model: Module,
    optimiser: AdamW,
    progress: dict[str, Any],
    carried: dict[str, Array] | None = None,
) -> None:
    """Write what training needs to go on; `progress` is kept as JSON.

    carried:  the state that goes from batch to batch, where the model has one
    """
    arrays = {f"model.{name}": array for name, array in model.state_dict().items()}
    arrays |= {f"optimiser.{name}": array for name, array in optimiser.state_dict().items()}
    arrays |= {f"carried.{name}": array for name, array in (carried or {}).items()}
    write_arrays(Path(folder) / TRAINING, arrays, {"progress": json.dumps(progress)})


def load_training(
    folder: Folder, model: Module, optimiser: AdamW
) -> tuple[dict[str, Any], dict[str, Array]]:
    """Put model and optimiser back to where `save_training` found them; return the rest.

    Shapes:  -> progress, carried, as they were given

    Raises:  CheckpointError if the file is missing, broken, or of another model
    """
    file = Path(folder) / TRAINING
    arrays, metadata = read_arrays(file)
    try:
        model.load_state_dict(part(arrays, "model."))
        optimiser.load_state_dict(part(arrays, "optimiser."))
    except (OptionError, ShapeError, DtypeError, CheckpointError) as error:
        raise CheckpointError(f"load: {str(file)!r} does not fit the model: {error}") from error
    try:
        return json.loads(metadata["progress"]), part(arrays, "carried.")
    except (KeyError, ValueError) as error:
        raise CheckpointError(f"load: {str(file)!r} does not say how far training is.") from error


def part(arrays: dict[str, Array], prefix: str) -> dict[str, Array]:
    """Return the arrays whose names begin with `prefix`, without it."""
    return {n.removeprefix(prefix): a for n, a in arrays.items() if n.startswith(prefix)}


def read_config(folder: Path) -> dict[str, Any]:
    """Read config.json and hold it to what a run's config has."""
    file = folder / CONFIG
    if not folder.is_dir():
        raise CheckpointError(f"load: there is no folder {str(folder)!r}.")
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
        known = config["architecture"] in ARCHITECTURES
        whole = isinstance(config["model"], dict) and isinstance(config.get("training", {}), dict)
    except OSError as error:
        raise CheckpointError(
            f"load: {str(folder)!r} is no run of tinyllm: cannot read {CONFIG}: {error.strerror}."
        ) from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CheckpointError(f"load: {str(file)!r} is broken or of another program.") from error
    if not whole:
        raise CheckpointError(f"load: {str(file)!r}: 'model' and 'training' must hold options.")
    if not known:
        raise CheckpointError(
            f"load: {str(file)!r}: the architecture must be one of {', '.join(ARCHITECTURES)}; "
            f"got {config['architecture']!r}."
        )
    return config


def read_metrics(file: Path, last_step: int) -> list[dict[str, Any]]:
    """Read metrics.jsonl up to a step; a run that was not evaluated yet has none.

    Raises:  CheckpointError if it is broken
    """
    if not file.exists():
        return []
    try:
        lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        return [line for line in lines if line["step"] <= last_step]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"load: {str(file)!r} is broken.") from error


def versions() -> dict[str, str]:
    """Return the versions of all that decides a run's numbers."""
    packages = {"tinyllm": "tinyllm-edu", "numpy": "numpy", "numba": "numba"}
    return {"python": platform.python_version()} | {
        name: version(package) for name, package in packages.items()
    }
