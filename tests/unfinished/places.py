"""What a place in a file is in: the rows of the table by construct."""

from __future__ import annotations

from rtlwright.server.check.text.lexer import Kind, Token, tokens
from rtlwright.server.check.text.structure import Frame, Structure, scan

_CASES = ("case", "casez", "casex", "randcase")
_PROCEDURES = {"always", "always_ff", "always_comb", "always_latch", "initial", "final"}
_NAMED = {
    "function": "function", "task": "task", "class": "class", "package": "package",
    "interface": "interface", "generate": "generate", "module": "module item", "fork": "fork",
    "specify": "specify", "property": "property", "clocking": "clocking",
}  # fmt: skip


def construct(text: str, offset: int) -> str:
    """The innermost thing that holds the place."""
    found = tuple(tokens(text[:offset]))
    if not found:
        return "top of the file"
    last = found[-1]
    if last.kind is Kind.OPEN_COMMENT or (last.text.startswith("//") and last.end == offset):
        return "comment"
    if last.kind is Kind.OPEN_STRING:
        return "string"
    if last.end == offset and _goes_on(text, last, offset):
        return "half a token"
    if last.kind is Kind.DIRECTIVE:
        return "after a macro or directive"
    structure = scan(found)
    return "in `ifdef" if structure.conditionals else _in(structure)


def _goes_on(text: str, last: Token, offset: int) -> bool:
    word = last.kind in (Kind.IDENTIFIER, Kind.KEYWORD, Kind.NUMBER, Kind.SYSTEM)
    return word and (text[offset : offset + 1].isalnum() or text[offset : offset + 1] == "_")


def _in(structure: Structure) -> str:
    if not structure.frames:
        return "top of the file"
    frame = structure.frames[-1]
    if frame.bracket:
        return _in_bracket(frame)
    if frame.opener in _CASES:
        return "case"
    if frame.opener == "begin":
        return "begin/end" if _procedural(structure) else "generate"
    return _NAMED.get(frame.opener, "other block")


def _procedural(structure: Structure) -> bool:
    return any(
        frame.opener in ("function", "task", *_CASES)
        or any(token.text in _PROCEDURES for token in frame.statement)
        for frame in structure.frames
    )


def _in_bracket(frame: Frame) -> str:
    words = [token.text for token in frame.statement]
    kinds = [token.kind for token in frame.statement]
    if frame.opener == "{" and {"enum", "struct", "union"} & set(words):
        return "enum or struct"
    if frame.opener == "(" and words[0] in ("module", "interface", "program", "function", "task"):
        return "header"
    if words[:2] == ["for", "("] or words[:2] == ["foreach", "("]:
        return "for header"
    if "@" in words[-3:]:
        return "sensitivity list"
    if words[-1] == "(" and kinds[0] is Kind.IDENTIFIER and len(words) > 2:
        assigned = {"=", "<="} & set(words)
        return "expression" if assigned else "instance"
    if words[0] == "modport":
        return "modport"
    if len(words) > 1 and words[-2] == "(" and words[-1] == "*":
        return "attribute"
    return "declaration range" if frame.opener == "[" and words[0] in _TYPES else "expression"


_TYPES = {"wire", "reg", "logic", "input", "output", "inout", "bit", "typedef", "parameter", "localparam"}
