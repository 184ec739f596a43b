"""How Icarus words it that it lacks something: not every time is it sorry.

Measured on Icarus 11, 12 and 13 with the texts of tests/unit/check/versions/constructs.txt. A message counts
here only if slang, which reads all of IEEE 1800-2017, has found nothing wrong: then it is about Icarus, not
about the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rtlwright.server.check.confine.runner import Child, Ended

_LACKING = re.compile(
    r"internal error|failed assertion|not (?:currently |yet )?supported|I do not know how to elaborate"
    r"|Did you forget a word index|needs an array index here|doesn't match the context type"  # whole arrays
    r"|is not an input port|arguments must be input ports"  # functions with outputs
    r"|has no method|is not an? \w+ method|(?:No function named|unknown task) [`']+\w+\.\w+"
    r"|No function named [`'](?:std::)?randomize\b"
    r"|Type names are not valid expressions"  # associative arrays
)
_WHERE = (
    (re.compile(r"Unable to bind parameter|Dimensions must be constant"), re.compile(r"\bimport\b|::")),
    (re.compile(r"Unable to (?:bind|elaborate)"), re.compile(r"\bexport\b")),
)
"""Shortcomings that show only by what else is in the text: (message, text)."""
OVERSTRICT = re.compile(r"This assignment requires an explicit cast")
"""Of `next = go ? IDLE : BUSY;`, too, which has the enumeration's type (IEEE 1800-2017, 11.4.11). It goes on
elaborating, and where a cast is needed slang has said so."""
HARMLESS = re.compile(r"will be included|will be sensitive to|will be skipped")
"""It is sorry, and goes on all the same."""
CASCADE = re.compile(
    r"(?:syntax error|syntax in|errors? in|invalid|malformed|incomprehensible|superfluous item)\b",
    re.IGNORECASE,
)
"""What the parser says after a syntax error, of the same thing."""
_ABORTED = (-6, -11, 134, 139)
_ITS_OWN = re.compile(r"assert(?:ion)?\b.*fail|sorry:", re.IGNORECASE)


def lacking(message: str, text: str = "") -> bool:
    """Whether the message says what Icarus cannot do, rather than what is wrong with `text`."""
    if _LACKING.search(message):
        return True
    return any(words.search(message) and where.search(text) for words, where in _WHERE)


def assertion(child: Child) -> str | None:
    """What Icarus owned up to before it broke, if it did: its lack or its bug, whatever the text is."""
    if child.ended not in (Ended.EXITED, Ended.KILLED) or child.exit_status not in _ABORTED:
        return None
    return next((line[match.start() :] for line, match in _said(child.text)), None)


def _said(output: str) -> Iterator[tuple[str, re.Match[str]]]:
    """The lines in which it owns up before it breaks."""
    for line in output.splitlines():
        if match := _ITS_OWN.search(line):
            yield line, match
