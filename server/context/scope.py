"""What surrounds a cursor: the enclosing module, what it has declared so far, and which blocks are open."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from rtlwright.server.context.headers import Instance, Net, Parameter, PortDecl, TypeDecl
from rtlwright.server.context.line_map import line_map
from rtlwright.server.context.survey import Survey, enclosing, imports_in, types_in
from rtlwright.server.context.text import blank
from rtlwright.server.types import Position

_HEADER = 16 * 1024
WINDOW = 128 * 1024
"""Characters before the cursor that are looked at: some five thousand lines."""

_BLOCK = re.compile(
    r"\b(?=[bcefgjrst])(?<!wait )(?<!disable )(begin|end|fork|join|join_any|join_none|case|casex|casez"
    r"|randcase|endcase|function|endfunction|task|endtask|generate|endgenerate|specify|endspecify)\b"
)
CLOSES = {
    "end": ("begin",), "join": ("fork",), "join_any": ("fork",), "join_none": ("fork",),
    "endcase": ("case", "casex", "casez", "randcase"), "endfunction": ("function",), "endtask": ("task",),
    "endgenerate": ("generate",), "endspecify": ("specify",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scope:
    """The state of the enclosing unit before the cursor. Outside of every unit, `module` is empty."""

    module: str = ""
    kind: str = ""
    start: int = 0
    """Offset of the unit in the document."""
    parameters: tuple[Parameter, ...] = ()
    ports: tuple[PortDecl, ...] = ()
    nets: tuple[Net, ...] = ()
    types: tuple[TypeDecl, ...] = ()
    instances: tuple[Instance, ...] = ()
    imports: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()
    """Keywords of the open blocks, outermost first: `generate`, `begin`, `case`, …"""

    @property
    def names(self) -> dict[str, PortDecl | Net]:
        """What an expression may name: ports and nets."""
        found: dict[str, PortDecl | Net] = {port.name: port for port in self.ports}
        return found | {net.name: net for net in self.nets}


def scope_at(text: str, position: Position) -> Scope:
    """The scope of a position; a position outside the text means its nearest end."""
    lines = line_map(text)
    try:
        offset = lines.offset(position.line, position.character)
    except IndexError:
        offset = len(text) if position.line >= 0 else 0
    return scope_before(text, offset)


def scope_before(text: str, offset: int) -> Scope:
    """The scope at an offset. Cached by what stands before the last finished statement of the line."""
    line_start = text.rfind("\n", 0, offset) + 1
    statement_end = text.rfind(";", line_start, offset) + 1
    first = window_start(text, offset)
    window = text[first : max(line_start, statement_end)]
    header = _distant_header(text, first)
    if header is None:
        return _scope(window, first)
    head = text[header : min(header + _HEADER, first)]
    scope = _scope(f"{head}\n{window}", header)
    return scope if scope.start <= header + 1 else _scope(window, first)


def _distant_header(text: str, first: int) -> int | None:
    """Where the module begins that is open at the start of the window, if it begins before."""
    if first == 0:
        return None
    start = text.rfind("\nmodule ", 0, first)
    if start < 0:
        return 0 if text.startswith("module ") and text.rfind("\nendmodule", 0, first) < 0 else None
    return start if text.rfind("\nendmodule", start, first) < 0 else None


def window_start(text: str, offset: int) -> int:
    """Where the looked-at text begins: at the start of a line."""
    if offset <= WINDOW:
        return 0
    return text.find("\n", offset - WINDOW, offset) + 1 or offset - WINDOW


@lru_cache(maxsize=32)
def _scope(head: str, base: int) -> Scope:
    clean = blank(head)
    unit = enclosing(clean)
    if unit is None:
        blocks = open_blocks(clean)
        return Scope(types=tuple(types_in(clean)), imports=imports_in(clean), blocks=blocks)
    body = clean[unit.start :]
    survey = Survey(body, clean.count("\n", 0, unit.start) + 1 if base == 0 else 0)
    return Scope(
        module=unit.name,
        kind=unit.kind,
        start=base + unit.start,
        parameters=tuple(survey.parameters.values()),
        ports=tuple(survey.ports.values()),
        nets=tuple(survey.nets.values()),
        types=tuple(types_in(clean)),
        instances=tuple(survey.instances),
        imports=imports_in(clean),
        blocks=open_blocks(body),
    )


def open_blocks(clean: str) -> tuple[str, ...]:
    """Keywords of the blocks that are still open at the end of comment-free text."""
    stack: list[str] = []
    for match in _BLOCK.finditer(clean):
        word = match[1]
        openers = CLOSES.get(word)
        if openers is None:
            stack.append(word)
        elif any(opened in openers for opened in stack[-4:]):
            while stack and stack.pop() not in openers:
                pass
    return tuple(stack)
