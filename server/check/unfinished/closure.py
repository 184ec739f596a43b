"""Completes unfinished text virtually, so that a parser and an elaborator can judge what is there.

A closure inserts text at the cursor and nowhere else. What fits there depends on a grammar that this
module does not have; it proposes insertions, likeliest first, and the parser picks the first without a
syntax error (`slang.Elaborator`). Names that it makes up begin with `PLACEHOLDER`, so that what a tool
says about them can be told from what it says about the user's code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice

from rtlwright.server.check.text.lexer import Kind, Token, tokens
from rtlwright.server.check.text.structure import Frame, Scanner, Structure
from rtlwright.server.check.unfinished.finish import PLACEHOLDER, finishers, rest_of_else
from rtlwright.server.check.unfinished.reading import read_head, read_suffix

MAX_TRIES = 60

__all__ = ["PLACEHOLDER", "Closure", "Keep", "Surroundings", "close"]


class Keep(StrEnum):
    """How much of the text after the cursor a closure keeps."""

    ALL = "all"
    UNITS = "units"
    """The rest of the enclosing module is dropped, the modules after it are kept."""
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Closure:
    """`before + inserted + after`: a text that may be whole."""

    before: str
    inserted: str
    after: str
    keep: Keep
    cursor: Structure
    """What is open at the cursor."""

    @property
    def text(self) -> str:
        return self.before + self.inserted + self.after

    @property
    def statement_start(self) -> int:
        """Offset of the statement that is under way at the cursor (its first token, outside of brackets)."""
        start = self.cursor.tail[0].start if self.cursor.tail else len(self.before)
        for frame in reversed(self.cursor.frames):
            if not frame.bracket:
                break
            start = frame.statement[0].start
        return start


@dataclass
class Surroundings:
    """The text around a cursor, tokenized once for all candidates that go there."""

    prefix: str
    suffix: str
    defines: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        head = read_head(self.prefix, self.defines)
        # The last token may go on in the candidate (`clk` + `_i`), and so may a comment or a string.
        self.restart, self._last, self._scanner = head.restart, head.last, head.scanner
        self._suffix = read_suffix(self.suffix, frozenset(self._scanner.macros))
        self.names = head.names | self._suffix.names
        """The identifiers before and after the cursor."""
        self.mentions = head.mentions | self._suffix.mentions
        """With the macros that are used."""
        self.blank = head.blank and self._suffix.blank
        """Nothing but comments stands there."""

    @property
    def breaks_off(self) -> bool:
        """The text ends at the cursor, within a statement."""
        return self._suffix.blank and bool(self.at_cursor.tail)

    @property
    def supplied(self) -> tuple[str, ...]:
        """What the text after the cursor closes of before it."""
        return self._suffix.structure.supplied

    @property
    def at_cursor(self) -> Structure:
        """What is open where the candidate begins, with the token before it."""
        return self._scanner.copy().feed(self._last).structure()

    @property
    def at_prefix(self) -> Structure:
        """What is open before the last token."""
        return self._scanner.structure()

    def closures(self, candidate: str) -> Iterator[Closure]:
        """Ways to complete `prefix + candidate + suffix`, likeliest first; at most `MAX_TRIES`."""
        before = self.prefix + candidate
        rest = tuple(tokens(before, self.restart))
        cursor = self._scanner.copy().feed(rest).structure()
        return islice(self._ways(before, cursor, rest[-1] if rest else None), MAX_TRIES)

    def dropped(self, candidate: str) -> Iterator[Closure]:
        """Like `closures`, without the rest of the enclosing module: for a suffix that is broken itself."""
        # What stands on the cursor's own line stays: the candidate was written to fit it.
        before = self.prefix + candidate + self._suffix.line
        rest = tuple(tokens(before, self.restart))
        cursor = self._scanner.copy().feed(rest).structure()
        last = rest[-1] if rest else None
        units = self._suffix.from_next_unit
        ways = self._insertions(before, cursor, last, (), ended=False)
        for inserted in islice(ways, MAX_TRIES):
            yield Closure(before, inserted, units, Keep.UNITS if units else Keep.NOTHING, cursor)

    def _ways(self, before: str, cursor: Structure, last: Token | None) -> Iterator[Closure]:
        opened = _open_token(last)
        if not opened:
            yield Closure(before, "", self.suffix, Keep.ALL, cursor)
        supplied = self._suffix.structure.supplied
        for inserted in self._insertions(before, cursor, last, supplied, ended=self._suffix.goes_on):
            if inserted or opened:
                yield Closure(before, inserted, self.suffix, Keep.ALL, cursor)

    def _insertions(
        self, before: str, cursor: Structure, last: Token | None, supplied: Sequence[str], *, ended: bool
    ) -> Iterator[str]:
        """Texts for the cursor: end what is half a token, finish the statement, close the frames."""
        lead = _open_token(last)
        matched = _matched(cursor.frames, supplied)
        frames = cursor.frames[matched:]
        begins = supplied[: len(supplied) - matched].count("end") if matched else 0
        if not frames and begins and (rest := rest_of_else(cursor.tail)):
            yield f"{rest}{' begin' * begins}\n"
        if not frames and [token.text for token in cursor.tail] == ["/"]:
            yield "/\n"  # half of a comment's beginning
        endifs = max(0, cursor.conditionals - (self._suffix.structure.endifs if supplied else 0))
        end = "\n`endif\n" * endifs
        for text in finishers(cursor, frames[::-1], ended=ended, begins=begins):
            # What conditional compilation leaves out can close nothing.
            whole = f"{end}{text}" if cursor.inactive else f"{text}{end}"
            # On lines of its own: a tool that names lines only can then be understood, too.
            glue = "" if last and last.text == "'" else "\n"  # half of `'0` or `'{`
            yield f"{lead}{glue}{whole}\n" if whole.strip() or lead else ""


def _open_token(last: Token | None) -> str:
    """What ends a comment or a string that the cursor stands in."""
    match last.kind if last else None:
        case Kind.OPEN_COMMENT:
            return "*/"
        case Kind.OPEN_STRING:
            assert last is not None
            return ('\\"' if last.text.endswith("\\") else "") + '"'
        case Kind.DIRECTIVE if last is not None and last.text.startswith("`timescale"):
            return _rest_of_timescale(last.text)
        case _:
            return ""


def _rest_of_timescale(text: str) -> str:
    """`timescale 1` → `ns / 1ns`."""
    unit, slash, precision = text.removeprefix("`timescale").partition("/")
    rest = "" if unit.strip().endswith("s") else "ns" if unit.strip() else " 1ns"
    if not slash:
        return f"{rest} / 1ns"
    return "" if precision.strip().endswith("s") else "ns" if precision.strip() else " 1ns"


def _matched(frames: Sequence[Frame], supplied: Sequence[str]) -> int:
    """How many frames, from the outermost, the closers of the suffix close.

    `module begin begin` before and `end endmodule` after the cursor: 2; the inner `begin` is ours to close.
    """
    matched = 0
    for closer in reversed(supplied):
        if matched < len(frames) and frames[matched].closer == closer:
            matched += 1
        elif matched == len(frames):
            break
    return matched


def close(text: str, defines: Mapping[str, str] | None = None) -> str:
    """The likeliest whole text that begins with `text`; `text` itself where nothing is open.

    Idempotent, never raises.
    """
    if _whole(text, defines):
        return text
    around = Surroundings(text, "", defines or {})
    return next((way.text for way in around.dropped("") if _whole(way.text, defines)), text)


def _whole(text: str, defines: Mapping[str, str] | None) -> bool:
    structure = Scanner(defines or {}).feed(tokens(text)).structure()
    return not (structure.frames or structure.tail or structure.conditionals or _open_token(_last(text)))


def _last(text: str) -> Token | None:
    last = None
    for last in tokens(text):  # noqa: B007 - the last one is wanted
        pass
    return last
