"""Where a message belongs: Icarus names lines only, Yosys often nothing, and both count a macro's own lines.

A place is never guessed: a column is that of the name in the message if the line has it just once, the line
of a message without one is that of the name's first mention in its module.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from rtlwright.server.check.stages import position
from rtlwright.server.check.text.lexer import Kind, Token, code
from rtlwright.server.types import Diagnostic, StageResult

_NAMES = (
    re.compile(r"Wire (?P<name>[\w$.]+)"),
    re.compile(r"loop in module (?P<name>[\w$]+)"),
    re.compile(r"(?:drivers for|[Ll]atch inferred for signal '?)\s*(?P<name>[\w$.]+)"),
    re.compile(r"^reg (?P<name>[\w$]+);"),
    re.compile(r"^(?P<name>[\w$]+) (?:is not a valid l-value|Unable to assign)"),
    re.compile(r"(?:scalar:|Index|net/uwire) (?P<name>[A-Za-z_][\w$]*)"),
    re.compile(r"(?:declaration of|for mem\w*:?|module type:) (?P<name>[A-Za-z_][\w$]*)"),
    re.compile(r"'(?:posedge |negedge )(?P<name>[\w$]+)"),
    re.compile(r"(?:^|[\s(])[`'\"]+\\?(?P<name>[A-Za-z_$][\w$.]*)['\"]"),
)
_MACRO_LINES = 200
"""So many lines a macro may have; a line further behind its use is not looked for there."""

TextOf = Callable[[str | None], str | None]
"""The text of a file by its project-relative path, None for the document's; None if it is not at hand."""


def placed(stage: StageResult, text_of: TextOf) -> StageResult:
    """The stage with each diagnostic where an editor can show it."""
    if all(diagnostic.line and diagnostic.column for diagnostic in stage.diagnostics):
        return stage
    return replace(stage, diagnostics=tuple(_place(each, text_of) for each in stage.diagnostics))


def _place(diagnostic: Diagnostic, text_of: TextOf) -> Diagnostic:
    if diagnostic.line and diagnostic.column:
        return diagnostic
    text = text_of(diagnostic.file)
    name = named(diagnostic.message)
    if text is None or (name is None and not diagnostic.line):
        return diagnostic
    if not diagnostic.line:
        assert name is not None
        return _at_declaration(diagnostic, text, name)
    return _in_line(diagnostic, text, name)


def named(message: str) -> str | None:
    """The name, perhaps with its path, that a message is about."""
    for pattern in _NAMES:
        if match := pattern.search(message):
            return match["name"]
    return None


def _in_line(diagnostic: Diagnostic, text: str, name: str | None) -> Diagnostic:
    lines = text.split("\n")
    if diagnostic.line > len(lines):
        return diagnostic
    tokens = code(lines[diagnostic.line - 1])
    found = _mentions(tokens, name)
    if not found:
        macros = dict(_definitions(text)) if "`" in text else {}
        found = [use for use in _uses(tokens) if _has(macros.get(use.text[1:]), name)]
        if not found and (earlier := _macro_above(lines, diagnostic.line, name, macros)):
            return replace(diagnostic, line=earlier[0], column=earlier[1])
    if len(found) != 1:
        return diagnostic
    return replace(diagnostic, column=position(lines[diagnostic.line - 1], found[0].start)[1])


def _mentions(tokens: tuple[Token, ...], name: str | None) -> list[Token]:
    """Where the last part of the name stands, or its first, if the last does not."""
    parts = name.split(".") if name else []
    for part in dict.fromkeys((*parts[-1:], *parts[:1])):
        found = [token for token in tokens if token.text == part]
        if found:
            return found
    return []


def _uses(tokens: tuple[Token, ...]) -> list[Token]:
    """Uses of macros, whose expansion has what the line itself has not."""
    return [token for token in tokens if token.kind is Kind.DIRECTIVE and re.fullmatch(r"`\w+", token.text)]


def _has(macro: str | None, name: str | None) -> bool:
    """The macro may bring the name in; of one that is defined elsewhere nobody knows."""
    return (
        macro is None
        or name is None
        or any(re.search(rf"\b{re.escape(p)}\b", macro) for p in name.split("."))
    )


def _macro_above(
    lines: list[str], line: int, name: str | None, macros: Mapping[str, str]
) -> tuple[int, int] | None:
    """Icarus counts the lines of a macro's text behind its use: line and column of that use."""
    if name is None or not any("\n" in macro for macro in macros.values()):
        return None
    for above in range(line - 1, max(0, line - _MACRO_LINES), -1):
        for use in _uses(code(lines[above - 1])):
            macro = macros.get(use.text[1:], "")
            if macro.count("\n") >= line - above and _has(macro, name):
                return above, position(lines[above - 1], use.start)[1]
    return None


def _definitions(text: str) -> Iterator[tuple[str, str]]:
    for token in code(text):
        if token.kind is Kind.DIRECTIVE and (match := re.match(r"`define\s+(\w+)", token.text)):
            yield match[1], token.text


def _at_declaration(diagnostic: Diagnostic, text: str, name: str) -> Diagnostic:
    """`m.y` stands where the module `m` mentions `y` first: in its header, or where it is declared."""
    module, _, signal = name.partition(".")
    inside = False
    tokens = code(text)
    for before, token in itertools.pairwise(tokens):
        if before.text in ("module", "macromodule"):
            inside = token.text == module
            found = inside and not signal
        else:
            found = inside and token.text == signal
        if found:
            line, column = position(text, token.start)
            return replace(diagnostic, line=line, column=column)
    return diagnostic
