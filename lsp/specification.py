"""The specification in a comment: what the user wrote above the place where the module shall stand."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_MARK = re.compile(r"\A\s*(?://|/\*)[/*\s]*spec(?:ification)?\s*:", re.I)
_LABEL = re.compile(r"\Aspec(?:ification)?\s*:\s*", re.I)
_BLOCK = re.compile(r"/\*.*?\*/", re.DOTALL)


@dataclass(frozen=True, slots=True)
class CommentBlock:
    """A comment and the index behind its last line, where that ends: before CR LF."""

    spec: str
    comment: str
    """As it stands in the document, to find it again."""
    end: int


def comment_at(text: str, cursor: int) -> CommentBlock | None:
    """The comment that holds the cursor, or ends on the line above it; None if there is none."""
    above = text.rfind("\n", 0, cursor)
    above_end = above - 1 if text[max(above - 1, 0) : above + 1] == "\r\n" else above
    for place in (cursor, max(above_end, 0)):
        if found := _block(text, place) or _lines(text, place):
            return found
    return None


def is_marked(block: CommentBlock) -> bool:
    """`// spec: …`: the user says that it is one."""
    return _MARK.search(block.comment) is not None


def _block(text: str, cursor: int) -> CommentBlock | None:
    for match in _BLOCK.finditer(text):
        end = _line_end(text, match.end())
        if match.start() <= cursor <= end:
            lines = match.group()[2:-2].splitlines()
            return _made((line.strip().lstrip("*") for line in lines), text[match.start() : end], end)
    return None


def _lines(text: str, cursor: int) -> CommentBlock | None:
    """Consecutive `//` lines."""
    first = start = text.rfind("\n", 0, cursor) + 1
    if not _is_comment(text, start):
        return None
    while start > 0 and _is_comment(text, previous := text.rfind("\n", 0, start - 1) + 1):
        start = previous
    end = _line_end(text, first)
    while end < len(text) and _is_comment(text, below := text.find("\n", end) + 1 or len(text)):
        end = _line_end(text, below)
    comment = text[start:end]
    return _made((line.strip().lstrip("/") for line in comment.splitlines()), comment, end)


def _made(lines: Iterable[str], comment: str, end: int) -> CommentBlock | None:
    spec = _LABEL.sub("", "\n".join(line.strip() for line in lines).strip())
    return CommentBlock(spec, comment, end) if spec else None


def _is_comment(text: str, start: int) -> bool:
    return text[start : _line_end(text, start)].lstrip().startswith("//")


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    end = len(text) if end < 0 else end
    return end - 1 if text[start:end].endswith("\r") else end
