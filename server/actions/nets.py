"""Declarations of the nets that an instance is connected to and that nobody has declared."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rtlwright.server.actions.edits import Action, ActionKind
from rtlwright.server.actions.instances import WrittenInstance
from rtlwright.server.actions.places import edit_at
from rtlwright.server.actions.portmap import indent_of
from rtlwright.server.context.headers import ModuleHeader, PortDecl
from rtlwright.server.context.text import IDENTIFIER
from rtlwright.server.context.window import Context
from rtlwright.server.keywords import KEYWORDS
from rtlwright.server.types import Language

_OPERATOR = re.compile(r"[^\w$.'`]")
_TYPE = re.compile(r"\s*([\w$:]+(?:\s+(?:signed|unsigned))?)\s*((?:\[[^\]]*\]\s*)*)")
"""A type's name and its packed dimensions; no `struct` and the like, which have no name."""
_NOT_A_TYPE = frozenset({"wire", "reg", "logic", "var", "tri", "uwire"})


def declare_missing_nets(context: Context, written: WrittenInstance, own: ModuleHeader) -> Action | None:
    """One declaration a net, as wide as its port with this instance's parameters; None if all are declared.

    `own` is the enclosing module as its whole file has it: what is declared below counts, too.
    """
    declared = {*own.declared, *context.scope.names, *(instance.name for instance in own.instances)}
    values = _values(written)
    lines = []
    for port in written.unit.ports:
        net = _net_of(written, port)
        if net is None or net in declared or port.is_interface:
            continue
        declared.add(net)
        lines.append(_declaration(port, net, values, context.document.language))
    if not lines:
        return None
    text, start = context.document.text, written.start
    line_start = text.rfind("\n", 0, start) + 1
    indent = indent_of(text, start)
    inserted = "".join(f"{indent}{line}{context.newline}" for line in lines)
    what = "missing net" if len(lines) == 1 else f"{len(lines)} missing nets"
    edit = edit_at(context.document, line_start, line_start, inserted)
    return Action(f"Declare the {what} of {written.name}", ActionKind.REWRITE, (edit,))


def _net_of(written: WrittenInstance, port: PortDecl) -> str | None:
    """The plain name that a port is connected to; None for an expression, an open port, a constant."""
    entries = written.ports.by_name
    if port.name in entries:
        entry = entries[port.name]
        value = port.name if entry.value is None else entry.value
    elif "*" in entries:
        value = port.name
    else:
        index = written.unit.ports.index(port)
        ordered = [entry for entry in written.ports.entries if entry.name is None]
        value = ordered[index].value or "" if index < len(ordered) else ""
    return value if IDENTIFIER.fullmatch(value) and value not in KEYWORDS else None


def _declaration(port: PortDecl, net: str, values: Mapping[str, str], language: Language) -> str:
    words = port.type_text.split()
    signed = "signed" in words
    named = [word for word in words if word not in _NOT_A_TYPE and word not in ("signed", "unsigned")]
    plain = "wire" if language is Language.VERILOG else "logic"
    kind = _kind(" ".join(named), values) or plain + " signed" * signed
    width = _with_values(port.width_text, values)
    unpacked = _with_values(port.unpacked_text, values)
    return " ".join(part for part in (kind, width, net + (f" {unpacked}" if unpacked else "")) if part) + ";"


def _kind(text: str, values: Mapping[str, str]) -> str:
    """`data_t [3:0]` → `logic [3:0] [7:0]`, where the type parameter `data_t` is `logic [7:0]`."""
    port = _TYPE.fullmatch(text)
    value = _TYPE.fullmatch(values.get(port[1], "")) if port else None
    if port is None or value is None:
        return _with_values(text, values)
    return " ".join(part.strip() for part in (value[1], _with_values(port[2], values), value[2]) if part)


def _values(written: WrittenInstance) -> dict[str, str]:
    """What the unit's parameters are in this instance; a default may name an earlier parameter."""
    given: dict[str, str] = {}
    if written.parameters is not None:
        settable = written.unit.settable
        for index, entry in enumerate(written.parameters.entries):
            name = entry.name or (settable[index].name if index < len(settable) else "")
            given[name] = entry.value or ""
    values: dict[str, str] = {}
    for parameter in written.unit.parameters:
        value = given.get(parameter.name) or _with_values(parameter.default, values)
        if value:
            values[parameter.name] = value
    return values


def _with_values(text: str, values: Mapping[str, str]) -> str:
    """`[WIDTH-1:0]` → `[8-1:0]`."""

    def value(match: re.Match[str]) -> str:
        found = values.get(match[0])
        if found is None or (match.start() and text[match.start() - 1] in "$`.'"):
            return match[0]
        whole = _TYPE.fullmatch(found) or found.startswith(("struct", "union", "enum"))
        return f"({found})" if _OPERATOR.search(found) and not whole else found

    return IDENTIFIER.sub(value, text)
