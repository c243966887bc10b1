"""The learner's file: the task, and a function whose body is missing, made from the library's.

The signature and the docstring are those of the library's source, read by `ast`. So an exercise
cannot drift away from the code. Who calls it: folder.py.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from importlib import import_module

from tinyllm.course.exercise import Exercise
from tinyllm.course.imports import in_groups, missing_imports
from tinyllm.course.texts import Texts

UNTOUCHED = 'raise NotImplementedError("your code here")'
KEPT = ("__init__", "__repr__")  # methods that are not the learner's to write


def stub(exercise: Exercise, texts: Texts, command: str) -> str:
    """Write the file of an exercise.

    command:  how to check it, as a learner would type it
    """
    head = f"{texts.title}\n\n{texts.task}\n\n{command}\n".replace('"""', "'''")
    raw = "r" if "\\" in head else ""
    code = without_body(exercise.target)
    missing = missing_imports(code, exercise.imports, exercise.target)
    imports = in_groups([*exercise.imports.splitlines(), *missing])
    lines = [f'{raw}"""{head}"""', "from __future__ import annotations", imports]
    return "\n\n".join(lines) + "\n\n\n" + code + "\n"


def without_body(target: str) -> str:
    """Return the source of a function, its body replaced by a line that says so.

    Of a class, all methods lose their bodies but __init__ and __repr__.

    >>> print(without_body("tinyllm.kernels.softmax:backward_numpy"))
    def backward_numpy(p: Array, grad: Array) -> Array:
        raise NotImplementedError("your code here")
    """
    lines, node = source_of(target), definition(target)
    if isinstance(node, ast.FunctionDef):
        return textwrap.dedent("\n".join(emptied(lines, node)))
    kept: list[str] = lines[node.lineno - 1 : node.body[0].lineno - 1]
    for entry in node.body:
        if isinstance(entry, ast.FunctionDef) and entry.name not in KEPT:
            decorators = [lines[d.lineno - 1] for d in entry.decorator_list]
            kept += ["", *decorators, *emptied(lines, entry)]
        else:
            kept += ["", *lines[entry.lineno - 1 : entry.end_lineno]]
    return textwrap.dedent("\n".join(kept))


def emptied(lines: list[str], node: ast.FunctionDef) -> list[str]:
    """Return the lines of a function up to its docstring, and one in the place of all others."""
    first = node.body[0]
    documented = ast.get_docstring(node) is not None
    end = first.end_lineno if documented else first.lineno - 1
    signature = lines[node.lineno - 1 : end]
    while not documented and signature[-1].lstrip().startswith("#"):
        signature.pop()  # a comment on the body says too much
    return [*signature, " " * (node.col_offset + 4) + UNTOUCHED]


def source_of(target: str) -> list[str]:
    """Return the lines of the module in which a target lies."""
    return inspect.getsource(import_module(target.partition(":")[0])).splitlines()


def definition(target: str) -> ast.FunctionDef | ast.ClassDef:
    """Find where a function, a method or a class is defined."""
    node: ast.AST = ast.parse("\n".join(source_of(target)))
    for name in target.partition(":")[2].split("."):
        node = next(
            entry
            for entry in ast.iter_child_nodes(node)
            if isinstance(entry, ast.FunctionDef | ast.ClassDef) and entry.name == name
        )
    assert isinstance(node, ast.FunctionDef | ast.ClassDef)
    return node


def solution(target: str) -> str:
    """Return the library's own source of a function."""
    node = definition(target)
    return textwrap.dedent("\n".join(source_of(target)[node.lineno - 1 : node.end_lineno]))
