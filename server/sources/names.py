"""Declared names for a partly typed identifier."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rtlwright.server.context.window import Context
from rtlwright.server.keywords import KEYWORDS
from rtlwright.server.types import Cancel, Candidate, SourceName

_WORD = re.compile(r"[A-Za-z_][\w$]*")
_DECLARES = re.compile(
    r"\b(?:input|output|inout|wire|reg|logic|bit|integer|int|genvar|parameter|localparam|module|interface|package"
    r"|function|task|class|typedef|struct|enum|program)\b[^=;]*\Z"
)
_MIN_TYPED = 2
_RECENT = 16 * 1024
_MAX_NAMES = 20_000


def propose_name(context: Context, cancel: Cancel) -> Iterator[Candidate]:
    """Names in scope that begin as the word does, the most recently used first.

    Nothing where the line declares a new name, after a dot, or within a longer word.
    """
    typed = context.word
    if len(typed) < _MIN_TYPED or typed in KEYWORDS or _WORD.match(context.line_suffix):
        return
    before = context.clean_prefix[: len(context.clean_prefix) - len(typed)]
    line = before[before.rfind("\n") + 1 :]
    if before.endswith((".", "`", "$", "'", "\\")) or _DECLARES.search(line):
        return
    if before[-1:].isalnum():
        return
    names = _names(context)
    if typed in names:
        return
    fitting = [name for name in names if name.startswith(typed)]
    folded = [name for name in names if name.lower().startswith(typed.lower()) and name not in fitting]
    if not (fitting or folded) or len(names) > _MAX_NAMES:
        return
    recent = before[-_RECENT:]
    fitting.sort(key=lambda name: -recent.rfind(name))
    sure = -0.8 if len(fitting) + len(folded) == 1 else -1.6
    for rank, name in enumerate(fitting[:16]):
        cancel.check()
        text = name[len(typed) :]
        yield Candidate(text, context.insertion(), SourceName.STRUCTURE, None, sure - 0.1 * rank)
    for rank, name in enumerate(folded[:4]):
        range_ = context.replacing(len(typed))
        yield Candidate(name, range_, SourceName.STRUCTURE, None, sure - 0.5 - 0.1 * rank)


def _names(context: Context) -> dict[str, None]:
    scope = context.scope
    names = dict.fromkeys(scope.names)
    names |= dict.fromkeys(parameter.name for parameter in scope.parameters)
    for declared in scope.types:
        names |= dict.fromkeys(declared.members if declared.kind == "enum" else (declared.name,))
    return {name: None for name in names if not name.startswith("enum ")}
