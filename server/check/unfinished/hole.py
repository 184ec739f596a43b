"""One place in a document that candidates go into: its closures, and the errors it has without any."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import islice

from rtlwright.server.check.slang.elaborator import Elaborator
from rtlwright.server.check.slang.raw import BLINDING, Parsed, Raw
from rtlwright.server.check.text.balance import overcloses
from rtlwright.server.check.text.lexer import DESIGN_UNITS, code, identifiers, mentioned, tokens
from rtlwright.server.check.unfinished.closing import Closed, Known, best, key, made_up, new_errors
from rtlwright.server.check.unfinished.closure import Closure, Keep, Surroundings
from rtlwright.server.check.unfinished.judge import Faults, Judge, undeclared
from rtlwright.server.check.unfinished.quarantine import quarantined
from rtlwright.server.check.worker.project import Source, design_units

_HEADER = 200
"""Characters in which the name of a design unit comes after its keyword."""


class Outcome(StrEnum):
    CLEAN = "clean"
    """Closed without a syntax error: every tool can judge it."""
    BROKEN_BEFORE = "broken before"
    """The user's own text does not parse; only new syntax errors can be told."""
    BROKEN = "broken"
    """The candidate's own syntax errors."""


@dataclass(frozen=True)
class Closing:
    """A candidate closed, next to the closure without it that it is compared with."""

    outcome: Outcome
    closed: Closed
    base: Closed
    fresh: tuple[Raw, ...]
    """New syntax errors."""


@dataclass
class Hole:
    """`document[:start] + candidate + document[end:]`, for any number of candidates."""

    elaborator: Elaborator
    text: str
    start: int
    end: int

    def __post_init__(self) -> None:
        self._elaborated: dict[str, tuple[Raw, ...]] = {}
        self.prefix, self.suffix = self.text[: self.start], self.text[self.end :]
        self._preludes: dict[frozenset[str], str] = {}
        self._surround()
        self._names = self._around.names
        self._mentions = self._around.mentions
        if not self.base.clean:
            self._quarantine()

    def _surround(self) -> None:
        self._around = Surroundings(self.prefix, self.suffix, self.elaborator.project.defines)
        self.__dict__.pop("base", None)  # it was closed in other surroundings

    def _quarantine(self) -> None:
        """Other design units are broken: look at this one without them."""
        shown = self.prefix + self.suffix
        parsed = self._parser("")(shown)
        whole = quarantined(shown, self.start, (error.offset for error in parsed.errors))
        if whole != shown:
            self.prefix, self.suffix = whole[: self.start], whole[self.start :]
            self._surround()

    def close(self, candidate: str) -> Closing:
        """The best closure of the document with `candidate`, and its new syntax errors."""
        parse = self._parser(candidate)
        base = self.base
        closed = best(self._around.closures(candidate), parse, self.start)
        assert closed is not None
        if closed.clean:
            return Closing(Outcome.CLEAN, closed, base, ())
        if overcloses(self._around.at_cursor, closed.closure.cursor, self._around.supplied):
            return Closing(Outcome.BROKEN, closed, base, closed.parsed.errors)
        dropped = self.dropped(candidate)
        if dropped is None:
            return Closing(Outcome.BROKEN_BEFORE, closed, base, ())
        if base.clean and dropped.outcome is not Outcome.CLEAN:
            return Closing(Outcome.BROKEN, closed, base, closed.parsed.errors)
        return dropped

    def dropped(self, candidate: str) -> Closing | None:
        """Closed without the text after the cursor: for one that is broken, or that wants something of what
        is missing between."""
        parse, base = self._parser(candidate), self.dropped_base
        theirs = (e for e in base.parsed.errors if base.place(e).region in ("before", "after", "elsewhere"))
        known = Counter(key(base, error) for error in theirs)
        closed = best(self._around.dropped(candidate), parse, self.start, known)
        if closed is None:
            return None
        if closed.clean:
            return Closing(Outcome.CLEAN, closed, base, ())
        fresh = tuple(new_errors(closed, closed.parsed.errors, known))
        return Closing(Outcome.BROKEN if fresh else Outcome.BROKEN_BEFORE, closed, base, fresh)

    @cached_property
    def base(self) -> Closed:
        found = best(self._around.closures(""), self._parser(""), self.start)
        assert found is not None
        return found

    def left_open(self, candidate: str) -> bool:
        """The document parses as it is, and with the candidate in it it does not: a `begin` without `end`."""
        if self._around.blank or self._around.breaks_off:
            return False  # in an empty file everything is a beginning, and behind `modul` it goes on
        whole = self.base.clean and not self.base.closure.inserted and self.base.keep is Keep.ALL
        return whole and bool(self._parser(candidate)(self.prefix + candidate + self.suffix).errors)

    @cached_property
    def dropped_base(self) -> Closed:
        return best(self._around.dropped(""), self._parser(""), self.start) or self.base

    def semantic(self, closing: Closing) -> tuple[list[Raw], tuple[Raw, ...]]:
        """(new, all) semantic errors of a closed candidate."""
        closed = closing.closed
        found = self.elaborate(closed)
        if not found:
            return [], found
        known: Known = Counter()
        for base in (closing.base, self.dropped_base) if not closing.base.clean else (closing.base,):
            known |= Counter(key(base, error) for error in self.elaborate(base, self.tops(closed)))
        return new_errors(closed, found, known), found

    def elaborate(self, closed: Closed, tops: frozenset[str] | None = None) -> tuple[Raw, ...]:
        tops = self.tops(closed) if tops is None else tops
        name = f"{sorted(tops)}{closed.closure.text}"
        if name not in self._elaborated:
            sources = self.sources(closed.closure.text)
            self._elaborated[name] = self.elaborator.elaborate(closed.parsed, sources, tops)
        return self._elaborated[name]

    def sources(self, text: str) -> tuple[Source, ...]:
        extra = {token.text.lstrip("`") for token in code(text[self.start : len(text) - len(self.suffix)])}
        return self.elaborator.project.needed(frozenset(self._mentions | extra))

    @property
    def document_sources(self) -> tuple[Source, ...]:
        """What the document needs without any candidate."""
        return self.elaborator.project.needed(self._mentions)

    def tops(self, closed: Closed) -> frozenset[str]:
        """The modules that the candidate is part of, or brings."""
        before = closed.closure.before
        brought = (*self._enclosing(before), *design_units(code(before[self._around.restart :])))
        names = {name for name, kind in brought if kind in ("module", "program")}
        if names:
            return frozenset(names)
        everything = design_units(code(closed.closure.text))
        return frozenset(name for name, kind in everything if kind == "module")

    def _enclosing(self, before: str) -> Iterable[tuple[str, str]]:
        """(name, kind) of the design unit that the cursor is in, if it is in one."""
        frame = self._around.at_prefix.inside(*DESIGN_UNITS)
        if frame is None:
            return ()
        return islice(design_units(code(before[frame.start : frame.start + _HEADER])), 1)

    def judge(self, closing: Closing) -> Judge:
        closed = closing.closed
        after = closed.closure.after
        rest = self.suffix[: len(self.suffix) - len(after)] if len(after) < len(self.suffix) else ""
        names = frozenset(self._names | identifiers(closed.closure.before[self._around.restart :]))
        loose = self.elaborator.project.loose
        return Judge(closed, names, identifiers(rest), loose, lambda: self._faults(closing))

    def _faults(self, closing: Closing) -> Faults:
        base = closing.base
        known = [e for e in (*base.parsed.errors, *self._elaborated_base(closing)) if not made_up(e)]
        blind = any(error.code in BLINDING and not _made_of_tail(base, error) for error in known)
        return Faults(blind, undeclared(known), frozenset(base.place(error) for error in known))

    def _elaborated_base(self, closing: Closing) -> tuple[Raw, ...]:
        if closing.outcome is not Outcome.CLEAN:
            return ()
        return self.elaborate(closing.base, self.tops(closing.closed))

    def _parser(self, candidate: str) -> _Parse:
        """Parses with the macros of earlier files that document and candidate use."""
        mentions = self._mentions | mentioned(tokens(candidate))
        if mentions not in self._preludes:
            self._preludes[mentions] = self.elaborator.project.macro_prelude(mentions)
        return _Parse(self.elaborator, self._preludes[mentions])

    def document_offset(self, closed: Closed, offset: int, candidate: str) -> int:
        """An offset in the closed text → in the document with the candidate in it."""
        closure: Closure = closed.closure
        if offset < len(closure.before) + len(closure.inserted):
            return min(offset, len(closure.before))
        whole = len(self.prefix) + len(candidate) + len(self.suffix)
        return whole - (len(closure.text) - offset)


@dataclass(frozen=True)
class _Parse:
    elaborator: Elaborator
    prelude: str

    def __call__(self, text: str) -> Parsed:
        return self.elaborator.parse(text, self.prelude)


def _made_of_tail(closed: Closed, error: Raw) -> bool:
    """In the unfinished statement at the cursor: what the closure made of it means nothing."""
    end = len(closed.closure.before) + len(closed.closure.inserted)
    return closed.closure.statement_start <= error.offset < end
