"""What a name means: for hover and for going to its definition."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rtlwright.server.actions.instances import INSTANTIABLE, instance_at
from rtlwright.server.context.describe import summary
from rtlwright.server.context.headers import ModuleHeader, Net, Parameter, PortDecl
from rtlwright.server.context.index import ProjectIndex
from rtlwright.server.context.window import Context
from rtlwright.server.keywords import KEYWORDS

_WORD = re.compile(r"`?[A-Za-z_][\w$]*")
_PORT_BEFORE = re.compile(r"\.\s*\Z")


@dataclass(frozen=True, slots=True)
class Symbol:
    """A declared name."""

    name: str
    kind: str
    """`module`, `package`, `port`, `net`, `parameter`, `macro`, `instance`, …"""
    declaration: str
    """As it would be written, in one or several lines."""
    path: str
    """Relative to the project's root, or absolute outside of it."""
    line: int
    """1-based; 0 where it is not known."""
    start: int
    """Offsets of the word that was looked up, in the document."""
    end: int


def look_up(context: Context, own: ModuleHeader | None, index: ProjectIndex) -> Symbol | None:
    """The meaning of the word at the context's place; None for what the index does not know."""
    word = _word_at(context)
    if word is None or not context.in_code:
        return None
    name, start, end = word
    if name.startswith("`"):
        return _macro(index, name[1:], start, end)
    if _PORT_BEFORE.search(context.document.text, max(0, start - 64), start):
        return _port_of_instance(context, index, name, start, end)
    if name in KEYWORDS:
        return None
    return _local(own, name, start, end) or _unit(context, index, name, start, end)


def _word_at(context: Context) -> tuple[str, int, int] | None:
    line_start = context.offset - len(context.line_prefix)
    for match in _WORD.finditer(context.line_prefix + context.line_suffix):
        if match.start() <= len(context.line_prefix) <= match.end():
            return match[0], line_start + match.start(), line_start + match.end()
    return None


def _macro(index: ProjectIndex, name: str, start: int, end: int) -> Symbol | None:
    macro = index.names.macro(name)
    if macro is None:
        return None
    text = f"`define {macro.name}{macro.arguments} {macro.body}".rstrip()
    return Symbol(name, "macro", text, macro.path, macro.line, start, end)


def _port_of_instance(
    context: Context, index: ProjectIndex, name: str, start: int, end: int
) -> Symbol | None:
    written = instance_at(context.document, start, index)
    if written is None:
        return None
    lists = written.parameters
    if lists is not None and lists.start <= start <= lists.end:
        parameters = {parameter.name: parameter for parameter in written.unit.parameters}
        if name in parameters:
            text = declaration(parameters[name])
            return Symbol(name, "parameter", text, written.unit.path, written.unit.line, start, end)
    ports = {port.name: port for port in written.unit.ports}
    if name not in ports:
        return None
    port = ports[name]
    where = port.line or written.unit.line
    text = f"{declaration(port)}  // port of {written.unit.name}"
    return Symbol(name, "port", text, written.unit.path, where, start, end)


def _local(own: ModuleHeader | None, name: str, start: int, end: int) -> Symbol | None:
    """What the module that the cursor is in declares."""
    if own is None:
        return None
    groups = (("port", own.ports), ("net", own.nets), ("parameter", own.parameters))
    for kind, items in groups:
        for item in items:
            if item.name == name:
                line = getattr(item, "line", 0) or own.line
                return Symbol(name, kind, declaration(item), own.path, line, start, end)
    for instance in own.instances:
        if instance.name == name:
            text = f"{instance.module} {instance.name} (…)"
            return Symbol(name, "instance", text, own.path, instance.line or own.line, start, end)
    return None


def _unit(context: Context, index: ProjectIndex, name: str, start: int, end: int) -> Symbol | None:
    unit = index.module(name, context.document.path)
    if unit is None:
        unit = next((package for package in index.packages() if package.name == name), None)
    if unit is None:
        return None
    text = header(unit) if unit.kind in INSTANTIABLE else f"{unit.kind} {unit.name};"
    return Symbol(name, unit.kind, text, unit.path, unit.line, start, end)


def declaration(item: PortDecl | Net | Parameter) -> str:
    """`input logic [7:0] data`, `parameter int DEPTH = 16`."""
    if isinstance(item, Parameter):
        kind = "localparam" if item.is_local else "parameter"
        words = [kind, item.type_text, item.name, f"= {item.default}" if item.default else ""]
    else:
        direction = item.direction if isinstance(item, PortDecl) else ""
        words = [direction, item.type_text, item.width_text, item.name, item.unpacked_text]
    return " ".join(word for word in words if word)


def header(unit: ModuleHeader) -> str:
    """The unit's head over several lines, or on one if it is short."""
    short = f"{unit.kind} {summary(unit)};"
    if len(short) <= 80:
        return short
    parameters = ",\n".join(f"  {declaration(p)}" for p in unit.settable)
    ports = ",\n".join(f"  {declaration(p)}" for p in unit.ports)
    listed = f" #(\n{parameters}\n)" if parameters else ""
    return f"{unit.kind} {unit.name}{listed} (\n{ports}\n);"
