"""What surrounds a cursor: the enclosing module, what it has declared so far, and which blocks are open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from rtlwright.server.context.declare import DIRECTIONS, Declared, declarations
from rtlwright.server.context.headers import Instance, Net, Parameter, PortDecl, TypeDecl
from rtlwright.server.context.text import IDENTIFIER, KEYWORDS, LineMap, blank
from rtlwright.server.types import Position

_HEADER = 16 * 1024
WINDOW = 256 * 1024
"""Characters before the cursor that are looked at: some ten thousand lines."""

_UNIT = re.compile(
    r"(?:^|;|\bend\w*\b|\*\))\s*(?:virtual\s+)?"
    r"(module|macromodule|interface|package|program|class|checker|primitive)\b"
    r"(?:[ \t]+(?:automatic|static)\b)?\s+([A-Za-z_]\w*)"
    r"|\b(endmodule|endinterface|endpackage|endprogram|endclass|endchecker|endprimitive)\b",
    re.M,
)
_BLOCK = re.compile(
    r"\b(begin|end|fork|join|join_any|join_none|case|casex|casez|randcase|endcase|function|endfunction|task"
    r"|endtask|generate|endgenerate|specify|endspecify)\b"
)
_CLOSES = {
    "end": ("begin",), "join": ("fork",), "join_any": ("fork",), "join_none": ("fork",),
    "endcase": ("case", "casex", "casez", "randcase"), "endfunction": ("function",), "endtask": ("task",),
    "endgenerate": ("generate",), "endspecify": ("specify",),
}  # fmt: skip
_ENUM = re.compile(r"\b(typedef\s+)?enum\b([^{};]*)\{([^{}]*)\}\s*([A-Za-z_]\w*)")
_RECORD = re.compile(r"\btypedef\s+(struct|union)\b[^{};]*\{([^{}]*)\}\s*([A-Za-z_]\w*)")
_ALIAS = re.compile(r"\btypedef\s+(?!enum\b|struct\b|union\b|class\b)([^{};]+?)\s+([A-Za-z_]\w*)\s*;")
_INSTANCE = re.compile(
    r"(?:^|;|\bbegin\b|\bend\b|\belse\b|\bgenerate\b|\)|:\s*\w+)\s*([A-Za-z_]\w*)\s+([A-Za-z_]\w*)\s*"
    r"(?:\[[^\]\n]*\]\s*)?\(",
    re.M,
)
_PARAMETERIZED = re.compile(r"\b([A-Za-z_]\w*)\s*#\s*\(")
_NAMED_OPEN = re.compile(r"\s*([A-Za-z_]\w*)\s*(?:\[[^\]\n]*\]\s*)?\(")
_APART = re.compile(
    r"\btypedef\b[^;{}]*(?:\{[^{}]*\})?[^;{}]*;|\bfunction\b[\s\S]*?\bendfunction\b|\btask\b[\s\S]*?\bendtask\b"
    r"|\b(?:struct|union)\b[^{};]*(\{[^{}]*\})|\bmodport\b[^;]*;"
)
"""What has names of its own: those are no nets of the module."""
_IMPORT = re.compile(r"\bimport\s+([A-Za-z_]\w*)\s*::")


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
    lines = LineMap.of(text)
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
    unit = _enclosing(clean)
    outer = tuple(dict.fromkeys(_IMPORT.findall(clean)))
    if unit is None:
        return Scope(types=tuple(_types(clean)), imports=outer)
    start = unit.start(1)
    body = clean[start:]
    parameters, ports, nets = _declared(_APART.sub(_spaces, body), head.count("\n", 0, start))
    return Scope(
        module=unit[2],
        kind="module" if unit[1] == "macromodule" else unit[1],
        start=base + start,
        parameters=tuple(parameters.values()),
        ports=tuple(ports.values()),
        nets=tuple(nets.values()),
        types=tuple(_types(clean)),
        instances=tuple(_instances(body)),
        imports=outer,
        blocks=open_blocks(body),
    )


def _enclosing(clean: str) -> re.Match[str] | None:
    """The innermost unit still open. A second `module` closes the first: its end is yet to be typed."""
    stack: list[re.Match[str]] = []
    for match in _UNIT.finditer(clean):
        if match[3]:
            if stack:
                stack.pop()
        elif match[1] == "class":
            stack.append(match)
        else:
            stack = [match]
    return stack[-1] if stack else None


def _declared(body: str, line: int) -> tuple[dict[str, Parameter], dict[str, PortDecl], dict[str, Net]]:
    parameters: dict[str, Parameter] = {}
    ports: dict[str, PortDecl] = {}
    nets: dict[str, Net] = {}
    counted = 0
    for item in declarations(body):
        line += body.count("\n", counted, item.offset)
        counted = item.offset
        if item.storage in ("parameter", "localparam"):
            is_local = item.storage == "localparam"
            parameters[item.name] = Parameter(item.name, item.value, item.type_text, is_local)
        elif item.storage in DIRECTIONS:
            ports[item.name] = _port(item, line + 1)
        elif item.name not in ports:
            nets[item.name] = Net(item.name, item.type_text, item.width_text, item.unpacked_text, line + 1)
    return parameters, ports, nets


def _port(item: Declared, line: int) -> PortDecl:
    """A port; a type with a modport makes it one of an interface, whatever direction stood before."""
    is_interface = "." in item.type_text
    direction = "" if is_interface else item.storage
    return PortDecl(
        item.name, direction, item.type_text, item.width_text, item.unpacked_text, is_interface, line
    )


def _spaces(match: re.Match[str]) -> str:
    return _NOT_NEWLINE.sub(" ", match.group())


def _types(clean: str) -> Iterator[TypeDecl]:
    for match in _ENUM.finditer(clean):
        members = tuple(m[0] for m in (IDENTIFIER.match(part.strip()) for part in match[3].split(",")) if m)
        yield TypeDecl(match[4] if match[1] else f"enum {match[4]}", "enum", members)
    for match in _RECORD.finditer(clean):
        fields = tuple(item.name for item in declarations(match[2]))
        yield TypeDecl(match[3], match[1], fields)
    for match in _ALIAS.finditer(clean):
        yield TypeDecl(match[2], "alias", (), " ".join(match[1].split()))


def _instances(body: str) -> Iterator[Instance]:
    for match in _INSTANCE.finditer(body):
        if match[1] not in KEYWORDS and match[2] not in KEYWORDS:
            yield Instance(match[2], match[1])
    for match in _PARAMETERIZED.finditer(body):
        end = closing(body, match.end() - 1)
        named = _NAMED_OPEN.match(body, end + 1) if end >= 0 else None
        if named and match[1] not in KEYWORDS and named[1] not in KEYWORDS:
            yield Instance(named[1], match[1])


_NOT_NEWLINE = re.compile(r"[^\n]")
_PARENTHESIS = re.compile(r"[()]")


def closing(clean: str, opener: int, limit: int = 64 * 1024) -> int:
    """Offset of the parenthesis that closes the one at `opener`; -1 if there is none."""
    depth = 0
    for match in _PARENTHESIS.finditer(clean, opener, opener + limit):
        depth += 1 if match.group() == "(" else -1
        if depth == 0:
            return match.start()
    return -1


def open_blocks(clean: str) -> tuple[str, ...]:
    """Keywords of the blocks that are still open at the end of comment-free text."""
    stack: list[str] = []
    for match in _BLOCK.finditer(clean):
        word = match[1]
        openers = _CLOSES.get(word)
        if openers is None:
            stack.append(word)
        elif any(opened in openers for opened in stack[-4:]):
            while stack and stack.pop() not in openers:
                pass
    return tuple(stack)
