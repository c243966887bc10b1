"""What a learner's file imports: all that its signatures name, so that editors know it.

Who calls it: stubs.py.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import sys
from importlib import import_module


def missing_imports(code: str, imports: str, target: str) -> list[str]:
    """Import the names that signatures have and the imports do not.

    A type is imported from where the library's module has it, a constant from that module.
    """
    tree, imported = ast.parse(code), ast.parse(imports)
    known = {alias.asname or alias.name for node in imported.body for alias in names_of(node)}
    known |= {getattr(node, "name", "") for node in tree.body} | set(dir(builtins))
    module = target.partition(":")[0]
    places = {
        alias.asname or alias.name: node.module
        for node in ast.walk(ast.parse(inspect.getsource(import_module(module))))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    missing = sorted(signature_names(tree) - known)
    return [f"from {places.get(name, module)} import {name}" for name in missing]


def names_of(node: ast.AST) -> list[ast.alias]:
    """Return what an import brings in."""
    return node.names if isinstance(node, ast.Import | ast.ImportFrom) else []


def signature_names(tree: ast.Module) -> set[str]:
    """Return the names in the annotations, defaults and decorators of all functions."""
    parts: list[ast.AST] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            parts += [node.args, *node.decorator_list, *([node.returns] if node.returns else [])]
    return {n.id for part in parts for n in ast.walk(part) if isinstance(n, ast.Name)}


def in_groups(lines: list[str]) -> str:
    """Sort imports as one does: Python's own, other packages', then the library's."""
    groups: dict[int, list[str]] = {}
    names: dict[str, set[str]] = {}
    for line in filter(None, lines):
        module, _, some = line.removeprefix("from ").partition(" import ")
        if line.startswith("from ") and " as " not in some:
            names.setdefault(module, set()).update(some.split(", "))
        else:
            groups.setdefault(group_of(line.split()[1]), []).append(line)
    for module, some in names.items():
        line = f"from {module} import {', '.join(sorted(some, key=name_order))}"
        groups.setdefault(group_of(module), []).append(line)
    order = {number: sorted(groups[number], key=import_order) for number in sorted(groups)}
    return "\n\n".join("\n".join(group) for group in order.values())


def group_of(module: str) -> int:
    """Say whether a module is Python's own (0), another package's (1), or the library's (2)."""
    root = module.partition(".")[0]
    return 0 if root in sys.stdlib_module_names else 2 if root == "tinyllm" else 1


def import_order(line: str) -> tuple[bool, str]:
    """`import x` before `from x import y`."""
    return line.startswith("from "), line


def name_order(name: str) -> tuple[bool, bool, str]:
    """CONSTANTS, then Classes, then functions."""
    return not name.isupper(), not name[0].isupper(), name
