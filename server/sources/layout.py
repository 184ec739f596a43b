"""How this buffer lays out instances: `.a (b)` or `.a(b)`, in columns or not, and what it calls them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from rtlwright.server.context.headers import ModuleHeader
from rtlwright.server.context.window import Context

_CONNECTION = re.compile(
    r"^[ \t]*\.(\w+)(?:([ \t]*)\(([ \t]*)((?:[^()\n]|\([^()\n]*\))*)\)|[ \t]*,[ \t]*(?://.*)?$)", re.M
)
"""Name, gap, space within, value with the space after it; or the name alone, `.clk_i,` (a comma tells it
from one that is being typed)."""
_GROUPED = re.compile(r"[,(][ \t]*(?://[^\n]*)?(\n(?:[ \t]*(?://[^\n]*)?\n)+)[ \t]*\.\w")
_LEAD = re.compile(r"\s*(?://|/\*|\*|$)")
_NEIGHBOURS = 8
_FEW = 24
"""Connections, up to which a buffer without groups may merely have had no reason for them."""
_WINDOW = 128 * 1024


@dataclass(frozen=True, slots=True)
class Connection:
    """One entry of a port map or a parameter list."""

    name: str
    value: str | None
    """None: left unconnected."""
    lead: tuple[str, ...] = ()
    """Comment and blank lines before it, where the buffer has such between its connections."""


@dataclass(frozen=True, slots=True)
class _Habit:
    """How connections are written; by default as AUTOINST does, with a gap and in columns."""

    connections: int = 0
    """How many were looked at."""
    gap: int = 1
    """Spaces between the longest name and its parenthesis."""
    columns: bool = True
    """Parentheses stand below each other."""
    padded: bool = False
    """`( a )`"""
    closed_in_columns: bool = False
    """So do the closing ones."""
    commented: bool = False
    """Groups of connections have a comment before them."""
    spaced: bool = False
    """They have an empty line before them."""
    short: bool = False
    """`.a` where the net is called as the port is (IEEE 1800-2017, 23.3.2.3)."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The buffer's habits."""

    indent: str
    """Of the line on which the instantiation begins."""
    unit: str
    newline: str
    habit: _Habit

    @classmethod
    def of(cls, context: Context) -> Layout:
        return cls(context.indent, context.indent_unit, context.newline, _habit_of(context))

    def entry(self, name: str, value: str, name_width: int = 0, value_width: int = 0) -> str:
        """One connection, `.name (value)`; padded to the widths of its column."""
        habit = self.habit
        if habit.short and name == value:
            return f".{name}"
        pad = " " if habit.padded else ""
        inner = f"{pad}{value.ljust(value_width)}{pad}" if value else pad
        return f".{name.ljust(name_width)}{' ' * habit.gap}({inner})"

    def lines(self, connections: Sequence[Connection], indent: str, more: bool = False) -> list[str]:
        """One line per connection, a comma after each but the last (`more`: after the last too)."""
        habit = self.habit
        long = [c for c in connections if not (habit.short and c.name == c.value)]
        names = max((len(c.name) for c in long), default=0) if habit.columns else 0
        values = max((len(c.value or "") for c in long), default=0) if habit.closed_in_columns else 0
        filled = []
        for number, c in enumerate(connections):
            for line in c.lead:
                if line and habit.commented:
                    filled.append(indent + line)
                elif not line and habit.spaced and number:
                    filled.append("")
            comma = "," if more or number < len(connections) - 1 else ""
            filled.append(indent + self.entry(c.name, c.value or "", names, values) + comma)
        return filled


def _habit_of(context: Context) -> _Habit:
    """The buffer's; what its instances are too few to tell, as the files around it have it."""
    text = context.document.text[:_WINDOW]
    habit = _habit(text)
    if context.index is None or (habit and (habit.commented or habit.spaced or habit.connections > _FEW)):
        return habit or _Habit()
    texts = (context.index.text(path) for path in context.index.nearest(context.path, _NEIGHBOURS))
    around = [found for text in texts if text and (found := _habit(text[:_WINDOW]))]
    habit = habit or next(iter(around), _Habit())
    grouped = next((other for other in around if other.commented or other.spaced), habit)
    return replace(habit, commented=grouped.commented, spaced=grouped.spaced)


@lru_cache(maxsize=32)
def _habit(text: str) -> _Habit | None:
    """Of the connections there are; None if there are none."""
    found = list(_CONNECTION.finditer(text))
    full = [match for match in found if match[2] is not None]
    if not full:
        return _Habit(short=True) if len(found) > 1 else None
    gaps = Counter(len(match[2].expandtabs(8)) for match in full)
    valued = [match for match in full if match[4]]
    trailing = Counter(len(match[4]) - len(match[4].rstrip()) for match in valued)
    padded = 2 * sum(bool(match[3]) for match in valued) > len(valued)
    columns = len(gaps) > 2
    touching = 20 * gaps[0] > len(full) if columns else 2 * gaps[0] >= len(full)
    same = sum(match[4].rstrip() == match[1] for match in full)
    groups = " ".join(re.sub(r"[ \t]", "", match[1]) for match in _GROUPED.finditer(text))
    return _Habit(
        connections=len(full),
        gap=0 if touching else 1,
        columns=columns,
        padded=padded,
        closed_in_columns=len(trailing) > 2 and 2 * trailing[padded] < len(valued),
        commented="//" in groups,
        spaced="\n\n" in groups,
        short=2 * (len(found) - len(full)) > same,
    )


def instance_name(context: Context, module: str) -> str:
    """A free name after the habit of the file: `u_fifo`, `fifo_inst`, `i_fifo`; with a number if taken."""
    existing = [(i.name, i.module) for i in context.scope.instances]
    if context.index is not None and not existing:
        existing = [(i.name, i.module) for unit in context.index.modules()[:200] for i in unit.instances]
    habits = Counter(pattern for name, of in existing for pattern in _patterns(name, of))
    pattern = habits.most_common(1)[0][0] if habits else "u_{}"
    taken = {i.name for i in context.scope.instances} | context.scope.names.keys()
    base = pattern.format(module)
    names = [base, *(f"{base}_{number}" for number in range(1, 1000))]
    return next((name for name in names if name not in taken), base)


def _patterns(instance: str, module: str) -> list[str]:
    if module and module in instance and "{" not in instance:
        pattern = instance.replace(module, "{}", 1)
        return [pattern] if re.fullmatch(r"[a-z_]*\{\}[a-z_]*", pattern) else []
    prefix = re.match(r"(?:u|i|inst|x|U)_(?=\w)", instance)
    return [prefix[0] + "{}"] if prefix else []


def port_groups(text: str, header: ModuleHeader) -> dict[str, tuple[str, ...]]:
    """Port → the comment and blank lines right before it where its module, in `text`, declares it."""
    lines, found, before = text.split("\n"), {}, 0
    for port in header.ports:
        if port.line <= before or port.line > len(lines):
            continue
        first = port.line - 1
        while first > before and _LEAD.match(lines[first - 1]):
            first -= 1
        found[port.name] = tuple(_line_comments(lines[first : port.line - 1]))
        before = port.line
    return found


def _line_comments(lines: Sequence[str]) -> Iterator[str]:
    """As line comments: `/*`, ` * AXI input`, ` */` are one."""
    for line in lines:
        prose = line.strip().removeprefix("/*").removesuffix("*/").lstrip("*").strip()
        if not line.strip() or line.strip().startswith("//"):
            yield line.strip()
        elif prose:
            yield f"// {prose}"
