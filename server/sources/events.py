"""What triggers an always block: the clock and reset as this file writes them elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rtlwright.server.context.window import Context
from rtlwright.server.sources.match import is_clock, is_reset
from rtlwright.server.types import Cancel, Candidate, SourceName

_HEAD = re.compile(r"^[ \t]*(always(?:_ff)?)\b([ \t]*@?[ \t]*\(?[ \t]*)\Z")
_COMBINATIONAL = re.compile(r"^[ \t]*always_(?:comb|latch)([ \t]*)\Z")
_EDGES = re.compile(r"\balways(?:_ff)?\s*@\s*\(([^()]*\b(?:posedge|negedge)\b[^()]*)\)([ \t]*)(begin\b)?")


def propose_event(context: Context, cancel: Cancel) -> Iterator[Candidate]:
    """After `always_ff`, `always_ff @`, `always_ff @(` and the same of `always`."""
    if context.line_suffix.strip(" \t)"):
        return
    combinational = _COMBINATIONAL.match(context.line_prefix)
    if combinational:
        yield _candidate(context, "begin" if combinational[1] else " begin", -0.9)
        return
    head = _HEAD.match(context.line_prefix)
    if head is None:
        return
    for rank, events in enumerate(dict.fromkeys(_events(context))):
        yield _candidate(context, _rest(context, head[2], events), -0.3 - 0.3 * rank)


def _rest(context: Context, typed: str, events: str) -> str:
    """What is missing of `@(events) begin`."""
    whole = f"@({events}) begin"
    shown = "".join(typed.split())
    if context.line_suffix.lstrip().startswith(")"):
        whole = whole[: whole.index(")")]
    lead = "" if typed[-1:] in (" ", "\t") or shown else " "
    return lead + whole[len(shown) :]


def _events(context: Context) -> Iterator[str]:
    """Sensitivity lists of this module, the nearest first; else one made of its clock and reset."""
    scope, clean = context.scope, context.clean_prefix
    own = clean[-(context.offset - scope.start) :] if scope.module else clean
    found = [" ".join(match[1].split()) for match in _EDGES.finditer(own)]
    yield from reversed(found)
    after = _EDGES.search(context.clean_suffix)
    names = scope.names
    if after is not None and set(re.findall(r"\b(?:posedge|negedge)\s+(\w+)", after[1])) <= names.keys():
        yield " ".join(after[1].split())
    if found:
        return
    clocks = [name for name in names if is_clock(name)]
    resets = [name for name in names if is_reset(name)]
    for clock in clocks[:1]:
        style = _EDGES.search(clean)
        asynchronous = style is None or style[1].count("edge") > 1
        for reset in resets[:1] if asynchronous else ():
            edge = "negedge" if re.search(r"(?:_?n|_b|_l|_ni)$", reset.lower()) else "posedge"
            yield f"posedge {clock} or {edge} {reset}"
        yield f"posedge {clock}"


def _candidate(context: Context, text: str, score: float) -> Candidate:
    return Candidate(text, context.insertion(), SourceName.STRUCTURE, None, score)
