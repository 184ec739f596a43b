"""Which of slang's new errors count: DESIGN's rules about names, and what unfinished code may still lack."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from rtlwright.server.check.slang.raw import GRAVE, Raw, of_type_parameter
from rtlwright.server.check.text.lexer import DESIGN_UNITS
from rtlwright.server.check.unfinished.closing import Closed, Place, made_up
from rtlwright.server.check.unfinished.closure import Keep
from rtlwright.server.keywords import HEADS, KEYWORDS, meant_as_keyword
from rtlwright.server.types import Severity

_UNDECLARED = frozenset(
    {"UndeclaredIdentifier", "TypoIdentifier", "UndeclaredButFoundPackage", "UnknownMember"}
)
_LOOKUPS = _UNDECLARED | {
    "PortDoesNotExist", "ParameterDoesNotExist", "UnknownPackage", "UnknownPackageMember",
    "UnknownSystemName", "Redefinition", "UnknownClassOrPackage", "CouldNotResolveHierarchicalPath",
    "TooManyPortConnections", "TooManyParamAssignments", "AssignToNet", "UnknownInterface",
    "TooManyArguments", "UnknownDirective", "PortDeclInANSIModule",
}  # fmt: skip
"""These stay errors in an unfinished statement: nothing that follows can mend them."""
_EDGES = frozenset({"posedge", "negedge", "edge"})
_BEFORE_STATEMENTS = frozenset(
    ["else", "begin", "end", "do", "forever", "initial", "final", "always_comb", "always_latch", "generate",
     "unique", "unique0", "priority"]
)  # fmt: skip
_DRIVERS = frozenset({"MultipleContAssigns", "MultipleAlwaysAssigns", "MixedVarAssigns"})
_CAUSED_AFAR = frozenset({"Redefinition", "AssignToNet"}) | _DRIVERS
"""What an insertion can bring about in another place; that a name is unknown there, it cannot."""
_MENDABLE = frozenset({"MissingPortIODeclaration"})
"""What later items of the same module mend."""
_STARVED = frozenset({"AlwaysWithoutTimingControl"})
"""What a body that is still open may mend."""
_INSTANCE = re.compile(r"\s*#|\s*[^\W\d][\w$]*\s*(?:\[[^\]]*\]\s*)?\(")
"""What follows the name of a module: parameters, or an instance with its ports."""
_HEADED = frozenset({"module", "macromodule", "interface", "program", "function", "task"})
_STRUCTURES = frozenset({"struct", "union"})
_PATH = re.compile(r"(?:\.[^\W\d][\w$]*){2}")
_MISSING_UNITS = frozenset({"UnknownModule", "UnknownInterface", "UnknownPrimitive"})


@dataclass(frozen=True, slots=True)
class Judgement:
    """What an error does: fail, warn, or nothing (None)."""

    severity: Severity | None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong without the candidate."""

    blind: bool = False
    """Something that may declare names cannot be seen (a missing include or package)."""
    names: frozenset[str] = frozenset()
    """Undeclared there, too: what the file is a part of declares them."""
    places: frozenset[Place] = frozenset()
    """Where there are errors; if nowhere, every one is the candidate's."""


@dataclass(frozen=True)
class Judge:
    """Decides on the new errors of one closed candidate."""

    closed: Closed
    known_names: frozenset[str]
    """Identifiers that occur in the document as it will be, in its rest, or in what it includes."""
    rest_names: frozenset[str]
    """Identifiers of the text that the closure dropped."""
    loose_names: frozenset[str] = frozenset()
    """Other files declare them outside of design units: one compilation has them, slang does not see them."""
    look: Callable[[], Faults] = Faults
    """Finds what is wrong without the candidate; asked only if something is wrong with it."""

    @cached_property
    def faults(self) -> Faults:
        return self.look()

    def errors(self, fresh: Iterable[Raw]) -> list[tuple[Raw, Judgement]]:
        judged = ((error, self.judge(error)) for error in fresh)
        return [(error, judgement) for error, judgement in judged if judgement.severity is not None]

    def judge(self, error: Raw) -> Judgement:
        region = self.closed.place(error).region
        if made_up(error) or region == "inserted":
            return Judgement(None)
        if region == "elsewhere":
            return Judgement(Severity.WARNING, f"{error.file} line {error.line} does not fit any longer")
        if region in ("before", "after") and self._not_new(error):
            return Judgement(None)
        if error.code == "PortDoesNotExist" and error.names and self._half_typed(error, error.names[0]):
            return Judgement(None)
        if error.code in _STARVED and self.closed.closure.inserted.strip():
            return Judgement(None)
        if error.code in _MENDABLE and self.closed.closure.cursor.inside(*DESIGN_UNITS):
            return Judgement(None)
        if error.code in GRAVE:
            return Judgement(Severity.WARNING)
        if of_type_parameter(error, self.closed.closure.text):
            return Judgement(None)
        if error.code in _MISSING_UNITS:
            return self._missing(error)
        if error.code in BLIND_CODES and self.faults.blind:
            return Judgement(Severity.WARNING, "something that declares names cannot be read")
        if error.code in _UNDECLARED and (judgement := self._undeclared(error)):
            return judgement
        lasting = error.code in _LOOKUPS or (error.code in _DRIVERS and self._assigns)
        if self._unfinished(error) and (not lasting or self._half_macro(error)):
            return Judgement(None)
        return Judgement(Severity.ERROR)

    def _not_new(self, error: Raw) -> bool:
        """It was there before, in other words, or hidden by what the candidate mends."""
        if self.closed.place(error) in self.faults.places:
            return True
        if self._on_own_line(error):
            return False  # the candidate was written to fit it: `q <= 1;` before `#1 0;`
        return bool(self.faults.places) and error.code not in _CAUSED_AFAR

    def _on_own_line(self, error: Raw) -> bool:
        """Behind the candidate, before the end of the cursor's line."""
        closure = self.closed.closure
        behind = len(closure.before) + len(closure.inserted)
        return behind <= error.offset <= behind + len(closure.after.partition("\n")[0])

    def _missing(self, error: Raw) -> Judgement:
        """A module that no file has: a vendor primitive, one that is not written yet, or no module at all."""
        name = error.names[0] if error.names else ""
        if self._half_typed(error, name):
            return Judgement(None)
        behind = self.closed.closure.before[error.offset + len(name) :]
        if meant_as_keyword(name, HEADS if _INSTANCE.match(behind) else KEYWORDS):
            return Judgement(Severity.ERROR)
        return Judgement(Severity.WARNING, "not in the project")

    def _undeclared(self, error: Raw) -> Judgement | None:
        name = error.names[0] if error.names else ""
        if self._half_typed(error, name):
            return Judgement(None)
        if name in self.rest_names or name in self.loose_names:
            return Judgement(None)
        if name in self.faults.names:
            return Judgement(Severity.WARNING, "declared nowhere, and used all the same")
        if error.code == "UndeclaredButFoundPackage" and self.closed.closure.before.endswith(f"{name}:"):
            return Judgement(None)  # half of `::`
        if error.code == "UndeclaredIdentifier" and self._called(error, name) and self.open_module:
            if meant_as_keyword(name):
                return None
            return Judgement(Severity.WARNING, "may still be declared further down")
        if self._reaches_into(error, name) and (self.open_module or "end" in self.closed.closure.inserted):
            return Judgement(Severity.WARNING, "an instance that may still be written further down")
        return None

    def _reaches_into(self, error: Raw, name: str) -> bool:
        """`name.more.still_more`: a path through instances, which may stand anywhere in the module."""
        return _PATH.match(self.closed.closure.text, error.offset + len(name)) is not None

    @property
    def open_module(self) -> bool:
        """The text ends inside its module: declarations may follow."""
        return self.closed.keep is not Keep.ALL or "endmodule" in self.closed.closure.inserted

    def _called(self, error: Raw, name: str) -> bool:
        rest = self.closed.closure.text[error.offset + len(name) :].lstrip()
        return rest.startswith("(")

    def _half_typed(self, error: Raw, name: str) -> bool:
        before = self.closed.closure.before
        return error.offset >= len(before) - len(name) and self.touches_cursor(name)

    def _half_macro(self, error: Raw) -> bool:
        """A macro's name that may still go on."""
        return (
            error.code == "UnknownDirective"
            and "`" in self.closed.closure.before[error.offset - 1 :]
            and (self.closed.closure.before[error.offset :].lstrip("`").replace("_", "").isalnum())
        )

    def touches_cursor(self, name: str) -> bool:
        """The name ends at the cursor, and a longer one is known that begins with it: it is half typed."""
        if not name or not self.closed.closure.before.endswith(name):
            return False
        longer = (known for names in (self.known_names, self._keywords_here()) for known in names)
        return any(known.startswith(name) and known != name for known in longer)

    def _keywords_here(self) -> frozenset[str]:
        """Those that the word at the cursor may become: `en`, `defa`, and behind a bracket `pose`."""
        tail = self.closed.closure.cursor.tail
        before = tail[-2] if len(tail) > 1 else None
        frames = self.closed.closure.cursor.frames
        if frames and frames[-1].bracket and (before is None or before.text == ","):
            words = [token.text for token in frames[-1].statement]
            declares = words[0] in _HEADED or words[-2:] == ["for", "("] or not _STRUCTURES.isdisjoint(words)
            return KEYWORDS if declares else _EDGES
        if before is None or before.text in _BEFORE_STATEMENTS or before.text in (")", ":", ";", "]", "*)"):
            return KEYWORDS
        return _EDGES if before.text == "," else frozenset()

    def _unfinished(self, error: Raw) -> bool:
        """In the statement under way at the cursor, which the closure had to finish."""
        closure = self.closed.closure
        return self.unfinished and error.offset >= closure.statement_start

    @property
    def _assigns(self) -> bool:
        """What the statement under way sets is told in full: `y[0] =`, but not `y[`."""
        closure = self.closed.closure
        return "=" in closure.before[closure.statement_start :]

    @property
    def unfinished(self) -> bool:
        """The line ends at the cursor, within a statement."""
        closure = self.closed.closure
        line = closure.after.split("\n", 1)[0].strip()
        return bool(closure.inserted.strip()) or (self.within_statement and not line)

    @property
    def within_statement(self) -> bool:
        """The cursor is in a statement, or in a bracket of one."""
        cursor = self.closed.closure.cursor
        return bool(cursor.tail) or bool(cursor.frames and cursor.frames[-1].bracket)


def undeclared(errors: Iterable[Raw]) -> frozenset[str]:
    """The names that errors say are not declared."""
    return frozenset(error.names[0] for error in errors if error.code in _UNDECLARED and error.names)


BLIND_CODES = _UNDECLARED | {
    "UnknownDirective",
    "UnknownPackage",
    "UnknownPackageMember",
    "UnknownClassOrPackage",
}
