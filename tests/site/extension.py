"""What mkdocstrings loads: each docstring becomes Markdown, with a link to its line."""

import os
from pathlib import Path
from typing import Any

from griffe import Extension, Object

from tests.site.docstrings import markdown
from tests.site.links import LINE, ROOT, source_page


class Docstrings(Extension):
    """Turns each docstring into Markdown when it was read."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        if obj.docstring and obj.lineno and isinstance(obj.filepath, Path):
            obj.docstring.value = markdown(obj.docstring.value, source_link(obj))


def source_link(obj: Object) -> str:
    """Link to the line of an object, from a page of the reference."""
    file = Path(str(obj.filepath)).relative_to(ROOT)
    page = os.path.relpath(source_page(ROOT / file).with_suffix(".html"), "reference")
    return f"[line {obj.lineno}]({page}#{LINE}{obj.lineno}){{ .line }}"
