"""Quick fixes: only where what was meant is certain enough to write it down."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator

from rtlwright.server.actions.edits import Action, ActionKind, TextEdit
from rtlwright.server.actions.instances import instance_at
from rtlwright.server.actions.places import edit_at
from rtlwright.server.context.headers import ModuleHeader
from rtlwright.server.context.line_map import line_map
from rtlwright.server.context.text import IDENTIFIER, blank
from rtlwright.server.context.window import Context
from rtlwright.server.keywords import KEYWORDS
from rtlwright.server.types import Diagnostic, Language

Fix = tuple[str, TextEdit]

_BRACKETS = (("(", ")"), ("[", "]"), ("{", "}"))
_LEFT_OUT = re.compile(r"`ifn?def\b(?:(?!`ifn?def\b).)*?`endif\b", re.DOTALL)
"""The innermost conditional part; slang names a place behind which every part is left out."""
_ALONE = r"[;)]|,\s*(?:input|output|inout)\b"
_ALIKE = 0.75
"""Share of common letters (difflib's ratio) from which a name is taken for a misspelling of another."""
_MISSPELLABLE = (
    "assign",
    "always",
    "begin",
    "endmodule",
    "endcase",
    "initial",
    "input",
    "output",
    "parameter",
)


def mend(context: Context, own: ModuleHeader | None, diagnostic: Diagnostic) -> Action | None:
    """The fix of one diagnostic; `own` is the module that the cursor is in, as its whole file has it."""
    for pattern, fixer in _FIXERS:
        if found := pattern.search(diagnostic.message):
            fix = fixer(_Place(context, own, _offset(context, diagnostic)), found)
            if fix is not None:
                return Action(fix[0], ActionKind.QUICK_FIX, (fix[1],), mends=diagnostic)
    return None


class _Place:
    """Where the diagnostic stands, and what is around it."""

    def __init__(self, context: Context, own: ModuleHeader | None, offset: int):
        self.context = context
        self.own = own
        self.offset = offset
        self.text = context.document.text
        self.clean = blank(self.text)

    def edit(self, start: int, end: int, text: str) -> TextEdit:
        return edit_at(self.context.document, start, end, text)

    def word(self) -> re.Match[str] | None:
        """The identifier at the place."""
        return IDENTIFIER.match(self.clean, self.offset)


def _semicolon(place: _Place, found: re.Match[str]) -> Fix | None:
    """Behind the last token before the place: slang names the place where it stopped to understand."""
    end = len(place.clean[: place.offset].rstrip())
    if end == 0 or place.clean[end - 1] == ";":
        return None
    statement = place.clean[place.clean.rfind(";", 0, end) + 1 : end]
    if any(statement.count(opening) > statement.count(closing) for opening, closing in _BRACKETS):
        return None  # something else is wrong between the brackets
    return "Insert the missing ;", place.edit(end, end, ";")


def _endmodule(place: _Place, found: re.Match[str]) -> Fix | None:
    """Only where nothing follows but what a condition leaves out: inside a file it may belong elsewhere."""
    rest, more = place.clean[place.offset :], 1
    while more:
        rest, more = _LEFT_OUT.subn("", rest)
    if rest.strip():
        return None
    end, newline = len(place.text), place.context.newline
    before = "" if place.text.endswith(("\n", "\r")) else newline
    return f"Insert the missing {found[1]}", place.edit(end, end, f"{before}{found[1]}{newline}")


def _misspelled(place: _Place, found: re.Match[str]) -> Fix | None:
    word = place.word()
    if word is None or word[0] != found[1]:
        return None
    nearest = _nearest(word[0], (*_names(place.own), *_MISSPELLABLE))
    if nearest is None or (nearest in KEYWORDS and not _begins_statement(place.clean, word.start())):
        return None
    return f"Change {word[0]} to {nearest}", place.edit(word.start(), word.end(), nearest)


def _port(place: _Place, found: re.Match[str]) -> Fix | None:
    index = place.context.index
    written = instance_at(place.context.document, place.offset, index) if index else None
    word = place.word()
    if written is None or word is None or word[0] != found[1]:
        return None
    free = [port.name for port in written.unit.ports if port.name not in written.ports.by_name]
    nearest = _nearest(word[0], free)
    return (f"Change {word[0]} to {nearest}", place.edit(*word.span(), nearest)) if nearest else None


def _variable(place: _Place, found: re.Match[str]) -> Fix | None:
    """A net that a procedure assigns becomes a variable, where it is declared.

    In Verilog only where it is declared alone: a `reg` beside it could not be driven by an `assign`.
    """
    word = place.word()
    if word is None or place.own is None:
        return None
    start = place.context.scope.start
    verilog = place.context.document.language is Language.VERILOG
    kind, behind = ("reg", _ALONE) if verilog else ("logic", "[,;)]")
    shape = rf"(\s+(?:signed\s+)?(?:\[[^\]]*\]\s*)*){re.escape(word[0])}\s*(?={behind})"
    end = place.clean.find("endmodule", start)
    pattern = re.compile(rf"(?:\b(output)(\s+wire)?|\b(wire)){shape}")
    places = pattern.finditer(place.clean, start, end if end >= 0 else len(place.clean))
    declared = max(places, key=lambda one: (bool(one[3]), -one.start()), default=None)  # `output y; wire y;`
    if declared is None:
        return None
    end = declared.start(4)
    text = f"output {kind}" if declared[1] else kind
    return f"Declare {word[0]} as {kind}", place.edit(declared.start(), end, text)


_FIXERS: tuple[tuple[re.Pattern[str], Callable[[_Place, re.Match[str]], Fix | None]], ...] = (
    (re.compile(r"\Aexpected ';'"), _semicolon),
    (re.compile(r"\Aexpected '(endmodule|endinterface|endpackage)'"), _endmodule),
    (re.compile(r"\Ause of undeclared identifier '([^']+)'"), _misspelled),
    (re.compile(r"\Aunknown module '([^']+)'"), _misspelled),
    (re.compile(r"\Aport '([^']+)' does not exist in"), _port),
    (re.compile(r"\Acannot assign to a net within a procedural context"), _variable),
)


def _offset(context: Context, diagnostic: Diagnostic) -> int:
    lines = line_map(context.document.text)
    try:
        return lines.offset(diagnostic.line - 1, max(diagnostic.column - 1, 0))
    except IndexError:
        return len(context.document.text)


def _names(own: ModuleHeader | None) -> Iterator[str]:
    if own is not None:
        yield from own.declared


def _nearest(word: str, names: Iterable[str]) -> str | None:
    """The one name that is like it; None if there is none, or a second that is as like."""
    close = difflib.get_close_matches(word, set(names) - {word}, n=2, cutoff=_ALIKE)
    ratios = [difflib.SequenceMatcher(None, name, word).ratio() for name in close]
    if not close or (len(close) == 2 and ratios[0] - ratios[1] < 0.05):
        return None
    return close[0]


def _begins_statement(clean: str, offset: int) -> bool:
    before = clean[:offset].rstrip()
    return not before or before[-1] in ";)" or before.endswith(("begin", "end", "endcase"))
