"""What travels between `RemoteService` and the team server, checked on both sides.

Answers are the nouns of `types` as pydantic writes dataclasses; requests have forms of their own, since a
request names its project's files by digest. Paths are relative to the project's root, or absolute outside
of it; positions are LSP's (0-based, UTF-16), lines of diagnostics count from 1.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter

from rtlwright.server.service import ServiceStatus
from rtlwright.server.types import CheckReport, Completion, EventKind, Language, Position, Suggestion

PROTOCOL = "1"
"""Raised with every change that an older side would misread."""
PROTOCOL_HEADER = "rtlwright-protocol"
MAX_TEXT = 16 * 2**20
MAX_FILES = 2_000
_IMPOSSIBLE = -1e9

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
PathText = Annotated[str, StringConstraints(min_length=1, max_length=4096, pattern=r"^[^\x00]+$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=256, pattern=r"^[^\x00]+$")]
Text = Annotated[str, StringConstraints(max_length=MAX_TEXT)]
Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8,64}$")]
Capture = Literal["full", "metadata", "off"]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class FileForm(_Form):
    """A file of the project, by content."""

    path: PathText
    digest: Digest
    """BLAKE2b of its UTF-8 text, 16 bytes, in hexadecimal digits."""


class DocumentForm(_Form):
    """A file with its text, as the editor holds it."""

    path: PathText
    text: Text
    language: Language
    version: int = 0


class PositionForm(_Form):
    line: int = Field(ge=0, le=2**31 - 1)
    character: int = Field(ge=0, le=2**31 - 1)

    def position(self) -> Position:
        return Position(self.line, self.character)


class Preferences(_Form):
    """What of the client's configuration counts for its own requests; the rest is the server's."""

    show_warnings: bool = True
    show_unchecked: bool = False
    testbench: Literal["auto", "off"] = "auto"
    capture: Capture = "full"
    """The stricter one of this and the server's own `feedback.capture` holds."""


class ProjectForm(_Form):
    """What a request needs of its project. Files that the server lacks are asked for (409)."""

    workspace: Id
    """Chosen by the client at random, the same for all its requests."""
    files: list[FileForm] = Field(default=[], max_length=MAX_FILES)
    """Sources of the project, in its order; open ones with the text that their editor holds."""
    includes: list[FileForm] = Field(default=[], max_length=MAX_FILES)
    """Files that are no sources and are reached by `include` only."""
    open: list[FileForm] = Field(default=[], max_length=MAX_FILES)
    """Documents, beside the request's own, that an editor holds."""
    include_dirs: list[PathText] = Field(default=[], max_length=256)
    defines: dict[str, str] = Field(default={}, max_length=4096)
    preferences: Preferences = Preferences()


class CompleteForm(_Form):
    """Complete `document` at `position`."""

    project: ProjectForm
    document: DocumentForm
    position: PositionForm
    n: int = Field(default=3, ge=1, le=16)
    manual: bool = False
    """The user asked for it and waits: more candidates, a longer deadline."""
    speculative: bool = False
    """Prepared for a text that the document may come to have."""
    brief: bool = False
    """One suggestion of one line is enough, and the sooner the better."""


class GenerateForm(_Form):
    """Write a whole module."""

    project: ProjectForm
    spec: Annotated[str, StringConstraints(min_length=1, max_length=2**20)]
    n: int = Field(default=4, ge=1, le=64)
    testbench: Text | None = None
    language: Language = Language.SYSTEMVERILOG
    project_file: PathText | None = None
    previews: bool = True
    """Send a `suggestion` for each module as soon as it has been checked by itself."""
    round: int = Field(default=0, ge=0, le=1_000_000)


class CheckForm(_Form):
    """Check whole files."""

    project: ProjectForm
    documents: list[DocumentForm] = Field(min_length=1, max_length=256)
    top: Name | None = None
    testbench: DocumentForm | None = None
    quick: bool = False
    find_testbench: bool = False
    reference: DocumentForm | None = None
    waves: bool = False


class EventForm(_Form):
    """Something that happened to a suggestion."""

    id: Id
    """Chosen by the client at random: sent twice, it is kept once."""
    kind: EventKind
    suggestion_id: Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00]+$")]
    at: float = Field(ge=0, le=1e12)
    """Seconds since the epoch."""
    detail: dict[str, bool | int | float | str | None] = Field(default={}, max_length=64)


class FeedbackForm(_Form):
    """Events; the answer comes once all of them are safe."""

    workspace: Id
    events: list[EventForm] = Field(min_length=1, max_length=256)
    capture: Capture = "full"


class FilesForm(_Form):
    """Texts that the server asked for, by digest."""

    texts: dict[Digest, Text] = Field(max_length=MAX_FILES)


class Fault(_Form):
    """The body of every answer that is no success."""

    error: str
    """One line: what, where, how to mend it."""
    missing: list[str] | None = None
    """409: digests of files to be sent to /v1/files before asking again."""


class StatusAnswer(_Form):
    """The service behind the server, and who asks."""

    version: str
    service: ServiceStatus
    token: str | None
    """Name of the caller's token."""
    in_flight: int
    waiting: int


COMPLETION = TypeAdapter(Completion)
REPORT = TypeAdapter(CheckReport)
SUGGESTION = TypeAdapter(Suggestion)


def finite(suggestion: Suggestion) -> Suggestion:
    """JSON has no infinity, which a score can be."""
    return suggestion if math.isfinite(suggestion.score) else replace(suggestion, score=_IMPOSSIBLE)


def all_finite(completion: Completion) -> Completion:
    return replace(
        completion,
        suggestions=tuple(map(finite, completion.suggestions)),
        rejected=tuple(map(finite, completion.rejected)),
    )
