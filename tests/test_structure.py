"""Rules about the source itself: layers, documentation, size, and what must not be in it."""

import ast
import inspect
from pathlib import Path

import pytest

import tinyllm
from tests.discovery import functions
from tinyllm import ops

PACKAGE = Path(tinyllm.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
LONGER = {"autograd/tensor.py": 450}  # all of Tensor's operators in one place, as in NumPy
LIMIT = 250

every_file = pytest.mark.parametrize(
    "file", FILES, ids=lambda file: file.relative_to(PACKAGE).as_posix()
)
every_function = pytest.mark.parametrize("op", functions(), ids=lambda op: op.__name__)


def test_imports_point_down(monkeypatch, capsys):
    use_cases = pytest.importorskip(
        "importlinter.application.use_cases", reason="import-linter is in the dev extra"
    )
    configuration = pytest.importorskip("importlinter.configuration")
    monkeypatch.chdir(PACKAGE.parent)
    configuration.configure()
    passed = use_cases.lint_imports(config_filename="pyproject.toml", cache_dir=None)
    assert passed, capsys.readouterr().out


@pytest.mark.parametrize("name", ops.__all__)
def test_every_public_operation_has_a_docstring(name):
    assert inspect.getdoc(getattr(ops, name)), f"tinyllm.ops.{name} needs a docstring"


def test_the_list_of_public_operations_is_sorted_and_complete():
    defined = {name for name, value in vars(ops).items() if inspect.isfunction(value)}
    assert sorted(defined) == ops.__all__


@every_function
def test_every_operation_says_what_its_forward_and_backward_do(op):
    assert {"forward", "backward"} <= vars(op).keys(), f"{op.__name__} needs both"
    assert "Backward:" in (op.__doc__ or ""), f"{op.__name__} needs a docstring with Backward:"
    assert all(isinstance(vars(op)[name], staticmethod) for name in ("forward", "backward"))


@every_function
def test_backward_stands_right_under_forward(op):
    methods = [name for name, value in vars(op).items() if isinstance(value, staticmethod)]
    assert methods == ["forward", "backward"]


@every_file
def test_no_file_is_too_long_to_read(file):
    lines = len(file.read_text(encoding="utf-8").splitlines())
    name = file.relative_to(PACKAGE).as_posix()
    limit = 300 if name.startswith("course/chapters/") else LIMIT  # a dozen short wrong answers
    assert lines <= LONGER.get(name, limit)


@every_file
def test_no_file_pickles_or_evaluates_text(file):
    """Both would let a downloaded checkpoint or a configuration run code."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import | ast.ImportFrom):
            imported = {alias.name for alias in node.names} | {getattr(node, "module", None)}
            assert not imported & {"pickle", "cPickle", "dill", "joblib", "marshal", "shelve"}
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in {"eval", "exec"}
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            assert isinstance(node.value, ast.Constant)
            assert node.value.value is False
