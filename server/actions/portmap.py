"""A port map brought in line with the module that it instantiates (AUTOINST in Emacs' verilog-mode)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rtlwright.server.actions.edits import Action, ActionKind
from rtlwright.server.actions.instances import Entry, WrittenInstance
from rtlwright.server.actions.places import edit_at
from rtlwright.server.context.headers import PortDecl
from rtlwright.server.context.text import blank
from rtlwright.server.context.window import Context
from rtlwright.server.sources.layout import Connection, Layout
from rtlwright.server.sources.match import Matcher

_CONDITIONAL = re.compile(r"`(?:ifdef|ifndef|elsif|else|endif|include)\b")
"""Whose connections there are is not known then."""


def refresh_port_map(context: Context, written: WrittenInstance) -> Action | None:
    """Every port by name, those that are gone left out, comments kept; None if it is so already.

    A port that is new is connected to the net that it is meant for, if there is one, else left open.
    """
    ports = {port.name: port for port in written.unit.ports}
    given = written.ports.entries
    if _CONDITIONAL.search(context.document.text, written.ports.start, written.ports.end):
        return None
    named = [_named(entry, index, written.unit.ports) for index, entry in enumerate(given)]
    kept = [name for name in named if name in ports]
    missing = [port for name, port in ports.items() if name not in kept]
    in_order = any(entry.name is None or entry.name == "*" for entry in given)
    gone = [entry for entry, name in zip(given, named, strict=True) if name not in ports]
    if not in_order and not missing and not gone:
        return None
    text = _Writer(context, written).text(list(zip(given, named, strict=True)), missing)
    edit = edit_at(context.document, written.ports.start, written.ports.end, text)
    title = f"{'Refresh' if kept else 'Expand'} the port map of {written.name}"
    return Action(title, ActionKind.REWRITE, (edit,))


def _named(entry: Entry, index: int, ports: tuple[PortDecl, ...]) -> str | None:
    """The port of an entry, by its name or its place."""
    if entry.name is not None:
        return entry.name
    return ports[index].name if index < len(ports) else None


class _Writer:
    """Writes the inside of one port map."""

    def __init__(self, context: Context, written: WrittenInstance):
        self._written = written
        self._text = context.document.text
        self._clean = blank(self._text)
        self._layout = Layout.of(context)
        self._indent = indent_of(self._text, written.start)
        self._matcher = Matcher.of(context, written.unit.name, written.name)
        self._known = {port.name for port in written.unit.ports}

    def text(self, given: list[tuple[Entry, str | None]], missing: list[PortDecl]) -> str:
        listed = self._written.ports
        nets = self._matcher.nets_for(missing)
        new = [Connection(port.name, net) for port, net in zip(missing, nets, strict=True)]
        kept = [(entry, name) for entry, name in given if name in self._known]
        as_it_is = self._text[listed.start : listed.end]
        if not kept or ("\n" not in as_it_is and as_it_is == self._clean[listed.start : listed.end]):
            return self._anew(kept, new)
        lines = [self._as_written(entry, name or "") for entry, name in kept]
        comments = [self._comment(entry) for entry, _ in kept]
        indent = self._indent + self._layout.unit
        lines += [f"{self._layout.newline}{line}" for line in self._layout.lines(new, indent, more=True)]
        lines = [line.removesuffix(",") for line in lines]
        comments += [""] * len(new)
        commas = [","] * (len(lines) - 1) + [""]
        body = "".join(line + comma + note for line, comma, note in zip(lines, commas, comments, strict=True))
        newline = self._layout.newline
        return body.replace("\r\n", "\n").replace("\n", newline) + newline + self._indent

    def _anew(self, kept: Sequence[tuple[Entry, str | None]], new: list[Connection]) -> str:
        """All of it, in this buffer's layout."""
        found = {connection.name: connection for connection in new}
        for entry, name in kept:
            found[name or ""] = Connection(name or "", name if entry.value is None else entry.value)
        every = [found[port.name] for port in self._written.unit.ports]
        lines = self._layout.lines(every, self._indent + self._layout.unit)
        return self._layout.newline.join(["", *lines, self._indent])

    def _as_written(self, entry: Entry, name: str) -> str:
        """With what stands on lines of its own before it; a connection by order gets its name."""
        before = self._without_comma(self._end_before(entry), entry.start)
        if entry is not self._written.ports.entries[0]:  # what stands on the line before is its comment
            before = before[before.index("\n") :] if "\n" in before else " "
        if entry.name is None:
            return before + self._layout.entry(name, entry.value or "")
        return before + self._text[entry.start : entry.end]

    def _comment(self, entry: Entry) -> str:
        """What stands behind it on its line, but for the comma; behind the last one, all that does."""
        after = [other.start for other in self._written.ports.entries if other.start > entry.end]
        end = after[0] if after else self._written.ports.end
        rest = self._without_comma(entry.end, end)
        rest = (rest.partition("\n")[0] if after else rest).rstrip()
        return rest if rest.strip() else ""

    def _without_comma(self, start: int, end: int) -> str:
        """A piece of the text without the comma that separates entries; one in a comment is none."""
        comma = self._clean.find(",", start, end)
        return self._text[start:end] if comma < 0 else self._text[start:comma] + self._text[comma + 1 : end]

    def _end_before(self, entry: Entry) -> int:
        earlier = [other.end for other in self._written.ports.entries if other.end < entry.start]
        return max(earlier, default=self._written.ports.start)


def indent_of(text: str, offset: int) -> str:
    """White space that the line of `offset` begins with."""
    line = text[text.rfind("\n", 0, offset) + 1 : offset]
    return line[: len(line) - len(line.lstrip())]
