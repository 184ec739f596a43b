"""A module's head for a file that has none: named after the file, with the project's clock and reset."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

from rtlwright.server.context.window import Context
from rtlwright.server.keywords import KEYWORDS
from rtlwright.server.sources.match import is_clock, is_reset
from rtlwright.server.types import Cancel, Candidate, Language, SourceName

_MODULE = re.compile(r"^[ \t]*module([ \t]*)([A-Za-z_]\w*)?\Z")
_UNIT = re.compile(r"^[ \t]*(?:module|interface|package|program)\s+(?:automatic\s+)?([A-Za-z_]\w*)", re.M)
_ENDMODULE = re.compile(r"\bendmodule\b")


def propose_module(context: Context, cancel: Cancel) -> Iterator[Candidate]:
    """After `module`, and after the part of its name that is typed."""
    found = _MODULE.match(context.line_prefix)
    if found is None or context.line_suffix.strip():
        return
    typed, name = found[2] or "", context.document.path.stem
    if (typed and not found[1]) or not (name.isidentifier() and name.isascii()) or name in KEYWORDS:
        return
    if not name.startswith(typed) or name in _UNIT.findall(_others(context)):
        return
    lead = "" if found[1] else " "
    rest = lead + name[len(typed) :]
    yield Candidate(rest + module_body(context, name), context.insertion(), SourceName.STRUCTURE, None, -0.8)
    if rest.strip():
        yield Candidate(rest, context.insertion(), SourceName.STRUCTURE, None, -0.9)


def _others(context: Context) -> str:
    """The document without the line under way."""
    start = context.offset - len(context.line_prefix)
    return context.document.text[:start] + "\n" + context.suffix


def module_body(context: Context, name: str) -> str:
    clock, reset = _usual(context)
    kind = "wire" if context.document.language is Language.VERILOG else "logic"
    unit, newline = context.indent_unit, context.newline
    lines = [" (", f"{unit}input  {kind} {clock},", f"{unit}input  {kind} {reset}", ");", "", "endmodule"]
    if _ENDMODULE.search(context.clean_suffix):
        lines = lines[:-2]
    return newline.join(lines)


def _usual(context: Context) -> tuple[str, str]:
    """The clock and reset that most of the project's modules have."""
    if context.index is None:
        return "clk", "rst_n"
    units = context.index.modules()
    return _most_usual(tuple(port.name for unit in units[:1000] for port in unit.ports))


@lru_cache(maxsize=8)
def _most_usual(ports: tuple[str, ...]) -> tuple[str, str]:
    clocks = Counter(name for name in ports if is_clock(name)).most_common(1)
    resets = Counter(name for name in ports if is_reset(name)).most_common(1)
    return clocks[0][0] if clocks else "clk", resets[0][0] if resets else "rst_n"
