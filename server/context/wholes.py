"""Which file is a part of which: what stands alone, and what has the names of the place that includes it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rtlwright.server.check.text.lexer import Kind, code
from rtlwright.server.check.worker.project import design_units
from rtlwright.server.context.names import distance
from rtlwright.server.context.text import INCLUDE
from rtlwright.server.types import Document, SourceFile

if TYPE_CHECKING:
    from rtlwright.server.context.index import ProjectIndex


class Wholes:
    """For the parts of a project the files that they are parts of, as its index knows them. Thread-safe."""

    def __init__(self, index: ProjectIndex):
        self._index = index
        self._known: tuple[int, Mapping[Path, list[Path]]] = (-1, {})

    def of(self, document: Document) -> Document:
        """The file that `document` is a part of, as it is now; `document` itself if it stands alone.

        A part is what another file includes and what is neither a design unit nor macros alone: the classes
        of a package, the functions of a module. Its names are those of the place where it is included.
        """
        path = self._index.absolute(document.path)
        wholes = self._includers().get(path)
        if not wholes or not _is_part(document.text):
            return document
        names = {other: self._index.relative(other) for other in wholes}
        here = self._index.relative(path)
        ranked = sorted(wholes, key=lambda other: (distance(here, names[other]), other))
        found = (self._index.store.get(other) for other in ranked)
        whole = next((source for source in found if isinstance(source, SourceFile)), None)
        return Document.of(self._index.root / whole.path, whole.text) if whole else document

    def place_in(self, whole: Document, part: Path) -> tuple[int, int] | None:
        """Where `whole` itself includes `part`: from the line's start to the closing quote, in characters."""
        folder, path = self._index.absolute(whole.path).parent, self._index.absolute(part)
        for match in INCLUDE.finditer(whole.text):
            if "`include" in match[0] and self._index.resolve(match[1], folder) == path:
                return match.span()
        return None

    def _includers(self) -> Mapping[Path, list[Path]]:
        """Who includes a file, directly or not, and is included by nobody."""
        generation = self._index.generation
        known, wholes = self._known
        if known != generation:
            included = self._index.included()
            inner = {part for parts in included.values() for part in parts}
            wholes = {}
            for path, parts in included.items():
                for part in parts if path not in inner else ():
                    wholes.setdefault(part, []).append(path)
            self._known = (generation, wholes)
        return wholes


def _is_part(text: str) -> bool:
    """It has more than macros, and no design unit that would stand for itself."""
    tokens = code(text)
    return any(token.kind is not Kind.DIRECTIVE for token in tokens) and all(
        kind in ("class", "checker") for _, kind in design_units(tokens)
    )
