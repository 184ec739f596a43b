"""Places in real files at which a completion is asked for, chosen by a seed."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from rtlwright.eval.sample import digest

SUFFIXES = frozenset({".v", ".sv", ".vh", ".svh"})
_OPENS = re.compile(r"\b(?:begin(?:\s*:\s*\w+)?|case[xz]?\s*\(.*\))\s*(?://.*)?$")
_INSTANCE = re.compile(
    r"^[ \t]*(?!module\b)\w+[ \t]+(?:#\([^;]*?\)[ \t\n]*)?\w+[ \t]*\([ \t]*\n", re.MULTILINE
)
_LINES = range(10, 3000)


class Kind(StrEnum):
    NEXT_LINE = "next line"
    """At the start of a line, after its indentation."""
    REST_OF_LINE = "rest of line"
    BLOCK = "block"
    """After `begin` or `case (…)`: all to its end."""
    PORT_MAP = "port map"
    """After an instance's opening parenthesis: all to the closing one."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A file around the cursor, and what its author wrote there."""

    root: Path
    file: Path
    kind: Kind
    prefix: str
    wanted: str
    rest: str = ""
    """What follows, where it is known."""

    @property
    def id(self) -> str:
        line = self.prefix.count("\n") + 1
        return f"{self.root.name}/{self.file.relative_to(self.root)}:{line}:{self.kind}"


def cuts_of(
    root: Path, per_kind: int, seed: int, rest: bool = False, kinds: Sequence[Kind] = tuple(Kind)
) -> list[Cut]:
    """Up to `per_kind` cuts of each kind, at most two in one file; the same for the same files and seed.

    With `rest`, what follows in the file is known.
    """
    draw = random.Random(f"{seed}:{digest(root.name)}")
    texts = [(file, text) for file in sources(root) if (text := read(file)) is not None]
    found: list[Cut] = []
    for kind in Kind:
        draw.shuffle(texts)
        chosen: list[Cut] = []
        for file, text in texts:
            places = list(_places(kind, text))
            for start, end in draw.sample(places, min(2, len(places))):
                known = text[end:] if rest else ""
                chosen.append(Cut(root, file, kind, text[:start], text[start:end], known))
        found += chosen[:per_kind] if kind in kinds else []
    return found


def sources(root: Path) -> list[Path]:
    return sorted(
        p for p in root.rglob("*") if p.suffix in SUFFIXES and p.is_file() and ".git" not in p.parts
    )


def read(file: Path) -> str | None:
    """None for what is no ordinary source."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    return text if text.count("\n") in _LINES else None


def _places(kind: Kind, text: str) -> Iterator[tuple[int, int]]:
    """(cursor, end of what is wanted)."""
    lines = text.split("\n")
    if kind is Kind.PORT_MAP:
        for match in _INSTANCE.finditer(text):
            end = text.find(");", match.end())
            if 0 <= end - match.end() < 2000 and "." in text[match.end() : end]:
                yield match.end(), end + 2
        return
    position = 0
    prose = False
    for number, line in enumerate(lines):
        opened, closed = line.rfind("/*"), line.rfind("*/")
        within, prose = prose, opened > closed if opened != closed else prose
        if within or prose:  # prose of a block comment is no code
            position += len(line) + 1
            continue
        code = line.split("//")[0].rstrip()
        indent = len(line) - len(line.lstrip())
        if kind is Kind.BLOCK and _OPENS.search(code) and number > 3:
            last = _block_end(lines, number)
            if last is not None:
                start = position + len(line) + 1
                yield start, start + sum(len(each) + 1 for each in lines[number + 1 : last + 1]) - 1
        elif number > 3 and len(code) - indent > 3 and not line.lstrip().startswith(("//", "/*", "*", "`")):
            if kind is Kind.NEXT_LINE:
                yield position + indent, position + len(code)
            elif kind is Kind.REST_OF_LINE:
                for match in list(re.finditer(r"(?<=\S)\s+(?=\S)|(?<=[(=,])", code[indent:]))[1:2]:
                    if len(code) - indent - match.end() > 2:
                        yield position + indent + match.end(), position + len(code)
        position += len(line) + 1


def _block_end(lines: Sequence[str], number: int) -> int | None:
    """The line that closes what line `number` opens: it begins with an end, and is not indented deeper."""
    indent = len(lines[number]) - len(lines[number].lstrip())
    for at in range(number + 1, min(len(lines), number + 40)):
        line = lines[at]
        if line.strip() and len(line) - len(line.lstrip()) <= indent:
            return at if re.match(r"\s*end", line) and at > number + 1 else None
    return None
