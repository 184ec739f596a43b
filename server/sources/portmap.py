"""Port maps and parameter lists of instances, from the headers in the index."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rtlwright.server.context.headers import ModuleHeader
from rtlwright.server.context.text import IDENTIFIER, is_name, tokens
from rtlwright.server.context.window import Context
from rtlwright.server.sources.layout import Connection, Layout, instance_name, port_groups
from rtlwright.server.sources.match import Matcher
from rtlwright.server.sources.site import Place, Site, site_of
from rtlwright.server.types import Cancel, Candidate, SourceName

_INSTANTIABLE = frozenset({"module", "interface", "program", "primitive", "checker"})
_OPEN_ENTRY = re.compile(r"(\.?)([A-Za-z_]\w*)?\Z")
_MIN_PARTIAL = 2
_MAX_PORTS = 2_000
_BEHIND_THE_REST = -1.5
"""Whoever wants a single entry has its line in the rest, too, which another source cannot confirm."""


def propose_instance(context: Context, cancel: Cancel) -> Iterator[Candidate]:
    """What an instantiation under way needs next; nothing where the cursor is in none."""
    site = site_of(context)
    if site is None or context.index is None:
        return
    unit = context.index.module(site.module, context.document.path)
    if unit is None or unit.kind not in _INSTANTIABLE or len(unit.ports) > _MAX_PORTS:
        return
    writer = _Writer(context, site, unit, cancel)
    if site.connection is not None:
        yield from writer.inside_connection()
    elif site.place is Place.HEAD:
        yield from writer.after_head()
    else:
        yield from writer.inside_list()


class _Writer:
    """Writes for one cursor in one instantiation."""

    def __init__(self, context: Context, site: Site, unit: ModuleHeader, cancel: Cancel):
        self._context = context
        self._site = site
        self._unit = unit
        self._cancel = cancel
        self._layout = Layout.of(context)
        self._matcher = self._matcher_of(site.instance)

    def inside_list(self) -> Iterator[Candidate]:
        """Between the parentheses: everything at first, then what is left."""
        entry = _OPEN_ENTRY.search(self._context.line_prefix)
        dot, partial = (entry[1], entry[2] or "") if entry else ("", "")
        if partial and not dot:
            return  # an ordered connection, or an expression
        left = [c for c in self._wanted() if c.name.startswith(partial)]
        before = self._site.inner[: len(self._site.inner) - len(dot) - len(partial)].rstrip()
        if partial:
            folded = [c for c in self._wanted() if c.name.lower().startswith(partial.lower())]
            left += [c for c in folded if c not in left]
        if not left or not (dot or before == "" or before.endswith((",", ")"))):
            return
        needs_comma = before.endswith(")")
        if dot and needs_comma:
            return
        if dot:
            yield from self._after_dot(left, partial)
        else:
            yield self._rest(left, needs_comma)

    def _after_dot(self, left: Sequence[Connection], partial: str) -> Iterator[Candidate]:
        """After `.par` the likeliest entries; after a lone `.` the whole rest, and entries behind that."""
        single = -0.3
        if not partial:
            single = _BEHIND_THE_REST
            yield self._rest(left, False, typed=".")
        for rank, connection in enumerate(left):
            self._cancel.check()
            text = self._layout.entry(connection.name, connection.value or "")
            start = len(partial) + 1
            known = connection.value is not None
            replaced = 0 if connection.name.startswith(partial) else start
            score = single - 0.02 * rank - 0.3 * (not known)
            yield self._candidate(text[start - replaced :], score, replaced)

    def _rest(self, left: Sequence[Connection], needs_comma: bool, typed: str = "") -> Candidate:
        """All that is left of the list, and its end."""
        blank_line = not self._context.line_prefix[: len(self._context.line_prefix) - len(typed)].strip()
        layout = self._layout
        indent = self._entry_indent(blank_line)
        lines = layout.lines(left, indent)
        text = layout.newline.join(lines) + self._end()
        if typed or blank_line:
            text = text.removeprefix(indent).removeprefix(typed)
            if not self._context.line_prefix:
                text = indent + text
        else:
            text = ("," if needs_comma else "") + layout.newline + text
        return self._candidate(text, -0.1)

    def after_head(self) -> Iterator[Candidate]:
        """After `module`, `module #(…)` or `module name`: the rest of the instantiation."""
        if not self._context.line_prefix.strip() or self._context.line_suffix.strip():
            return
        if not self._context.scope.module:
            return
        spaced = self._context.line_prefix[-1:].isspace()
        site, name = self._site, ""
        if not site.instance:
            name = instance_name(self._context, self._unit.name)
            self._matcher = self._matcher_of(name)
        lead = "" if spaced else " "
        ports = f"{lead}{name} ({self._ports()}" if name else f"{lead}({self._ports()}"
        takes_parameters = not site.instance and not site.has_parameters and bool(self._unit.settable)
        needs_parameters = takes_parameters and any(not p.default for p in self._unit.settable)
        yield self._candidate(ports, -0.15 - 0.2 * needs_parameters)
        if takes_parameters:
            text = f"{lead}{self._parameters()}{ports.lstrip()}"
            yield self._candidate(text, -0.35 + 0.2 * needs_parameters)

    def inside_connection(self) -> Iterator[Candidate]:
        """Between the parentheses of `.port(`: the net it is meant for."""
        typed = self._site.expression.strip()
        if typed and not IDENTIFIER.fullmatch(typed):
            return
        value = next((c.value for c in self._all() if c.name == self._site.connection), None)
        if not value or not value.startswith(typed) or value == typed:
            return
        closes = not self._context.line_suffix.lstrip().startswith(")")
        yield self._candidate(value[len(typed) :] + ")" * closes, -0.2)

    def _parameters(self) -> str:
        """` #(…) ` as a whole."""
        layout, connections = self._layout, self._parameter_values()
        inner = layout.lines(connections, layout.indent + layout.unit)
        return layout.newline.join(["#(", *inner, f"{layout.indent}) "])

    def _ports(self) -> str:
        layout, connections = self._layout, self._port_nets()
        if not connections:
            return ");"
        return layout.newline.join(["", *layout.lines(connections, layout.indent + layout.unit)]) + (
            f"{layout.newline}{layout.indent});"
        )

    def _end(self) -> str:
        """The end of the list, as far as the text after the cursor lacks it."""
        layout = self._layout
        indent = layout.indent if not self._site.inner.strip(" \t") else self._start_indent()
        if self._site.closed:
            rest = self._context.line_suffix.strip()
            return layout.newline + indent if rest.startswith(")") else ""
        if self._site.place is Place.PORTS:
            return f"{layout.newline}{indent});"
        name = instance_name(self._context, self._unit.name)
        self._matcher = self._matcher_of(name)
        ports = layout.lines(self._port_nets(), indent + layout.unit)
        return layout.newline.join(["", f"{indent}) {name} (", *ports, f"{indent});"])

    def _entry_indent(self, blank_line: bool) -> str:
        """Where entries of this list begin: with those there are, else a step in from the instantiation."""
        if blank_line and self._context.indent:
            return self._context.indent
        lines = [line for line in self._site.inner.split("\n")[1:] if line.strip()]
        if lines:
            return lines[-1][: len(lines[-1]) - len(lines[-1].lstrip())]
        return self._start_indent() + self._layout.unit

    def _start_indent(self) -> str:
        """Indentation of the line on which the list was opened."""
        clean = self._context.clean_prefix
        opened = clean[: len(clean) - len(self._site.inner)].rstrip("(")
        line = opened[opened.rfind("\n") + 1 :]
        return line[: len(line) - len(line.lstrip())]

    def _wanted(self) -> list[Connection]:
        return [c for c in self._all() if c.name not in self._site.used]

    def _all(self) -> list[Connection]:
        return self._port_nets() if self._site.place is not Place.PARAMETERS else self._parameter_values()

    def _port_nets(self) -> list[Connection]:
        nets = self._matcher.nets_for(self._unit.ports)
        leads = self._leads()
        return [
            Connection(port.name, net, leads.get(port.name, ()))
            for port, net in zip(self._unit.ports, nets, strict=True)
        ]

    def _leads(self) -> dict[str, tuple[str, ...]]:
        """The groups of the module's own header, for buffers that keep them."""
        habit = self._layout.habit
        if not (habit.commented or habit.spaced) or self._context.index is None:
            return {}
        text = self._context.index.text(self._unit.path)
        return port_groups(text, self._unit) if text else {}

    def _matcher_of(self, instance: str) -> Matcher:
        return Matcher.of(self._context, self._unit.name, instance)

    def _parameter_values(self) -> list[Connection]:
        """A parameter of the same name in scope, else the default if it means the same here."""
        own = {parameter.name for parameter in self._context.scope.parameters}
        found = []
        for parameter in self._unit.settable:
            value = parameter.name if parameter.name in own else parameter.default
            foreign = {token.text for token in tokens(value) if is_name(token)} - own
            found.append(Connection(parameter.name, value if value and not foreign else None))
        required = [c for c in found if c.value is not None]
        return required or found

    def _candidate(self, text: str, score: float, replaced: int = 0) -> Candidate:
        return Candidate(text, self._context.replacing(replaced), SourceName.STRUCTURE, None, score)
