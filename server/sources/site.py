"""Where in an instantiation the cursor is: in a port map, in a parameter list, or before either."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from rtlwright.server.context.window import Context
from rtlwright.server.keywords import KEYWORDS

_BRACKETS = re.compile(r"[()\[\]{};]")
_BACK = 32 * 1024
_TAIL = 512
"""Patterns that end at the text's end are tried from this far back: longer names there are not."""
_ARRAY = r"(?:\[[^\]\n]*\]\s*)?"
_STATEMENT = r"(?:^|;|\bbegin\b|\bend\b|\belse\b|\bgenerate\b|\bendcase\b|\)|:[ \t]*\w+)\s*"
_PARAMETERS_OPEN = re.compile(r"([A-Za-z_]\w*)\s*#\s*\Z")
_CONNECTION_OPEN = re.compile(r"\.\s*([A-Za-z_]\w*)\s*\Z")
_INSTANCE_NAME = re.compile(rf"([A-Za-z_]\w*)\s*{_ARRAY}\Z")
_MODULE_NAME = re.compile(rf"{_STATEMENT}([A-Za-z_]\w*)\s*\Z", re.M)
_LIST_END = re.compile(r"[();]|\b(?:end\w*|module|assign|always\w*|wire|reg|logic|input|output)\b")
_NAMED = re.compile(r"\.\s*([A-Za-z_]\w*)")


class Place(StrEnum):
    PORTS = "ports"
    """Between the parentheses of a port map."""
    PARAMETERS = "parameters"
    """Between the parentheses after `#`."""
    HEAD = "head"
    """After `module` or `module name`, with no parenthesis open."""


@dataclass(frozen=True, slots=True)
class Site:
    """An instantiation under way. Texts are free of comments."""

    place: Place
    module: str
    instance: str = ""
    inner: str = ""
    """From the opening parenthesis to the cursor, or to the connection that the cursor is in."""
    connection: str | None = None
    """Port or parameter within whose parentheses the cursor is."""
    expression: str = ""
    """What stands in these parentheses before the cursor."""
    has_parameters: bool = False
    used: frozenset[str] = frozenset()
    """Ports or parameters that are connected, before or after the cursor."""
    closed: bool = False
    """The closing parenthesis stands after the cursor."""


def site_of(context: Context) -> Site | None:
    """The instantiation that the cursor is in; None elsewhere."""
    clean = context.clean_prefix[-_BACK:]
    opener = unmatched(clean)
    if opener < 0:
        return _head(clean)
    connection = _CONNECTION_OPEN.search(clean, max(0, opener - _TAIL), opener)
    if connection is None:
        return _list(context, clean, opener, len(clean), None)
    outer = unmatched(clean[: connection.start()])
    return _list(context, clean, outer, connection.start(), connection[1]) if outer >= 0 else None


def unmatched(clean: str) -> int:
    """Offset of the innermost parenthesis that is open at the end of the text; -1 if there is none."""
    depth = 0
    for found in reversed(list(_BRACKETS.finditer(clean))):
        character = found.group()
        if character in ")]}":
            depth += 1
        elif character in "([{":
            if depth == 0:
                return found.start() if character == "(" else -1
            depth -= 1
        elif depth == 0:
            return -1
    return -1


def _list(context: Context, clean: str, opener: int, end: int, connection: str | None) -> Site | None:
    """A site between the parentheses at `opener`; None if they belong to something else."""
    inner = clean[opener + 1 : end]
    after, closed = _rest_of_list(context.clean_suffix, 0 if connection is None else 1)
    used = frozenset(names_at_top(inner)) | frozenset(names_at_top(after))
    expression = ""
    if connection is not None:
        expression = clean[clean.index("(", end) + 1 :]
        used |= {connection}
    before = clean[:opener]
    parameters = _PARAMETERS_OPEN.search(before, max(0, len(before) - _TAIL))
    if parameters is not None:
        module = parameters[1]
        return Site(Place.PARAMETERS, module, "", inner, connection, expression, False, used, closed)
    named = _instance(before)
    if named is None:
        return None
    module, instance, has_parameters = named
    return Site(Place.PORTS, module, instance, inner, connection, expression, has_parameters, used, closed)


def _head(clean: str) -> Site | None:
    """`module`, `module name`, `module #(…)` or `module #(…) name`, at the end of the text."""
    named = _instance(clean)
    if named is not None:
        return Site(Place.HEAD, named[0], named[1], has_parameters=named[2])
    bare = clean.rstrip()
    if bare.endswith(")"):
        module = _before_parameters(bare)
        return Site(Place.HEAD, module, has_parameters=True) if module else None
    found = _MODULE_NAME.search(clean, max(0, len(clean) - _TAIL))
    if found is None or found[1] in KEYWORDS:
        return None
    return Site(Place.HEAD, found[1])


def _instance(before: str) -> tuple[str, str, bool] | None:
    """(module, instance, whether it has parameters) of the words at the end of the text."""
    name = _INSTANCE_NAME.search(before, max(0, len(before) - _TAIL))
    if name is None or name[1] in KEYWORDS:
        return None
    rest = before[: name.start()]
    if rest.rstrip().endswith(")"):
        module = _before_parameters(rest.rstrip())
        return (module, name[1], True) if module else None
    if not rest[-1:].isspace():
        return None
    module_match = _MODULE_NAME.search(rest, max(0, len(rest) - _TAIL))
    if module_match is None or module_match[1] in KEYWORDS:
        return None
    return module_match[1], name[1], False


def _before_parameters(text: str) -> str | None:
    """The module before `#(…)`, where the text ends with that list's parenthesis."""
    opener = unmatched(text[:-1])
    found = _PARAMETERS_OPEN.search(text, max(0, opener - _TAIL), opener) if opener >= 0 else None
    return found[1] if found and found[1] not in KEYWORDS else None


def _rest_of_list(suffix: str, depth: int) -> tuple[str, bool]:
    """What follows in the list after the cursor, and whether its closing parenthesis is there.

    A list that is not closed yet must not swallow the next statement: at a semicolon, an `end…` or another
    declaration the list is taken for open.
    """
    start, inside = 0, depth > 0
    for found in _LIST_END.finditer(suffix):
        character = found.group()
        if character == "(":
            depth += 1
        elif character != ")":
            return suffix[start : found.start()], False
        elif depth == 0:
            return suffix[start : found.start()], True
        else:
            depth -= 1
            if depth == 0 and inside:  # the connection that the cursor is in ends here
                start, inside = found.end(), False
    return suffix[start:], False


def names_at_top(text: str) -> list[str]:
    """`a`, `b` of `.a(x.y), .b(z)`: the named connections themselves, not what is in their parentheses."""
    flat, depth = [], 0
    for part in re.split(r"([()])", text):
        if part == "(":
            depth += 1
        elif part == ")":
            depth = max(0, depth - 1)
        elif depth == 0:
            flat.append(part)
    return _NAMED.findall(" ".join(flat))
