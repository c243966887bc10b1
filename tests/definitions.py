"""Where a file of the project defines its functions, classes and constants."""

import ast
from functools import cache
from pathlib import Path

Lines = tuple[int, int]  # the first and the last line, counted from 1


@cache
def top_level(file: Path) -> dict[str, ast.stmt]:
    """Return the statement that defines each name at the top level of a file."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {name: node for node in tree.body for name in names_of(node)}


@cache
def definitions(file: Path) -> dict[str, Lines]:
    """Return the lines of all that is defined at the top level, and of the methods of classes.

    A method has two names, `Tensor.sum` and `sum`; the short one belongs to whoever comes first.
    """
    top = top_level(file)
    found = {name: lines_of(node) for name, node in top.items()}
    for owner, node in top.items():
        for part in node.body if isinstance(node, ast.ClassDef) else ():
            for name in names_of(part):
                found[f"{owner}.{name}"] = lines_of(part)
                found.setdefault(name, lines_of(part))
    return found


def names_of(node: ast.stmt) -> list[str]:
    """List the names that a statement defines: of `a = b = 1` a and b."""
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Assign(targets=targets):
            return [part.id for target in targets for part in parts_of(target)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
    return []


def parts_of(target: ast.expr) -> list[ast.Name]:
    """List the names on the left of `=`: of `a, b = 1, 2` a and b."""
    parts = target.elts if isinstance(target, ast.Tuple) else [target]
    return [part for part in parts if isinstance(part, ast.Name)]


def lines_of(node: ast.stmt) -> Lines:
    """Return the lines of a statement, with its decorators."""
    first = [node.lineno, *(mark.lineno for mark in getattr(node, "decorator_list", []))]
    return min(first), node.end_lineno or node.lineno
