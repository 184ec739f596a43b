"""The instantiation that a cursor stands in, as it is written."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rtlwright.server.context.headers import ModuleHeader
from rtlwright.server.context.index import ProjectIndex
from rtlwright.server.context.survey import closing
from rtlwright.server.context.text import blank
from rtlwright.server.keywords import KEYWORDS
from rtlwright.server.types import Document

INSTANTIABLE = frozenset({"module", "interface", "program", "primitive", "checker"})
_WINDOW = 64 * 1024
"""Characters before the cursor within which its instantiation must begin."""
_BEGIN = re.compile(r"(?<![\w$.`])([A-Za-z_][\w$]*)(?=\s*#\s*\(|\s+[A-Za-z_][\w$]*\s*(?:\[[^\]\n]*\]\s*)*\()")
_PARAMETERS = re.compile(r"\s*#\s*(?=\()")
_NAME = re.compile(r"\s*([A-Za-z_][\w$]*)\s*((?:\[[^\]\n]*\]\s*)*)(?=\()")
_END = re.compile(r"\s*;")
_NAMED = re.compile(r"\s*\.\s*([A-Za-z_][\w$]*)\s*(\()?")


@dataclass(frozen=True, slots=True)
class Entry:
    """One connection of a list. Offsets are the document's."""

    start: int
    end: int
    name: str | None
    """None: connected by order. `*` stands for `.*`."""
    value: str | None
    """The expression without surrounding space; None for `.name`, which means a net of that name."""


@dataclass(frozen=True, slots=True)
class Connections:
    """What stands between two parentheses, from `start` to `end` without them."""

    start: int
    end: int
    entries: tuple[Entry, ...]

    @property
    def by_name(self) -> dict[str, Entry]:
        return {entry.name: entry for entry in self.entries if entry.name}


@dataclass(frozen=True, slots=True)
class WrittenInstance:
    """`unit #(parameters) name (ports);`"""

    unit: ModuleHeader
    name: str
    start: int
    end: int
    """Behind the semicolon, or the parenthesis where that is missing."""
    parameters: Connections | None
    ports: Connections


def instance_at(document: Document, offset: int, index: ProjectIndex) -> WrittenInstance | None:
    """The instantiation of a known unit that holds `offset`; None elsewhere."""
    first = max(0, offset - _WINDOW)
    clean = blank(document.text)
    found = None
    for match in _BEGIN.finditer(clean, first, min(len(clean), offset + 256)):
        if match.start() > offset or match[1] in KEYWORDS:
            continue
        unit = index.module(match[1], document.path)
        if unit is None or unit.kind not in INSTANTIABLE:
            continue
        written = _written(clean, document.text, match, unit)
        if written is not None and written.start <= offset <= written.end:
            found = written
    return found


def _written(clean: str, text: str, match: re.Match[str], unit: ModuleHeader) -> WrittenInstance | None:
    at, parameters = match.end(), None
    if opened := _PARAMETERS.match(clean, at):
        closed = closing(clean, opened.end())
        if closed < 0:
            return None
        parameters = connections(clean, text, opened.end() + 1, closed)
        at = closed + 1
    name = _NAME.match(clean, at)
    if name is None:
        return None
    closed = closing(clean, name.end())
    if closed < 0:
        return None
    semicolon = _END.match(clean, closed + 1)
    ports = connections(clean, text, name.end() + 1, closed)
    end = semicolon.end() if semicolon else closed + 1
    return WrittenInstance(unit, name[1], match.start(), end, parameters, ports)


def connections(clean: str, text: str, start: int, end: int) -> Connections:
    """The entries between `start` and `end`: split at commas that no bracket holds."""
    entries = []
    for left, right in _pieces(clean, start, end):
        named = _NAMED.match(clean, left, right)
        if named is None:
            star = clean[left:right].replace(" ", "") == ".*"
            entries.append(Entry(left, right, "*" if star else None, None if star else text[left:right]))
        elif named[2] is None:
            entries.append(Entry(left, right, named[1], None))
        else:
            value = text[named.end() : clean.rfind(")", named.end(), right)].strip()
            entries.append(Entry(left, right, named[1], value))
    return Connections(start, end, tuple(entries))


def _pieces(clean: str, start: int, end: int) -> list[tuple[int, int]]:
    """Offsets of the entries, without the space around them; empty ones are left out."""
    cuts, depth = [start], 0
    for at in range(start, end):
        character = clean[at]
        if character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif character == "," and depth == 0:
            cuts += [at, at + 1]
    cuts.append(end)
    found = []
    for left, right in zip(cuts[::2], cuts[1::2], strict=True):
        piece = clean[left:right]
        if piece.strip():
            found.append((left + len(piece) - len(piece.lstrip()), right - len(piece) + len(piece.rstrip())))
    return found
