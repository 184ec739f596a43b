"""The nouns of one request: documents and positions in, candidates, verdicts and suggestions out.

All are frozen: a stage never edits what an earlier stage produced, it makes a new value.
Positions are those of the Language Server Protocol (0-based line, 0-based UTF-16 code unit); the
lines and columns of a `Diagnostic` are 1-based, as an editor shows them.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from rtlwright.server.comparison import Against

LARGE_DOCUMENT = 150_000
"""Characters from which on a document is too large to be read as a whole at every key; some 4,000 lines."""


class Language(StrEnum):
    """The dialect a file is written in; the gate never lets a candidate change it."""

    VERILOG = "verilog"
    SYSTEMVERILOG = "systemverilog"

    @classmethod
    def of(cls, path: Path | str) -> Language:
        """By file suffix: `.v`/`.vh` are Verilog-2005, everything else SystemVerilog."""
        return cls.VERILOG if Path(path).suffix.lower() in {".v", ".vh"} else cls.SYSTEMVERILOG


class SourceName(StrEnum):
    """Where a candidate came from."""

    STRUCTURE = "structure"
    RECALL = "recall"
    MODEL = "model"


class Status(StrEnum):
    """What a stage, or the whole gate, says of a candidate."""

    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"
    UNCHECKED = "unchecked"
    """The check did not finish (deadline, a dead worker, a tool that is not installed)."""
    SKIPPED = "skipped"
    """Stages only: this stage had nothing to say here, and says why."""


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """0-based line and 0-based UTF-16 code unit in it (LSP)."""

    line: int
    character: int


@dataclass(frozen=True, slots=True)
class Range:
    """Half-open span between two positions; `start == end` is an insertion."""

    start: Position
    end: Position

    @classmethod
    def at(cls, position: Position) -> Range:
        return cls(position, position)


@dataclass(frozen=True, slots=True)
class Document:
    """A snapshot of a file as its editor holds it, saved or not."""

    path: Path
    text: str
    language: Language = Language.SYSTEMVERILOG
    version: int = 0
    excerpt: bool = False
    """Only a part of the file (`context.excerpt`); the index has the rest."""

    @classmethod
    def of(cls, path: Path, text: str, version: int = 0) -> Document:
        return cls(path, text, Language.of(path), version)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A project file as the tools will see it; its digest lets a worker be sent it only once."""

    path: str
    """Relative to the project's root, with forward slashes."""
    text: str
    digest: str

    @classmethod
    def of(cls, path: str, text: str) -> SourceFile:
        return cls(path, text, hashlib.blake2b(text.encode(), digest_size=16).hexdigest())


@dataclass(frozen=True, slots=True)
class ProjectView:
    """What of the project the tools need to elaborate one document, and nothing else."""

    root: Path
    document_path: str
    """Where the document stands in the view: relative to the root, or its bare name outside of it."""
    sources: tuple[SourceFile, ...] = ()
    """Compiled with the document, in compilation order (packages first); the document is not among them."""
    includes: tuple[SourceFile, ...] = ()
    """Reached by `include` only."""
    include_dirs: tuple[str, ...] = ()
    """Relative to the root."""
    defines: Mapping[str, str] = field(default_factory=dict)
    missing_modules: frozenset[str] = frozenset()
    """Instantiated but defined nowhere (vendor primitives): to be warned of, never to fail."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One message of one tool about the user's document (or, with `file`, about another one)."""

    severity: Severity
    line: int
    """1-based, 0 if the tool named none."""
    column: int
    """1-based, in UTF-16 code units; 0 if the tool named none."""
    message: str
    tool: str
    file: str | None = None
    """None: the document under check; else the project-relative path of another file."""
    hint: str | None = None
    """One plain sentence that says what to do, where we know it."""


@dataclass(frozen=True, slots=True)
class StageResult:
    """What one stage of the gate found, and how long it took (milliseconds)."""

    name: str
    status: Status
    ms: float
    diagnostics: tuple[Diagnostic, ...] = ()
    reason: str | None = None
    """Why a stage is skipped or unchecked; of `splice`, under what supposition the others judge."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The gate's answer for one candidate; `status` is the worst that any stage said."""

    status: Status
    ms: float
    stages: tuple[StageResult, ...] = ()

    @classmethod
    def of(cls, stages: tuple[StageResult, ...]) -> Verdict:
        """The worst stage decides; what only was skipped counts as nothing, no stage at all as unchecked."""
        order = (Status.FAIL, Status.UNCHECKED, Status.WARN, Status.PASS)
        found = {stage.status for stage in stages}
        status = next((status for status in order if status in found), Status.UNCHECKED)
        return cls(status, round(sum(stage.ms for stage in stages), 3), stages)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        return tuple(diagnostic for stage in self.stages for diagnostic in stage.diagnostics)

    @property
    def reasons(self) -> tuple[str, ...]:
        """The messages of the worst severity, shortest useful explanation of the status."""
        errors = [d.message for d in self.diagnostics if d.severity is Severity.ERROR]
        return tuple(errors or [d.message for d in self.diagnostics])


@dataclass(frozen=True, slots=True)
class Candidate:
    """Text at a place, not yet checked. Replacing `range` by `text` is the whole edit."""

    text: str
    range: Range
    source: SourceName
    model: str | None = None
    score: float = 0.0
    """Prior of the source: log-probability that its first line is what the author would write. Of whole
    modules: the mean log-probability of a token."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A candidate with its verdict: what the user sees, or is told was rejected."""

    id: str
    text: str
    range: Range
    source: SourceName
    model: str | None
    score: float
    verdict: Verdict

    @classmethod
    def of(cls, id: str, candidate: Candidate, verdict: Verdict, score: float | None = None) -> Suggestion:
        score = candidate.score if score is None else score
        return cls(id, candidate.text, candidate.range, candidate.source, candidate.model, score, verdict)


@dataclass(frozen=True, slots=True)
class Timings:
    """Wall milliseconds of each leg of a request."""

    context: float = 0.0
    sources: float = 0.0
    check: float = 0.0
    total: float = 0.0


@dataclass(frozen=True, slots=True)
class OutputAgreement:
    """Of whole modules driven alike: how many do at one output what the largest group does."""

    name: str
    agree: int
    of: int


@dataclass(frozen=True, slots=True)
class Completion:
    """The answer to `complete` and `generate`, best suggestion first."""

    suggestions: tuple[Suggestion, ...]
    rejected: tuple[Suggestion, ...] = ()
    timings: Timings = Timings()
    notes: tuple[str, ...] = ()
    """What the user should know: a source that was off, a stage that could not run."""
    agreement: str | None = None
    """Whole modules only: "5 of 8 agree"."""
    outputs: tuple[OutputAgreement, ...] = ()
    """Whole modules only: the agreement at each output."""


class Cancel:
    """A flag that one request carries everywhere; whoever waits, waits on it too."""

    __slots__ = ("_callbacks", "_event", "_lock")

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], None]] = []

    def cancel(self) -> None:
        """Idempotent. Runs what `on_cancel` registered, once."""
        with self._lock:
            self._event.set()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    @property
    def cancelled(self) -> bool:
        return self._event.is_set()

    def on_cancel(self, callback: Callable[[], None]) -> None:
        """Call `callback` when cancelled; at once if that has happened already."""
        with self._lock:
            if not self._event.is_set():
                self._callbacks.append(callback)
                return
        callback()

    def check(self) -> None:
        """Raises `Cancelled` if the request is no longer wanted."""
        if self.cancelled:
            raise Cancelled


class Cancelled(Exception):  # noqa: N818 - it is no error
    """The request is no longer wanted; not an error."""


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """Complete `document` at `position`."""

    document: Document
    position: Position
    n: int = 3
    open_documents: tuple[Document, ...] = ()
    """Other files as their editor holds them; they win over what is on disk."""
    manual: bool = False
    """The user asked for it: more candidates, a longer deadline."""
    speculative: bool = False
    """Prepared for a text that the document may come to have: recorded only once something happens to what
    was found, since nobody may ever see it."""
    brief: bool = False
    """One suggestion of one line is enough, and the sooner the better."""


@dataclass(frozen=True, slots=True)
class GenerateRequest:
    """Write a whole module from `spec`."""

    spec: str
    n: int = 4
    testbench: str | None = None
    language: Language = Language.SYSTEMVERILOG
    project_file: Path | None = None
    """Where the module will live: its project's modules may be instantiated."""
    round: int = 0
    """How often this was asked before: other seeds, so that something else is written."""


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """Check whole files, the way a candidate is checked; with `testbench`, simulate them too."""

    documents: tuple[Document, ...]
    top: str | None = None
    testbench: Document | None = None
    open_documents: tuple[Document, ...] = ()
    quick: bool = False
    """The parser alone: while the user types."""
    find_testbench: bool = False
    """Without a testbench: run the project's own, if there is one."""
    reference: Document | None = None
    """Compare with this: by simulation, and by a bounded proof."""
    waves: bool = False
    """With a reference: record the comparison's waveform."""
    manual: bool = False
    """The user asked for it and waits: each tool may take its whole time, one after the other."""


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The gate's word on whole files."""

    verdict: Verdict
    files: tuple[str, ...]
    by_file: Mapping[str, Verdict] = field(default_factory=dict)
    against: Against | None = None
    """With a reference: what the comparison found."""


class EventKind(StrEnum):
    """What can happen to a suggestion (DESIGN: Feedback)."""

    SHOWN = "shown"
    ACCEPTED = "accepted"
    PARTIALLY_ACCEPTED = "partially_accepted"
    TYPED_THROUGH = "typed_through"
    REJECTED = "rejected"
    REPLACED = "replaced"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class FeedbackEvent:
    """One thing that happened to one suggestion."""

    kind: EventKind
    suggestion_id: str
    at: float
    """Seconds since the epoch."""
    detail: Mapping[str, object] = field(default_factory=dict)


Progress = Callable[[str], None]
"""Called with a short phrase while long work goes on; must not block."""
