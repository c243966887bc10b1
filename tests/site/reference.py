"""The reference: a page for each package, with all its public names, file by file.

Nothing here is written by hand: the names come from the packages, the rest from their docstrings.
"""

import ast
import importlib
import inspect
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.definitions import top_level
from tests.site.links import ROOT, source_page

PACKAGES = (
    "kernels",
    "autograd",
    "ops",
    "nn",
    "text",
    "models",
    "decoding",
    "evaluation",
    "train",
    "analysis",
)


def write_reference(folder: Path, sources: set[Path]) -> list[str]:
    """Write the pages; return their names. Each file that they describe becomes a page, too."""
    folder.mkdir()
    for name in PACKAGES:
        package = ROOT / "tinyllm" / name
        files = sorted(package.rglob("*.py"), key=lambda file: (file.parent, file.name))
        sources |= set(files)
        (folder / f"{name}.md").write_text(page(package, files), encoding="utf-8")
    return [f"{folder.name}/{name}.md" for name in PACKAGES]


def page(package: Path, files: list[Path]) -> str:
    """Describe a package: the files with public names, then what else there is."""
    name = f"tinyllm.{package.name}"
    handed_out = importlib.import_module(name)
    parts, found, inside = [f"# {name}", head(package / "__init__.py")], set(), []
    for file in files:
        public = public_names(file, handed_out)
        found.update(public)
        at = file.relative_to(package)
        link = f"[`{at}`](../{source_page(file)})"
        if public:
            parts += [f"## `{at}`", f"{head(file)} Source: {link}"]
            parts += [f"::: {dotted(file)}.{name}" for name in public]
        elif head(file):
            inside.append(f"- {link}: {head(file)}")
    elsewhere = [
        f"- {described_at(name, getattr(handed_out, name))}"
        for name in getattr(handed_out, "__all__", ())
        if name not in found
    ]
    for title, lines in {"From other packages": elsewhere, "Inside": inside}.items():
        parts += [f"## {title}", "\n".join(lines)] if lines else []
    return "\n\n".join(parts) + "\n"


def described_at(name: str, value: Any) -> str:
    """Link to the reference of a name that comes from another package."""
    package = value.__module__.split(".")[1]
    return f"[`{name}`]({package}.md#{value.__module__}.{value.__name__})"


def head(file: Path) -> str:
    """Return the first paragraph of a file's docstring."""
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return " ".join(text.partition("\n\n")[0].split())


def dotted(file: Path) -> str:
    """Return the name by which a file is imported."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def public_names(file: Path, package: ModuleType) -> list[str]:
    """List the names that a file defines and its package hands out, in the file's order.

    A package without `__all__` hands out its kernels, and what has a docstring.
    """
    defined = {name: node for name, node in top_level(file).items() if name[0] != "_"}
    if not hasattr(package, "__all__"):
        return [name for name, node in defined.items() if is_described(node)]
    listed = {name: getattr(package, name) for name in package.__all__}
    elsewhere = {  # then what has the same name here is a helper
        name
        for name, value in listed.items()
        if inspect.isroutine(value) or inspect.isclass(value)
        if value.__module__ != dotted(file)
    }
    return [name for name in defined if name in listed.keys() - elsewhere]


def is_described(node: ast.stmt) -> bool:
    """Whether a statement is a function or class with a docstring, or makes a kernel."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return ast.get_docstring(node) is not None
    called = getattr(getattr(node, "value", None), "func", None)
    return isinstance(called, ast.Name) and called.id == "Kernel"
