"""What a module declares, found by the first words of its lines: quick, and indifferent to broken code.

Texts here are free of comments and strings (`text.blank`). A file of two thousand lines takes a few
milliseconds, once per finished line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rtlwright.server.context.declare import DIRECTIONS, STARTERS, Declared, read_declaration
from rtlwright.server.context.headers import Instance, Net, Parameter, PortDecl, TypeDecl
from rtlwright.server.context.text import IDENTIFIER
from rtlwright.server.keywords import KEYWORDS

UNIT_KINDS = frozenset(
    ["module", "macromodule", "interface", "package", "program", "class", "checker", "primitive"]
)
# A pattern that begins with a literal is searched for many times faster than one that does not.
_LINE_WORD = re.compile(r"(?:^|;)[ \t]*(?:\(\*[^*\n]*\*\)\s*)*([A-Za-z_]\w*)", re.M)
"""The first word of a line, behind its attributes."""
_UNIT_NAME = re.compile(r"(?:[ \t]+(?:automatic|static)\b)?\s+([A-Za-z_]\w*)")
_UNIT_END = re.compile(r"end(?:module|interface|package|program|class|checker|primitive)\b")
_HEADER_WORD = re.compile(r"\b(?:input|output|inout|ref|parameter|localparam)\b")
_LISTED = re.compile(r"[(,]\s*(?=[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)?[ \t]+[A-Za-z_]\w*\s*[,)])")
_TYPED = re.compile(
    r"[A-Za-z_]\w*(?:::[A-Za-z_]\w*)?(?:\s*\[[^\]\n]*\])*[ \t]+[A-Za-z_]\w*\s*(?:\[[^\]\n]*\]\s*)*[,;=]"
)
_NAMED_OPEN = re.compile(r"\s*([A-Za-z_]\w*)\s*(?:\[[^\]\n]*\]\s*)?\(")
_PARAMETERS_OPEN = re.compile(r"\s*#\s*\(")
_APART = tuple(
    re.compile(pattern)
    for pattern in (
        r"typedef\b[^;{}]*(?:\{[^{}]*\})?[^;{}]*;",
        r"function\b[\s\S]*?\bendfunction\b",
        r"task\b[\s\S]*?\bendtask\b",
        r"struct\b[^{};]*\{[^{}]*\}",
        r"union\b[^{};]*\{[^{}]*\}",
        r"enum\b[^{};]*\{[^{}]*\}",
        r"modport\b[^;]*;",
    )
)
"""What has names of its own, which are no nets of the module."""
_ENUM = re.compile(r"enum\b[^{};]*\{([^{}]*)\}\s*([A-Za-z_]\w*)")
_RECORD = re.compile(r"typedef\s+(struct|union)\b[^{};]*\{([^{}]*)\}\s*([A-Za-z_]\w*)")
_ALIAS = re.compile(r"typedef\s+(?!enum\b|struct\b|union\b|class\b)([^{};]+?)\s+([A-Za-z_]\w*)\s*;")
_IMPORT = re.compile(r"import\s+([A-Za-z_]\w*)\s*::")
_PARENTHESIS = re.compile(r"[()]")
_NOT_NEWLINE = re.compile(r"[^\n]")
_STATEMENT_WORDS = frozenset({"else", "begin", "generate", "end"})
_AFTER_WORDS = re.compile(r"(?:[ \t]*:[ \t]*\w+)?\s*([A-Za-z_]\w*)")


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit that is open at the end of the text."""

    kind: str
    name: str
    start: int


def enclosing(clean: str) -> Unit | None:
    """The innermost unit still open. A second `module` closes the first: its end is yet to be typed."""
    events: list[tuple[int, Unit | None]] = [(m.start(), None) for m in _UNIT_END.finditer(clean)]
    for match in _LINE_WORD.finditer(clean):
        if match[1] in UNIT_KINDS:
            name = _UNIT_NAME.match(clean, match.end())
            if name is not None:
                kind = "module" if match[1] == "macromodule" else match[1]
                events.append((match.start(1), Unit(kind, name[1], match.start(1))))
    stack: list[Unit] = []
    for _, unit in sorted(events, key=lambda event: event[0]):
        kept = stack[:-1] if unit is None else stack if unit.kind == "class" else []
        stack = kept if unit is None else [*kept, unit]
    return stack[-1] if stack else None


class Survey:
    """The declarations and instances of one unit, from its first word to the end of the text."""

    def __init__(self, body: str, line: int):
        """`line` is the 1-based line of the body's start, 0 if lines are not wanted."""
        self._body = body
        self._line = line
        self.parameters: dict[str, Parameter] = {}
        self.ports: dict[str, PortDecl] = {}
        self.nets: dict[str, Net] = {}
        self.instances: list[Instance] = []
        for pattern in _APART:
            body = pattern.sub(_spaces, body)
        self._read = 0
        self._counted, self._lines = 0, 0
        header_end = body.find(";") + 1 or len(body)
        self._header(body[:header_end])
        self._members(body, header_end)

    def _header(self, header: str) -> None:
        for match in _HEADER_WORD.finditer(header):
            self._declare(header, match.start())
        for match in _LISTED.finditer(header):  # `axi_if.master bus` without a direction before it
            self._declare(header, match.end())

    def _members(self, body: str, start: int) -> None:
        for match in _LINE_WORD.finditer(body, max(0, start - 1)):
            word, at = match[1], match.start(1)
            while word in _STATEMENT_WORDS:  # `else sub u (`, `begin : g sub u (`
                following = _AFTER_WORDS.match(body, at + len(word))
                if following is None or following.start(1) <= at:
                    break
                word, at = following[1], following.start(1)
            if word in STARTERS:
                self._declare(body, at)
            elif word not in KEYWORDS and at >= self._read:
                if _TYPED.match(body, at):
                    self._declare(body, at)
                else:
                    self._instance(body, word, at)

    def _declare(self, text: str, at: int) -> None:
        if at < self._read:
            return
        declared, self._read = read_declaration(text, at)
        for item in declared:
            if item.storage in ("parameter", "localparam"):
                is_local = item.storage == "localparam"
                parameter = Parameter(item.name, item.value, item.type_text, is_local)
                self.parameters[item.name] = parameter
            elif item.storage in DIRECTIONS or "." in item.type_text:
                self.ports[item.name] = _port(item, self._line_at(item.offset))
            elif item.name not in self.ports:
                line = self._line_at(item.offset)
                self.nets[item.name] = Net(
                    item.name, item.type_text, item.width_text, item.unpacked_text, line
                )

    def _instance(self, body: str, module: str, at: int) -> None:
        end = at + len(module)
        parameters = _PARAMETERS_OPEN.match(body, end)
        if parameters is not None:
            end = closing(body, parameters.end() - 1) + 1
            if end == 0:
                return
        elif not body[end : end + 1].isspace():
            return
        named = _NAMED_OPEN.match(body, end)
        if named is not None and named[1] not in KEYWORDS:
            self.instances.append(Instance(named[1], module, self._line_at(at)))

    def _line_at(self, offset: int) -> int:
        if not self._line:
            return 0
        if offset < self._counted:
            return self._line + self._body.count("\n", 0, offset)
        self._lines += self._body.count("\n", self._counted, offset)
        self._counted = offset
        return self._line + self._lines


def types_in(clean: str) -> Iterator[TypeDecl]:
    """Enumerations (an anonymous one is called `enum variable`), records and aliases."""
    for match in _ENUM.finditer(clean):
        members = (IDENTIFIER.match(part.strip()) for part in match[1].split(","))
        named = clean[max(0, match.start() - 32) : match.start()].rstrip().endswith("typedef")
        name = match[2] if named else f"enum {match[2]}"
        yield TypeDecl(name, "enum", tuple(member[0] for member in members if member))
    for match in _RECORD.finditer(clean):
        declared = (read_declaration(part.lstrip() + ";", 0)[0] for part in match[2].split(";"))
        yield TypeDecl(match[3], match[1], tuple(item.name for items in declared for item in items))
    for match in _ALIAS.finditer(clean):
        yield TypeDecl(match[2], "alias", (), " ".join(match[1].split()))


def imports_in(clean: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_IMPORT.findall(clean)))


def closing(clean: str, opener: int, limit: int = 64 * 1024) -> int:
    """Offset of the parenthesis that closes the one at `opener`; -1 if there is none."""
    depth = 0
    for match in _PARENTHESIS.finditer(clean, opener, opener + limit):
        depth += 1 if match.group() == "(" else -1
        if depth == 0:
            return match.start()
    return -1


def _port(item: Declared, line: int) -> PortDecl:
    """A port; a type with a modport makes it one of an interface, whatever direction stood before."""
    is_interface = "." in item.type_text
    direction = "" if is_interface else item.storage
    return PortDecl(
        item.name, direction, item.type_text, item.width_text, item.unpacked_text, is_interface, line
    )


def _spaces(match: re.Match[str]) -> str:
    return _NOT_NEWLINE.sub(" ", match.group())
