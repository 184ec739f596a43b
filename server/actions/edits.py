"""What an action is: a title and the edits that it makes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from rtlwright.server.types import Diagnostic, Document, Range


class ActionKind(StrEnum):
    """Values are the kinds of the Language Server Protocol."""

    QUICK_FIX = "quickfix"
    REWRITE = "refactor.rewrite"
    SOURCE = "source"


@dataclass(frozen=True, slots=True)
class TextEdit:
    """`range` of the document becomes `text`."""

    range: Range
    text: str


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file to make; an existing one is never overwritten."""

    path: Path
    text: str


@dataclass(frozen=True, slots=True)
class Action:
    """One entry of the editor's menu; everything it does is in here."""

    title: str
    kind: ActionKind
    edits: tuple[TextEdit, ...] = ()
    new_file: NewFile | None = None
    mends: Diagnostic | None = None
    """What a quick fix mends."""


@dataclass(frozen=True, slots=True)
class ActionRequest:
    """What can be done at `range` of `document`?"""

    document: Document
    range: Range
    diagnostics: tuple[Diagnostic, ...] = ()
    """Those that the editor shows there."""
    open_documents: tuple[Document, ...] = ()
