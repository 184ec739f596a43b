"""Proposals for what ends an unfinished statement and closes what is open around it.

No grammar, but the habits of one: what the last token asks for (an operand, a name, a list), what the head
of the statement asks for (a semicolon, a right-hand side, a body), and then the closers, inside out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rtlwright.server.check.lexer import Kind, Token
from rtlwright.server.check.structure import Frame, Structure

PLACEHOLDER = "rtlwright_any"
"""Beginning of every name made up."""

_NAME = f" {PLACEHOLDER}"
_LVALUE_HEADS = {"assign", "force", "deassign", "release", "defparam"}
_NET_TYPES = {
    "wire", "reg", "logic", "bit", "integer", "int", "byte", "shortint", "longint", "real", "time", "tri",
    "wand", "wor", "supply0", "supply1", "var", "signed", "unsigned", "string", "genvar", "uwire", "event",
    "input", "output", "inout", "ref", "realtime", "automatic", "static", "const",
}  # fmt: skip
_PARAMETERS = {"parameter", "localparam", "specparam"}
_TAKES_STATEMENT = {"else", "do", "forever", "initial", "final", "always_comb", "always_latch"}
_TAKES_EXPRESSION = {"if", "while", "repeat", "wait", "case", "casex", "casez", "for", "foreach"}
_BINARY = set("+ - * / % & | ^ ~^ ^~ && || == != === !== < > <= >= << >> <<< >>> ** ? = += -= -> |-> |=>".split())
_BINARY |= {"&=", "|=", "^=", "*=", "/=", "<<=", ">>=", "!", "~", "~&", "~|", "inside", "return", "==?", "!=?"}


def finishers(cursor: Structure, frames: Sequence[Frame], *, ended: bool) -> Iterator[str]:
    """Insertions for the cursor, likeliest first.

    Args:
        cursor: what is open there, and the statement under way.
        frames: what the insertion has to close, innermost first.
        ended: the line goes on after the cursor, so that the insertion may not invent an operand there.
    """
    seen: set[str] = set()
    for operand in _operands(cursor) if not ended else ("",):
        for text in _around(operand, cursor.tail, frames, cursor):
            if text not in seen:
                seen.add(text)
                yield text


def _around(operand: str, tail: Sequence[Token], frames: Sequence[Frame], cursor: Structure) -> Iterator[str]:
    """`operand`, then the brackets closed, then the statement finished, then the blocks closed."""
    inner = 0
    text = operand
    while inner < len(frames) and frames[inner].bracket:
        text += frames[inner].closer
        inner += 1
    outer_tail: list[str] = [token.text for token in tail]
    if inner:
        outer_tail = [token.text for token in frames[inner - 1].statement] + [frames[inner - 1].closer]
    closers = _closers(frames[inner:], cursor)
    for end in _statement_ends(outer_tail, bool(operand.strip()), in_bracket=_still_in_bracket(cursor, frames)):
        yield f"{text}{end}{closers}"


def _still_in_bracket(cursor: Structure, frames: Sequence[Frame]) -> bool:
    """The suffix closes the bracket the cursor is in: no semicolon belongs here."""
    return bool(cursor.frames) and cursor.frames[-1].bracket and not frames


def _closers(frames: Sequence[Frame], cursor: Structure) -> str:
    text = ""
    for frame in frames:
        if frame.bracket:  # a structure's body: `typedef struct {` … `} name;`
            text += f" {frame.closer}{_NAME}_{frame.start};" if frame.opener == "{" else f"{frame.closer};"
        elif frame.opener.startswith("case") and not frame.has_items:
            text += f" default: ; {frame.closer}"
        else:
            text += f" {frame.closer}"
    return text


def _operands(cursor: Structure) -> tuple[str, ...]:
    """What the last token still needs before brackets or the statement can be closed."""
    tail, frame = cursor.tail, cursor.frames[-1] if cursor.frames else None
    bracket = frame if frame is not None and frame.bracket else None
    if not tail:
        return _in_empty_bracket(bracket) if bracket else ("",)
    last, words = tail[-1], [token.text for token in tail]
    ternary = (" : 0", " 0 : 0") if "?" in words else ()
    if last.text in (".", ".*") or (len(words) > 1 and words[-2] == "."):
        return ("", "()", f"{PLACEHOLDER}()", f"{PLACEHOLDER}", *ternary)
    if last.kind is Kind.SYMBOL or last.text in _BINARY:
        return _after_symbol(last.text, words, bracket, ternary)
    if last.kind is Kind.KEYWORD:
        return _after_keyword(last.text, bracket)
    more = (f"{_NAME}", " = 0", ": 0", f" = {PLACEHOLDER}", f"::{PLACEHOLDER}", "()", "(0)")
    return (*ternary, "", *more)


def _in_empty_bracket(bracket: Frame) -> tuple[str, ...]:
    words = [token.text for token in bracket.statement]
    if bracket.opener == "(":
        if "for" in words:
            return (";;", "; ;", "")
        if "@" in words:
            return ("*", _NAME, "")
        return ("", "0", _NAME, f"input{_NAME}", f"parameter{_NAME} = 0")
    return ("0", "", _NAME, f"int{_NAME};", "default: 0")


def _after_symbol(last: str, words: list[str], bracket: Frame | None, ternary: tuple[str, ...]) -> tuple[str, ...]:
    match last:
        case ")" | "]" | "}":
            return (*ternary, "", _NAME, " = 0", ": 0", f"{_NAME}()")
        case ",":
            return (_NAME, f" .{PLACEHOLDER}()", "0", f" input{_NAME}", f"{_NAME} = 0", "0: ;", f" parameter{_NAME} = 0")
        case ";":
            return (";", "") if words.count(";") == 1 else ("",)
        case "@":
            return ("*", _NAME)
        case "#":
            return ("1", "(1)", f"(){_NAME}", f"(.{PLACEHOLDER}()){_NAME}")
        case "::":
            return (PLACEHOLDER, "*")
        case ":":
            return ("", "0", _NAME)
        case "`":
            return ("celldefine", "")
        case "++" | "--":
            return ("", _NAME)
        case _:
            return tuple(f"0{more}" for more in ternary) + (" 0", _NAME, " '0", " {0}", "")


def _after_keyword(last: str, bracket: Frame | None) -> tuple[str, ...]:
    if last in ("posedge", "negedge", "edge", "or", "iff", "and", "not"):
        return (_NAME, " 0")
    if last in _NET_TYPES:
        return (_NAME, f"{_NAME} = 0", "", f" logic{_NAME}")
    if last in _PARAMETERS:
        return (f"{_NAME} = 0", f" int{_NAME} = 0")
    if last in ("enum",):
        return (f" {{{_NAME}_0}}",)
    if last in ("struct", "union", "packed", "tagged"):
        return (f" {{int{_NAME}_0;}}", f" packed {{int{_NAME}_0;}}")
    if last == "typedef":
        return (" int",)
    if last in ("inside",):
        return (" {0}",)
    return ("", " 0", _NAME)


def _statement_ends(words: Sequence[str], finished_operand: bool, *, in_bracket: bool) -> Iterator[str]:
    """What ends the statement whose tokens outside of brackets are `words`."""
    if in_bracket:
        yield ""
        return
    if not words and not finished_operand:
        yield from ("", ";")
        return
    yield from _by_head(words)
    yield from (
        ";", "", f"{_NAME};", " = 0;", " <= 0;", " ();", f"{_NAME} ();", ": ;", f"{_NAME} = 0;", " (0) ;",
        f"{_NAME}; ;", " begin end", f" {{{_NAME}_0}}{_NAME};", f"{_NAME}::*;", "::*;", "*;", " 0;", f":{_NAME};",
        f"{_NAME} (); ;", " case (0) default: ; endcase", f" ({_NAME});", "(;;) ;", f" @({_NAME}) ;", " @* ;",
    )  # fmt: skip


def _by_head(words: Sequence[str]) -> Iterator[str]:
    head, last = words[0] if words else "", words[-1] if words else ""
    if last in ("always", "always_ff"):
        yield f" @(posedge{_NAME}) ;"
    elif last in _TAKES_STATEMENT:
        yield ";"
    elif last in _TAKES_EXPRESSION:
        yield {"for": " (;;) ;", "foreach": f" ({PLACEHOLDER}[i]) ;"}.get(last, " (0) ;")
    elif last in ("unique", "unique0", "priority"):
        yield " case (0) default: ; endcase"
    elif head in _LVALUE_HEADS and "=" not in words:
        yield " = 0;" if len(words) > 1 else f"{_NAME} = 0;"
    elif head in _PARAMETERS and "=" not in words:
        yield " = 0;"
        yield f"{_NAME} = 0;"
    elif head in ("function", "task") and len(words) == 1:
        yield f"{_NAME};"
    elif head == "typedef":
        yield f"{_NAME};"
        yield f" {{{_NAME}_0}}{_NAME};"
    elif last in _NET_TYPES:
        yield f"{_NAME};"
    elif last == "]" and head in _NET_TYPES:
        yield f"{_NAME};"
        yield ";"
