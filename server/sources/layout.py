"""How this buffer lays out instances: `.a (b)` or `.a(b)`, in columns or not, and what it calls them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rtlwright.server.context.window import Context

_CONNECTION = re.compile(r"^[ \t]*\.\w+([ \t]*)\(([ \t]*)[^()\n]*(?:\([^()\n]*\))?[^()\n]*?([ \t]*)\)", re.M)
_WINDOW = 128 * 1024


@dataclass(frozen=True, slots=True)
class Connection:
    """One entry of a port map or a parameter list."""

    name: str
    value: str | None
    """None: left unconnected."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The buffer's habits."""

    indent: str
    """Of the line on which the instantiation begins."""
    unit: str
    newline: str
    gap: bool
    """A space, or a column, between the name and its parenthesis."""
    columns: bool
    """Parentheses stand below each other."""

    @classmethod
    def of(cls, context: Context) -> Layout:
        gap, columns = _habit(context.document.text[:_WINDOW])
        return cls(context.indent, context.indent_unit, context.newline, gap, columns)

    def lines(self, connections: Sequence[Connection], indent: str, more: bool = False) -> list[str]:
        """One line per connection, a comma after each but the last (`more`: after the last too)."""
        width = max((len(c.name) for c in connections), default=0) if self.columns else 0
        filled = [f"{indent}.{c.name.ljust(width)}{' ' * self.gap}({c.value or ''})" for c in connections]
        last = len(filled) - 1
        return [line + "," if more or i < last else line for i, line in enumerate(filled)]


@lru_cache(maxsize=8)
def _habit(text: str) -> tuple[bool, bool]:
    """(gap, columns) of the connections there are; both where there are none, as AUTOINST has it."""
    gaps = [match[1] for match in _CONNECTION.finditer(text)]
    if not gaps:
        return True, True
    widths = Counter(len(gap.expandtabs(8)) for gap in gaps)
    gap = widths[0] * 2 < len(gaps)
    return gap, gap and len(widths) > 2


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
