"""Icarus Verilog: its messages, and which of them the candidate is to blame for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from rtlwright.server.check.icarus.shortcomings import CASCADE, HARMLESS, OVERSTRICT, lacking
from rtlwright.server.check.unfinished.closure import PLACEHOLDER
from rtlwright.server.check.unfinished.judge import Judge, Judgement
from rtlwright.server.types import Severity

_LINE = re.compile(r"(?P<file>[^\s:][^:\n]*):(?P<line>\d+): (?P<rest>.*)")
_SILENT = ("I give up.", "error(s) during elaboration", "***", "referenced")
_LASTING = re.compile(
    r"already|cannot be driven|not a port|number of ports|is not defined|Unknown type"
    r"|indefinite width|parameter .* not found|must be contained within"
)
"""What stays wrong however an unfinished statement goes on; unknown names slang has judged already."""
_MENDABLE = re.compile(
    r"not declared within module|no direction declaration|no wire/reg|missing an input/output"
)
"""What later items of the same module mend: the ports of a header without directions."""
_CAUSED_AFAR = re.compile(r"already|cannot be driven|drive[rn]|conflict")
"""What an insertion can bring about in another place; that a name is unknown there, it cannot."""
_UNKNOWN_MODULE = re.compile(r"Unknown module type: (\S+)|These modules were missing")
_NAME = re.compile(r"[`'\"](\\?[\w$.]+)['\"]")


Base = Counter[tuple[str, tuple[str, int]]]
"""Errors that are there without the candidate: (message, place)."""


class Kind(StrEnum):
    SYNTAX = "syntax"
    ERROR = "error"
    SORRY = "sorry"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Message:
    """One message of iverilog; `file` is None for the document."""

    kind: Kind
    line: int
    text: str
    file: str | None = None


def messages(output: str, document: Path) -> list[Message]:
    """What iverilog said, in order; continuation lines joined to the message they belong to."""
    found: list[Message] = []
    for line in output.splitlines():
        match = _LINE.match(line)
        if match is None or any(silent in line for silent in _SILENT):
            continue
        rest = match["rest"]
        if rest.startswith("     "):
            if found:
                last = found[-1]
                found[-1] = Message(last.kind, last.line, f"{last.text} {rest.lstrip(' :')}", last.file)
            continue
        file = None if match["file"] == str(document) else match["file"].removeprefix("./")
        found.append(_message(rest, int(match["line"]), file))
    return found


def _message(rest: str, line: int, file: str | None) -> Message:
    for kind, word in ((Kind.WARNING, "warning: "), (Kind.SORRY, "sorry: "), (Kind.ERROR, "error: ")):
        if rest.lower().startswith(word):
            return Message(_weight(kind, rest[len(word) :]), line, rest[len(word) :], file)
    return Message(_weight(Kind.ERROR, rest), line, rest, file)


def _weight(kind: Kind, text: str) -> Kind:
    if kind is Kind.SORRY:
        return Kind.WARNING if HARMLESS.search(text) else kind
    if kind is Kind.ERROR and CASCADE.match(text):
        return Kind.SYNTAX
    return kind


def considered(found: Sequence[Message], text: str) -> list[Message]:
    """The messages with what they are about: `text` has no error that slang can see."""
    result, derailed = [], False
    for message in found:
        if OVERSTRICT.match(message.text):
            continue
        derailed |= message.kind is Kind.SYNTAX
        if message.kind is Kind.ERROR and lacking(message.text, text):
            message = replace(message, kind=Kind.SORRY)
        elif message.kind is Kind.ERROR and derailed:
            message = replace(message, kind=Kind.SYNTAX)  # the parser makes things up as it recovers
        result.append(message)
    return result


@dataclass(frozen=True)
class Lines:
    """Line numbers of a closed text, mapped to those of the document with the candidate in it."""

    cursor: int
    """Line (1-based) of the cursor, that is of the candidate's last character."""
    inserted: int
    """How many line ends the insertion has."""
    first: int
    """Line of the candidate's first character."""
    statement: int
    """Line on which the statement under way began."""
    shift: int
    """Lines that the closure dropped after the cursor."""

    @classmethod
    def of(cls, judge: Judge) -> Lines:
        closure, start = judge.closed.closure, judge.closed.prefix_end
        before = closure.before
        return cls(
            before.count("\n") + 1,
            closure.inserted.count("\n"),
            before.count("\n", 0, start) + 1,
            before.count("\n", 0, closure.statement_start) + 1,
            0,
        )

    def document(self, line: int) -> int | None:
        """The document's line, None for one that the closure made."""
        if line <= self.cursor:
            return line
        if self.inserted and line < self.cursor + self.inserted:
            return None
        return line - self.inserted


def place(lines: Lines, message: Message) -> tuple[str, int]:
    """A place that is the same with and without the candidate."""
    if message.file is not None:
        return message.file, message.line
    mapped = lines.document(message.line)
    if mapped is None:
        return "inserted", 0
    if mapped < lines.first:
        return "before", mapped
    if mapped <= lines.cursor:
        return "candidate", mapped
    return "after", mapped - lines.cursor


_NO_PORT = re.compile(r"port `+(\w+)'+ is not a port of")


def fresh(judge: Judge, found: Sequence[Message], base: Base) -> list[tuple[Message, Judgement]]:
    """The errors that the candidate brought, judged."""
    lines = Lines.of(judge)
    left, places = Counter(base), {where for _, where in base}
    result = []
    for message in found:
        if message.kind is Kind.WARNING:
            continue
        name = (message.text, place(lines, message))
        if left[name] or (name[1][0] in ("before", "after") and name[1] in places):
            left[name] -= 1
            continue  # known, or another word for what was wrong there before
        judgement = _judge(judge, lines, message, base_clean=not base)
        if judgement.severity is not None:
            result.append((message, judgement))
    return result


def unknown_module(message: Message) -> bool:
    return _UNKNOWN_MODULE.search(message.text) is not None


def counted(judge: Judge, found: Sequence[Message]) -> Base:
    """The errors of a closed text, for comparison."""
    lines = Lines.of(judge)
    return Counter((m.text, place(lines, m)) for m in found if m.kind is not Kind.WARNING)


def _judge(judge: Judge, lines: Lines, message: Message, *, base_clean: bool) -> Judgement:
    mapped = lines.document(message.line) if message.file is None else message.line
    if PLACEHOLDER in message.text or mapped is None:
        return Judgement(None)
    if _MENDABLE.search(message.text) and judge.closed.closure.cursor.inside("module"):
        return Judgement(None)
    if message.kind is Kind.SORRY:
        return Judgement(Severity.NOTE, "not supported by this Icarus")
    if _UNKNOWN_MODULE.search(message.text):
        return Judgement(Severity.WARNING, "not in the project")
    if message.file is None and not min(lines.first, lines.statement) <= mapped <= lines.cursor:
        afar = base_clean or _CAUSED_AFAR.search(message.text)
        return Judgement(Severity.ERROR if afar else None)
    if message.file is not None:
        return Judgement(Severity.WARNING, f"{message.file} line {message.line} does not fit any longer")
    return _judge_names(judge, lines, message, mapped)


def _judge_names(judge: Judge, lines: Lines, message: Message, line: int) -> Judgement:
    names = [name.split(".")[0] for name in _NAME.findall(message.text)]
    if "Unable to" in message.text or "No function" in message.text:
        if judge.faults.blind:
            return Judgement(Severity.WARNING, "something that declares names cannot be read")
        if any(name in judge.rest_names for name in names):
            return Judgement(None)
        if "No function" in message.text and judge.open_module:
            return Judgement(Severity.WARNING, "may still be declared further down")
        if line == lines.cursor and any(judge.touches_cursor(name) for name in names):
            return Judgement(None)
    port = _NO_PORT.search(message.text)
    if port and line == lines.cursor and judge.touches_cursor(port[1]):
        return Judgement(None)
    in_tail = lines.statement <= line <= lines.cursor and judge.within_statement
    if judge.unfinished and in_tail and not _LASTING.search(message.text):
        return Judgement(None)
    return Judgement(Severity.ERROR)
