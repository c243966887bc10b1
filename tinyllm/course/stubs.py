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
from tinyllm.course.texts import Texts

WIDTH = 96
UNTOUCHED = 'raise NotImplementedError("your code here")'


def stub(exercise: Exercise, texts: Texts, command: str) -> str:
    """Write the file of an exercise.

    command:  how to check it, as a learner would type it
    """
    head = f"{texts.title}\n\n{texts.task}\n\n{command}\n"
    head = head.replace("\\", "\\\\").replace('"""', "'''")
    lines = [f'"""{head}"""', "from __future__ import annotations", exercise.imports]
    return "\n\n".join(lines) + "\n\n\n" + without_body(exercise.target) + "\n"


def without_body(target: str) -> str:
    """Return the source of a function, its body replaced by a line that says so.

    >>> print(without_body("tinyllm.kernels.softmax:backward_numpy"))
    def backward_numpy(p: Array, grad: Array) -> Array:
        raise NotImplementedError("your code here")
    """
    node = definition(target)
    if isinstance(node, ast.ClassDef):
        return class_without_bodies(node)
    emptied(node)
    return ast.unparse(node).replace("raise NotImplementedError('your code here')", UNTOUCHED)


def class_without_bodies(node: ast.ClassDef) -> str:
    """Return a class whose methods, but for __init__ and __repr__, have no body."""
    for entry in node.body:
        if isinstance(entry, ast.FunctionDef) and entry.name not in ("__init__", "__repr__"):
            emptied(entry)
    return ast.unparse(node).replace("raise NotImplementedError('your code here')", UNTOUCHED)


def emptied(node: ast.FunctionDef) -> None:
    """Keep the docstring of a function, and replace the rest; decorators go, too."""
    documented = ast.get_docstring(node) is not None
    missing = ast.parse(UNTOUCHED).body
    node.body = [*node.body[: int(documented)], *missing]
    node.decorator_list = []


def definition(target: str) -> ast.FunctionDef | ast.ClassDef:
    """Find where a function, a method or a class is defined."""
    module, _, path = target.partition(":")
    source = textwrap.dedent(inspect.getsource(import_module(module)))
    node: ast.AST = ast.parse(source)
    for name in path.split("."):
        node = next(
            entry
            for entry in ast.iter_child_nodes(node)
            if isinstance(entry, ast.FunctionDef | ast.ClassDef) and entry.name == name
        )
    assert isinstance(node, ast.FunctionDef | ast.ClassDef)
    return node


def solution(target: str) -> str:
    """Return the library's own source of a function."""
    module, _, _ = target.partition(":")
    source = inspect.getsource(import_module(module))
    found = ast.get_source_segment(source, definition(target), padded=True)
    return textwrap.dedent(found or "")
