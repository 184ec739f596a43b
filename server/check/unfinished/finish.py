"""Proposals for what ends an unfinished statement and closes what is open around it.

No grammar, but the habits of one: what the last token asks for (an operand, a name, a list), what the head
of the statement asks for (a semicolon, a right-hand side, a body), and then the closers, inside out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, takewhile

from rtlwright.server.check.text.lexer import Kind, Token
from rtlwright.server.check.text.structure import Frame, Structure

PLACEHOLDER = "rtlwright_any"
"""Beginning of every name made up."""

_NAME = f" {PLACEHOLDER}"
_LVALUE_HEADS = {"assign", "force", "deassign", "release", "defparam"}
_NET_TYPES = {
    "wire", "reg", "logic", "bit", "integer", "int", "byte", "shortint", "longint", "real", "time", "tri",
    "wand", "wor", "supply0", "supply1", "var", "signed", "unsigned", "string", "genvar", "uwire", "event",
    "input", "output", "inout", "ref", "realtime", "automatic", "static", "const",
}  # fmt: skip
_STRUCTURES = {"struct", "union"}
_PARAMETERS = {"parameter", "localparam", "specparam"}
_TAKES_STATEMENT = {"else", "do", "forever", "initial", "final", "always_comb", "always_latch"}
_PROCEDURES = {"always", "always_ff", "always_comb", "always_latch", "initial", "final"}
_ASSIGNMENTS = {"=", "<=", "+=", "-=", "&=", "|=", "^=", "*=", "/=", "++", "--"}
_TAKES_EXPRESSION = {"if", "while", "repeat", "wait", "case", "casex", "casez", "for", "foreach"}
_RELATIONS = {"<", ">", "<=", ">=", "==", "!=", "===", "!=="}
_OPERATORS = """
    + - * / % & | ^ ~^ ^~ && || == != === !== < > <= >= << >> <<< >>> ** ? = += -= &= |= ^= *= /= <<= >>=
    -> |-> |=> ! ~ ~& ~| ==? !=? inside return
"""
_BINARY = frozenset(_OPERATORS.split())
"""What an operand has to follow."""


def finishers(cursor: Structure, frames: Sequence[Frame], *, ended: bool, begins: int = 0) -> Iterator[str]:
    """Insertions for the cursor, likeliest first.

    Args:
        cursor: what is open there, and the statement under way.
        frames: what the insertion has to close, innermost first.
        ended: the line goes on after the cursor, so that the insertion may not invent anything there.
        begins: how many blocks the text after the cursor ends that nothing has begun.
    """
    seen: set[str] = set()
    operands = ("",) if ended else _operands(cursor)
    ways = _around(operands, cursor, frames, ended=ended)
    if begins and cursor.tail and not ended:
        opening = " begin" * begins
        ways = chain((f"{text}{opening}" for text in _heads(operands, frames)), ways)
    for text in ways:
        if text not in seen:
            seen.add(text)
            yield text


def rest_of_else(tail: Sequence[Token]) -> str:
    """`el`, a statement's only word → `se`; nothing where the word is no beginning of `else`."""
    word = tail[0].text if len(tail) == 1 else ""
    return "else"[len(word) :] if word and "else".startswith(word) else ""


def _around(
    operands: Sequence[str], cursor: Structure, frames: Sequence[Frame], *, ended: bool
) -> Iterator[str]:
    """An operand, then the brackets closed, then the statement finished, then the blocks closed."""
    inner = next((i for i, frame in enumerate(frames) if not frame.bracket), len(frames))
    outer_tail = [token.text for token in cursor.tail]
    if inner:
        outer_tail = [token.text for token in frames[inner - 1].statement] + [frames[inner - 1].closer]
    closers = _closers(frames[inner:])
    if ended:
        ends: tuple[str, ...] = ("", ";")
    elif outer := _still_in_bracket(cursor, frames, inner):
        ends = ("", ";", f"{_NAME};") if outer.opener == "{" else ("", ",", _NAME, f"{_NAME},")
        ends = (*ends, ",", f"{_NAME} = 0", "()", "(),")
    else:
        ends = tuple(dict.fromkeys(_statement_ends(outer_tail, _procedural(cursor))))
    heads = [each for operand in operands for each in _bracketed(operand, frames[:inner], ended=ended)]
    for head, end in _diagonal(list(dict.fromkeys(heads)), ends):
        yield f"{head}{end}{closers}"


def _heads(operands: Sequence[str], frames: Sequence[Frame]) -> Iterator[str]:
    """Operands with every bracket closed: the head of a statement whose body is still to come."""
    closers = "".join(frame.closer for frame in takewhile(lambda frame: frame.bracket, frames))
    return (f"{operand}{closers}" for operand in operands)


def _bracketed(operand: str, brackets: Sequence[Frame], *, ended: bool) -> Iterator[str]:
    """The operand and the closers, also with a name after one of them (`input [3:0` `]` `name` `)`)."""
    closers = [bracket.closer for bracket in brackets]
    yield operand + "".join(closers)
    if ended:
        return
    for at in range(1, len(closers)):
        inside = {token.text for token in brackets[at].statement}
        if brackets[at].opener == "{" and _STRUCTURES & inside:
            yield f"{operand}{''.join(closers[:at])}{_NAME};{''.join(closers[at:])}"
        for more in (_NAME, " ? 0 : 0"):
            if more is _NAME or "?" in [token.text for token in brackets[at].statement]:
                yield operand + "".join(closers[:at]) + more + "".join(closers[at:])


def _diagonal(first: Sequence[str], second: Sequence[str]) -> Iterator[tuple[str, str]]:
    """All pairs, those of small indices first."""
    for total in range(len(first) + len(second) - 1):
        for i in range(max(0, total - len(second) + 1), min(total, len(first) - 1) + 1):
            yield first[i], second[total - i]


def _procedural(cursor: Structure) -> bool:
    """Statements stand here, not items of a module."""
    block = next((frame for frame in reversed(cursor.frames) if not frame.bracket), None)
    opener = block.opener if block else ""
    starts = any(token.text in _PROCEDURES for token in cursor.tail)
    in_begin = opener in ("begin", "fork", "function", "task") or opener.startswith("case")
    return starts or (in_begin and not _generate_block(cursor))


def _generate_block(cursor: Structure) -> bool:
    """Between this `begin` and its module there is no procedure."""
    for frame in reversed(cursor.frames):
        if frame.opener in ("function", "task") or frame.opener.startswith("case"):
            return False
        if any(token.text in _PROCEDURES for token in frame.statement):
            return False
    return True


def _still_in_bracket(cursor: Structure, frames: Sequence[Frame], inner: int) -> Frame | None:
    """The bracket around the cursor that the suffix closes: no semicolon belongs into it."""
    if inner < len(frames) or len(cursor.frames) <= inner:
        return None
    outer = cursor.frames[-1 - inner]
    return outer if outer.bracket else None


def _closers(frames: Sequence[Frame]) -> str:
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
    if bracket and _is_for(bracket):
        return _in_for(words)
    if "(*" in words and "*)" not in words:  # an attribute, and something that it may be of
        return (
            f" *) wire{_NAME};",
            f" = 1 *) wire{_NAME};",
            f"{_NAME} *) wire{_NAME};",
            f" 1 *) wire{_NAME};",
        )
    ternary = (" : 0", " 0 : 0") if "?" in words else ()
    if bracket and bracket.opener == "{" and _STRUCTURES.intersection(t.text for t in bracket.statement):
        return (";", f"{_NAME};", "", f": 0]{_NAME};")
    if last.text in (".", ".*") or (len(words) > 1 and words[-2] == "."):
        first = ("()", "") if bracket else ("", "()")
        return (*first, f"{PLACEHOLDER}()", f"{PLACEHOLDER}", *ternary)
    if last.text == "#" and len(tail) == 2 and tail[0].kind is Kind.IDENTIFIER:  # an instance's parameters
        return (f"(){_NAME} ()", f"(){_NAME}", "1")
    if last.kind is Kind.SYMBOL or last.text in _BINARY:
        return _after_symbol(last.text, words, bracket, ternary)
    if last.kind is Kind.KEYWORD:
        return _after_keyword(last.text, bracket)
    if last.kind is Kind.NUMBER and last.text[-1] in "bodhBODH" and "'" in last.text:
        return (*(f" 0{more}" for more in ternary), " 0")
    more = (f"{_NAME}", " = 0", ": 0", f" = {PLACEHOLDER}", f"::{PLACEHOLDER}", "()", "(0)")
    return (*ternary, "", *more)


def _is_for(bracket: Frame) -> bool:
    return bracket.opener == "(" and _before(bracket) == "for"


def _before(bracket: Frame) -> str:
    """The token before a bracket."""
    return bracket.statement[-2].text if len(bracket.statement) > 1 else ""


def _in_for(words: list[str]) -> tuple[str, ...]:
    """The rest of a `for` header, after 0, 1 or 2 semicolons: `for (i = 0; i <` → ` 0; i = i + 1`."""
    name = next((words[i - 1] for i, word in enumerate(words) if word == "=" and i), PLACEHOLDER)
    step = f"{name} = {name} + 1"
    done = words.count(";")
    part = words[-words[::-1].index(";") :] if ";" in words[:-1] and words[-1] != ";" else words
    part = [] if words[-1] == ";" else part
    rest = {0: f"; 0; {step}", 1: f"; {step}"}.get(done, "")
    if done >= 2:
        now = {0: (f" {step}",), 1: (f" = {name} + 1", "")}.get(len(part), ("",))
        now = (f" {name} + 1",) if part and part[-1] == "=" else now
        now = (" + 1",) if len(part) == 3 and part[1] == "=" else now
    else:
        # A condition of a name alone may never become false, and Yosys unrolls the loop.
        compared = done == 0 or _RELATIONS.intersection(part)
        now = (" 0",) if not part else ("", " = 0", f"{_NAME} = 0") if compared else (" < 1", "")
    if part and part[-1] in _BINARY and not (done >= 2 and part[-1] == "="):
        now = (" 1",) if done >= 2 else (" 0",)
    return tuple(f"{each}{rest}" for each in now)


def _in_empty_bracket(bracket: Frame) -> tuple[str, ...]:
    words = [token.text for token in bracket.statement]
    if bracket.opener == "(":
        if _is_for(bracket):
            return (f"{PLACEHOLDER} = 0; 0; {PLACEHOLDER} = 0", ";;", "")
        if _before(bracket) == "@":
            return _event("always_ff" in words)
        return ("", "0", _NAME, f"input{_NAME}", f"parameter{_NAME} = 0")
    if bracket.opener == "[":
        declares = _NET_TYPES.intersection(words)
        return ("0:0", "0") if declares else ("0", "0:0")
    return ("1'b0", "", f"int{_NAME};", _NAME, "default: 0")


def _after_symbol(
    last: str, words: list[str], bracket: Frame | None, ternary: tuple[str, ...]
) -> tuple[str, ...]:
    match last:
        case ")" | "]" | "}":
            return (*ternary, "", _NAME, " = 0", ": 0", f"{_NAME}()")
        case ",":
            return (
                _NAME,
                f" .{PLACEHOLDER}()",
                "0",
                f" input{_NAME}",
                f"{_NAME} = 0",
                "0: ;",
                f" parameter{_NAME} = 0",
            )
        case ";":
            return (";", "") if words.count(";") == 1 else ("",)
        case "@":
            clocked = "always_ff" in words
            events = tuple(f"({each})" if clocked else each for each in _event(clocked))
            return (*events, f"(posedge{_NAME}) 1")  # of a property
        case "#":
            return ("1", "()", f"(){_NAME}")
        case "::":
            return (PLACEHOLDER, "*")
        case ":":
            return ("", "0", _NAME)
        case "'":
            return ("0", "{default: 0}", "(0)")
        case "`":
            return ("celldefine", "")
        case "++" | "--":
            return ("", _NAME)
        case _:
            # With a width, since it may stand in a concatenation.
            return (*(f"1'b0{more}" for more in ternary), " 1'b0", _NAME, " '0", " {0}", "")


def _event(clocked: bool) -> tuple[str, ...]:
    """An event control: Icarus gives up on an `always_ff` without an edge."""
    return (f"posedge{_NAME}",) if clocked else ("*", _NAME)


def _after_keyword(last: str, bracket: Frame | None) -> tuple[str, ...]:
    if last in ("posedge", "negedge", "edge", "or", "iff", "and", "not"):
        return (_NAME, " 0")
    if last in _NET_TYPES:
        return (_NAME, f"{_NAME} = 0", "", f" logic{_NAME}", "'(0)")
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


def _statement_ends(words: Sequence[str], procedural: bool) -> Iterator[str]:
    """What ends the statement whose tokens outside of brackets are `words`."""
    if not words:
        yield from ("", ";")
        return
    yield from _by_head(words)
    if words[-1] not in _TAKES_STATEMENT and not _ASSIGNMENTS.intersection(words):
        if procedural and words[-1] not in (")",):
            yield " = 0;"
        elif len(words) == 1 and not procedural:
            yield f"{_NAME} ();"
    yield from (
        ";", "", f"{_NAME};", " = 0;", f"{_NAME} ();", " ();", ": ;", f"{_NAME} = 0;", " (0) ;", " <= 0;",
        " begin end", f" {{{_NAME}_0}}{_NAME};", f"{_NAME}::*;", "::*;", "*;", " 0;", f":{_NAME};",
        f"{_NAME} (); ;", " case (0) default: ; endcase", f" ({_NAME});", "(;;) ;", f" @({_NAME}) ;", " @* ;",
    )  # fmt: skip


def _by_head(words: Sequence[str]) -> Iterator[str]:
    head, last = words[0] if words else "", words[-1] if words else ""
    if last in ("always", "always_ff"):
        yield f" @(posedge{_NAME}) ;"
    elif last in _TAKES_STATEMENT:
        yield ";"
    elif last in _TAKES_EXPRESSION:
        if last.startswith("case"):
            yield " (0)"
        count = f"{PLACEHOLDER} = 0; {PLACEHOLDER} < 1; {PLACEHOLDER} = {PLACEHOLDER} + 1"
        yield {"for": f" ({count}) ;", "foreach": f" ({PLACEHOLDER}[i]) ;"}.get(last, " (0) ;")
    elif head == "module" and last == "import":
        yield f"{_NAME}::*; ;"
    elif head == "modport":
        yield f"{_NAME} (input{_NAME}_0);" if len(words) == 1 else f" (input{_NAME}_0);"
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
    elif last == ")" and "#" in words:
        yield f"{_NAME} ();"
    elif last == "]" and head in _NET_TYPES:
        yield f"{_NAME};"
        yield ";"
