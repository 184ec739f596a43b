"""One plain sentence for the messages that come most often: what to do, in the reader's own words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from rtlwright.server.types import Diagnostic, StageResult

_TABLE = (
    (r"undeclared identifier '(\w+)'; did you mean '(\w+)'", r"Is \2 meant? Nothing declares \1."),
    (r"use of undeclared identifier '(\w+)'", r"Declare \1, or check its spelling."),
    (r"Unable to bind wire/reg/memory [`']([\w.]+)'", r"Declare \1, or check its spelling."),
    (r"Could not find variable `+([\w.]+)'", r"Declare \1, or check its spelling."),
    (r"port [`']+(\w+)'+ (?:does not exist|is not a port)", r"\1 is no port of this module; see its header."),
    (r"unknown module '(\w+)'", r"No file of the project defines \1; it is taken as a black box."),
    (r"[Ll]atch inferred for signal '?([\w.]+)", r"Assign \1 on every path, or give it a default first."),
    (r"conflicting drivers for ([\w.]+)", r"\1 is driven from more than one place; keep one of them."),
    (r"(?:found|combinational) (?:logic )?loop", "A signal depends on itself without a register in between."),
    (r"is used but has no driver", "Nothing drives this signal; it reads as unknown."),
    (
        r"cannot be driven by primitives or cont",
        "A reg is assigned in procedures; make it a wire for assign.",
    ),
    (
        r"cannot assign to a net|not a valid l-value",
        "A wire is not assigned in procedures; make it reg or logic.",
    ),
    (r"redefinition of|already been declared", "The name is taken; choose another one."),
    (r"too many port|Wrong number of ports", "The instance connects more ports than the module has."),
    (r"expected ';'", "A semicolon is missing before this."),
    (r"expected 'end(\w*)'", r"A block is not closed: end\1 is missing."),
    (r"unexpected 'end(\w*)'", r"This end\1 closes nothing that is open."),
    (r"expected expression", "An operand is missing here."),
    (r"unknown macro or compiler directive '?`(\w+)", r"No `define of \1 is in sight."),
    (r"unknown package '(\w+)'", r"No file of the project defines the package \1."),
    (r"ran past its time limit", "The text keeps the tool busy without end."),
)
_HINTS = tuple((re.compile(pattern), sentence) for pattern, sentence in _TABLE)


def hint(message: str) -> str | None:
    """The sentence for a tool's message, if it is a common one."""
    for pattern, sentence in _HINTS:
        if match := pattern.search(message):
            return match.expand(sentence).strip()
    return None


def explained(stage: StageResult) -> StageResult:
    """The stage with a hint at each diagnostic that has none."""
    return replace(stage, diagnostics=tuple(_explain(stage.diagnostics)))


def _explain(diagnostics: Iterable[Diagnostic]) -> Iterable[Diagnostic]:
    for diagnostic in diagnostics:
        found = diagnostic.hint or hint(diagnostic.message)
        yield replace(diagnostic, hint=found) if found else diagnostic
