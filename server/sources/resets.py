"""What a reset branch still lacks: the registers that its always block assigns and the branch does not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rtlwright.server.context.window import Context
from rtlwright.server.sources.assignments import WORDS, assigned, first_open, idle_value, lines
from rtlwright.server.sources.match import is_reset
from rtlwright.server.types import Cancel, Candidate, SourceName

_HEAD = re.compile(r"\balways(?:_ff)?\s*@\s*\(([^()]*\b(?:posedge|negedge)\b[^()]*)\)")
_BEGIN = r"begin\b(?:\s*:\s*\w+)?"
_BRANCH = re.compile(rf"\s*(?:{_BEGIN})?\s*if\s*\(([^()]*)\)\s*{_BEGIN}")
_TESTED = re.compile(r"\s*[!~]?\s*(\w+)\s*(?:[!=]=+\s*1?'?b?[01]\s*)?\Z")


@dataclass(frozen=True, slots=True)
class _Branch:
    """The reset branch around the cursor."""

    written: str
    """From its `begin` to the cursor, and from there to its `end`."""
    rest: str
    """What follows in the same always block."""


def propose_resets(context: Context, cancel: Cancel) -> Iterator[Candidate]:
    """On a blank line of a reset branch: all that is missing; and the next one alone."""
    if context.line_prefix.strip() != context.word or context.line_suffix.strip():
        return
    branch = _branch(context)
    if branch is None:
        return
    missing = first_open(assigned(branch.rest, "<="), set(assigned(branch.written, "<=")), context)
    if missing:
        values = [idle_value(context, name) for name in missing]
        yield from insertions(context, lines(missing, values, "<=", branch.written))


def insertions(context: Context, found: list[str]) -> Iterator[Candidate]:
    """All lines, where no word is typed yet; and the first of them."""
    if len(found) > 1 and not context.word:
        whole = f"{context.newline}{context.line_prefix}".join(found)
        yield Candidate(whole, context.insertion(), SourceName.STRUCTURE, None, -0.2)
    yield Candidate(found[0][len(context.word) :], context.insertion(), SourceName.STRUCTURE, None, -0.5)


def _branch(context: Context) -> _Branch | None:
    """The branch that the cursor stands in, at its outermost level; None anywhere else."""
    clean = context.clean_prefix
    head = next(reversed(list(_HEAD.finditer(clean))), None)
    found = _BRANCH.match(clean, head.end()) if head else None
    if head is None or found is None or not _is_reset(found[1], head[1]):
        return None
    written = clean[found.end() :]
    if WORDS.search(written) or not between_statements(written):
        return None
    inside, rest = _parts(context.clean_suffix)
    return _Branch(written + "\n;" + inside, rest)


def _is_reset(condition: str, events: str) -> bool:
    tested = _TESTED.match(condition)
    return tested is not None and (
        is_reset(tested[1]) or tested[1] in re.findall(r"edge\s+(\w+)", events)[1:]
    )


def between_statements(written: str) -> bool:
    """Whether the last line of a block's text stands where a statement may begin."""
    before = written[: written.rfind("\n") + 1].rstrip()
    return not before or before.endswith(";")


def _parts(suffix: str) -> tuple[str, str]:
    """What follows the cursor in its branch, and after the branch in its always block."""
    depth, end, stop = 1, None, len(suffix)
    for match in WORDS.finditer(suffix):
        word = match[1]
        if word == "begin" or word.startswith("case"):
            depth += 1
        elif word in ("end", "endcase"):
            depth -= 1
            end = match.start() if depth == 0 and end is None else end
        else:
            stop = match.start()
            break
    return suffix[: end or 0], suffix[end or 0 : stop]
