"""The project's own testbench of a module: found, not configured.

A testbench is a module without ports that instantiates the module and ends its simulation ($finish, $stop,
$fatal, $exit). Of several, one that is named after the module goes first (`fifo_tb`, `tb_fifo`, `test_fifo`),
then one that is named like a testbench at all, then the first by path.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from rtlwright.server.context.headers import ModuleHeader
from rtlwright.server.context.index import ProjectIndex
from rtlwright.server.types import Document

_NAMED = re.compile(r"^(?:tb|test|testbench)_|_(?:tb|test|testbench)$|^(?:tb|testbench)$", re.IGNORECASE)
_ENDS = re.compile(r"\$(?:finish|stop|fatal|exit)\b")


def find(index: ProjectIndex, modules: Iterable[str]) -> Document | None:
    """The testbench of one of `modules`; None where the project has none."""
    wanted = set(modules)
    found = [
        (_rank(unit, path, wanted), path)
        for path, headers in index.files().items()
        for unit in headers.units
        if unit.kind == "module" and not unit.ports and not wanted.isdisjoint(unit.instantiated)
        and unit.name not in wanted
    ]  # fmt: skip
    for _, path in sorted(found):
        text = index.text(path)
        if text is not None and _ENDS.search(text):
            return Document.of(Path(index.root) / path, text)
    return None


def _rank(unit: ModuleHeader, path: str, wanted: set[str]) -> int:
    names = (unit.name, PurePosixPath(path).stem)
    if any(_NAMED.sub("", name) in wanted and _NAMED.search(name) for name in names):
        return 0
    return 1 if any(_NAMED.search(name) for name in names) else 2
