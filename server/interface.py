"""Does a generated module have the ports that its specification lists?

Only what a specification states in so many words counts: a line, or a list item, that declares a port
(`- input [7:0] data: the data`), the ports of a module header in it, a list after "with ports", and a
module's name after "module named". Other prose is not interpreted. Widths are compared where both are
numbers.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

from rtlwright.server.types import Diagnostic, Severity, StageResult, Status

_DIRECTION = r"(?P<direction>input|output|inout)\b"
_KIND = r"(?:\s+(?:wire|reg|logic|bit|var|signed|unsigned)\b)*"
_RANGE = r"\[[^\]\n]*\]"
_QUOTE = r"[`'\"]?"
_NAME = rf"{_QUOTE}(?P<name>[A-Za-z_]\w*){_QUOTE}"
_DECLARED = rf"\b{_DIRECTION}{_KIND}\s*(?P<range>{_RANGE})?\s*{_NAME}[ \t]*(?P<after>{_RANGE})?{_QUOTE}"
_PORT = re.compile(_DECLARED)
_LISTED = re.compile(rf"^[ \t]*(?:[-*•]|\d+[.)])?[ \t]*{_DECLARED}[ \t]*(?:\(|[:;,)—–-]|$)", re.MULTILINE)
_ITEM = rf"[A-Za-z_]\w*(?:\s*{_RANGE})?"
_ENUMERATED = re.compile(
    rf"\bwith\s+(?:the\s+)?(?:following\s+)?ports:?\s+({_ITEM}(?:\s*,\s*(?:and\s+)?{_ITEM}|\s+and\s+{_ITEM})+)\s*"
    r"(?=[.;:\n]|\Z)",
    re.IGNORECASE,
)
"""Whole or not at all: `with ports clk and an output q` is prose."""
_NAMED_ITEM = re.compile(rf"{_NAME}\s*(?P<range>{_RANGE})?(?P<after>(?!))?")
_BITS = re.compile(r"\(\s*(\d+)[\s-]*bits?\s*\)", re.IGNORECASE)
_HEADER = re.compile(r"^[ \t]*module\s+(\w+)\s*(?:#\s*\(.*?\)\s*)?\((.*?)\)\s*;", re.DOTALL | re.MULTILINE)
_MODULE = re.compile(r"(\bmodule\s+(\w+).*?(?:\bendmodule\b|\Z))", re.DOTALL)
_NAMED = re.compile(
    r"\bmodule\s+(?:(?:is\s+)?(?:named|called|name:?)\s+[`'\"]?|[`'\"](?=\w+[`'\"]))([A-Za-z_]\w*)",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_NUMBERS = re.compile(r"\[\s*(\d+)\s*:\s*(\d+)\s*\]")


@dataclass(frozen=True, slots=True)
class PortFact:
    """What is said of one port; `width` is None where it is no number."""

    direction: str
    """Empty where nothing is said of it."""
    width: int | None


def interface_stage(module: str, spec: str) -> StageResult | None:
    """The stage `interface` of a module's verdict; None where the specification lists nothing."""
    begun = time.perf_counter()
    wanted, names = listed_ports(spec), _module_names(spec)
    if not wanted and not names:
        return None
    has = declared_ports(_meant(module, names, wanted))
    messages = [*_wrong_names(module, names), *_wrong_ports(has, wanted)]
    found = tuple(Diagnostic(Severity.ERROR, 0, 0, message, "specification") for message in messages)
    ms = round((time.perf_counter() - begun) * 1e3, 3)
    return StageResult("interface", Status.FAIL if found else Status.PASS, ms, found)


def listed_ports(spec: str) -> dict[str, PortFact]:
    """Ports that a specification lists.

    >>> listed_ports("- input [3:0] `a`: left\\n- output y\\nThe input is held.")
    {'a': PortFact(direction='input', width=4), 'y': PortFact(direction='output', width=1)}
    """
    header = _HEADER.search(spec)
    if header:
        return declared_ports(header[0])
    ports = {}
    for match in _LISTED.finditer(spec):
        line = spec[match.start() : (spec + "\n").index("\n", match.start("name"))]
        bits = _BITS.search(line)
        ports[match["name"]] = PortFact(match["direction"], int(bits[1]) if bits else _width(match))
    return ports or _enumerated(spec)


def _enumerated(spec: str) -> dict[str, PortFact]:
    """Of `with ports clk, q[3:0]`; a name without a range may have any width."""
    found = _ENUMERATED.search(re.sub(r"[`'\"]", "", spec))
    if found is None:
        return {}
    items = _NAMED_ITEM.finditer(re.sub(r"\band\s+", "", found[1]))
    return {item["name"]: PortFact("", _width(item) if item["range"] else None) for item in items}


def declared_ports(module: str) -> dict[str, PortFact]:
    """Ports that a module's text declares, ANSI or not; `input [3:0] a, b` declares two."""
    text = _COMMENT.sub("", module)
    ports: dict[str, PortFact] = {}
    for match in _PORT.finditer(text):
        fact = PortFact(match["direction"], _width(match))
        ports[match["name"]] = fact
        more = re.compile(r"\s*,\s*(?!input\b|output\b|inout\b)([A-Za-z_]\w*)(?=\s*[,;)])")
        position = match.end()
        while following := more.match(text, position):
            ports[following[1]] = fact
            position = following.end()
    return ports


def _meant(text: str, names: set[str], wanted: dict[str, PortFact]) -> str:
    """Of several modules the one that fits the listed ports best, else the one that is named."""
    modules: list[tuple[str, str]] = _MODULE.findall(text) or [(text, "")]
    fit = {body: (len(declared_ports(body).keys() & wanted.keys()), name in names) for body, name in modules}
    return max(fit, key=lambda body: fit[body])


def _wrong_ports(has: dict[str, PortFact], wanted: dict[str, PortFact]) -> list[str]:
    messages = []
    for name, fact in wanted.items():
        found = has.get(name)
        if found is None:
            messages.append(
                f"it asks for the {fact.direction or 'port'} '{name}', which the module does not have"
            )
        elif fact.direction and found.direction != fact.direction:
            messages.append(f"'{name}' should be an {fact.direction} and is an {found.direction}")
        elif None not in (found.width, fact.width) and found.width != fact.width:
            messages.append(f"'{name}' should have {fact.width} bits and has {found.width}")
    extra = [name for name in has if name not in wanted] if len(wanted) > 1 else []
    return [*messages, *(f"the module has a port '{name}' that it does not ask for" for name in extra)]


def _wrong_names(module: str, names: set[str]) -> list[str]:
    has = set(re.findall(r"^\s*module\s+(\w+)", module, re.MULTILINE))
    return [f"it asks for a module '{name}'" for name in names - has]


def _module_names(spec: str) -> set[str]:
    header = _HEADER.search(spec)
    return {header[1]} if header else {match[1] for match in _NAMED.finditer(spec)}


def _width(match: re.Match[str]) -> int | None:
    text = match["range"] or match["after"]
    if text is None:
        return 1
    numbers = _NUMBERS.fullmatch(text.strip())
    return abs(int(numbers[1]) - int(numbers[2])) + 1 if numbers else None
