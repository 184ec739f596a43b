"""What a combinational block still lacks at its top: a default for each name that only some paths assign.

Without one, a path that assigns nothing keeps the old value, and synthesis infers a latch (IEEE 1800-2017,
9.2.2.2).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rtlwright.server.context.window import Context
from rtlwright.server.sources.assignments import WORDS, assigned, first_open, idle_value, lines
from rtlwright.server.sources.resets import between_statements, insertions
from rtlwright.server.types import Cancel, Candidate

_HEAD = re.compile(r"\balways(?:_comb\b|\s*@\s*(?:\*|\(\s*\*\s*\)))\s*begin\b(?:\s*:\s*\w+)?")
_BRANCHES = re.compile(r"\b(?:if|case[xz]?)\b")
_NEXT = re.compile(r"(?:next_|n_)(?P<after>\w+)\Z|(?P<before>\w+?)_(?:next|nxt|n|d|ns)\Z")


def propose_defaults(context: Context, cancel: Cancel) -> Iterator[Candidate]:
    """On a blank line before the first branch of `always_comb begin`: all defaults; and the first alone."""
    if context.line_prefix.strip() != context.word or context.line_suffix.strip():
        return
    clean = context.clean_prefix
    head = next(reversed(list(_HEAD.finditer(clean))), None)
    if head is None:
        return
    written = clean[head.end() :]
    if WORDS.search(written) or _BRANCHES.search(written) or not between_statements(written):
        return
    branches = _branches(context.clean_suffix)
    missing = first_open(assigned(branches, "="), set(assigned(written, "=")), context)
    if missing:
        values = [_held(context, name) or idle_value(context, name) for name in missing]
        yield from insertions(context, lines(missing, values, "=", written))


def _branches(suffix: str) -> str:
    """The rest of the block from its first branch on."""
    depth, stop = 1, len(suffix)
    for match in WORDS.finditer(suffix):
        depth += {"begin": 1, "end": -1}.get(match[1], 0)
        if depth == 0 or (match[1] not in ("begin", "end", "endcase") and not match[1].startswith("case")):
            stop = match.start()
            break
    first = _BRANCHES.search(suffix, 0, stop)
    return suffix[first.start() : stop] if first else ""


def _held(context: Context, name: str) -> str | None:
    """`state` for `next_state`, `count_q` for `count_d`: what was, as long as nothing is decided."""
    found = _NEXT.match(name)
    if found is None:
        return None
    stem = found["after"] or found["before"]
    held = (stem, f"{stem}_q", f"{stem}_r", f"{stem}_reg", f"current_{stem}", f"{stem}_cs")
    return next((each for each in held if each in context.scope.names), None)
