"""What a reset branch still lacks: the registers that its always block assigns and the branch does not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rtlwright.server.context.headers import Net, PortDecl
from rtlwright.server.context.window import Context
from rtlwright.server.sources.casearms import states_of
from rtlwright.server.sources.match import is_reset
from rtlwright.server.types import Cancel, Candidate, Language, SourceName

_HEAD = re.compile(r"\balways(?:_ff)?\s*@\s*\(([^()]*\b(?:posedge|negedge)\b[^()]*)\)")
_BEGIN = r"begin\b(?:\s*:\s*\w+)?"
_BRANCH = re.compile(rf"\s*(?:{_BEGIN})?\s*if\s*\(([^()]*)\)\s*{_BEGIN}")
_TESTED = re.compile(r"\s*[!~]?\s*(\w+)\s*(?:[!=]=+\s*1?'?b?[01]\s*)?\Z")
_PARENTHESES = re.compile(r"\([^()]*\)")
_ASSIGNED = re.compile(
    r"(?:^|;|:|\)|\b(?:begin|else|end)\b)\s*(\{[^{}<=;]*\}|[A-Za-z_]\w*)(?:\s*\[[^\]]*\]|\.\w+)*\s*<=(?!=)",
    re.M,
)
_WORDS = re.compile(r"\b(begin|end|case[xz]?|endcase|always\w*|initial|assign|endmodule|module|generate)\b")
_NUMBERS = re.compile(r"\[\s*(\d+)\s*:\s*0\s*\]\Z")
_TO_PARAMETER = re.compile(r"\[\s*([A-Za-z_]\w*)\s*-\s*1\s*:\s*0\s*\]\Z")
_IDLE_HIGH = re.compile(r"_n[io]?\Z|\A(?:uart_)?txd?(?:_o)?\Z")
_COLUMN = re.compile(r"^[ \t]*(\w+[ \t]*)<=", re.M)
_MOST = 64


@dataclass(frozen=True, slots=True)
class _Branch:
    """The reset branch around the cursor."""

    written: str
    """From its `begin` to the cursor, and from there to its `end`."""
    rest: str
    """What follows in the same always block."""


def propose_resets(context: Context, cancel: Cancel) -> Iterator[Candidate]:
    """On a blank line of a reset branch: all that is missing; and the next one alone."""
    typed = context.word
    if context.line_prefix.strip() != typed or context.line_suffix.strip():
        return
    branch = _branch(context)
    if branch is None:
        return
    done = set(_assigned(branch.written))
    names = context.scope.names
    missing = [
        name
        for name in dict.fromkeys(_assigned(branch.rest))
        if name not in done and name in names and not names[name].unpacked_text
    ]
    missing = [name for name in missing if name.startswith(typed)][:_MOST]
    if not missing:
        return
    lines = _lines(context, missing, branch.written)
    first = lines[0][len(typed) :]
    if len(lines) > 1 and not typed:
        white = context.line_prefix
        yield _candidate(context, f"{context.newline}{white}".join(lines), -0.2)
    yield _candidate(context, first, -0.5)


def _branch(context: Context) -> _Branch | None:
    """The branch that the cursor stands in, at its outermost level; None anywhere else."""
    clean = context.clean_prefix
    head = next(reversed(list(_HEAD.finditer(clean))), None)
    found = _BRANCH.match(clean, head.end()) if head else None
    if head is None or found is None or not _is_reset(found[1], head[1]):
        return None
    written = clean[found.end() :]
    if any(True for _ in _WORDS.finditer(written)) or not _between_statements(written):
        return None
    inside, rest = _parts(context.clean_suffix)
    return _Branch(written + "\n;" + inside, rest)


def _is_reset(condition: str, events: str) -> bool:
    tested = _TESTED.match(condition)
    return tested is not None and (
        is_reset(tested[1]) or tested[1] in re.findall(r"edge\s+(\w+)", events)[1:]
    )


def _between_statements(written: str) -> bool:
    line_start = written.rfind("\n") + 1
    before = written[:line_start].rstrip()
    return not before or before.endswith(";")


def _parts(suffix: str) -> tuple[str, str]:
    """What follows the cursor in its branch, and after the branch in its always block."""
    depth, end, stop = 1, None, len(suffix)
    for match in _WORDS.finditer(suffix):
        word = match[1]
        if word == "begin" or word.startswith("case"):
            depth += 1
        elif word in ("end", "endcase"):
            depth -= 1
            end = match.start() if depth == 0 and end is None else end
        else:
            stop = match.start()
            break
    return suffix[: end or 0], suffix[end or 0 : stop]


def _assigned(text: str) -> Iterator[str]:
    """Names on the left of non-blocking assignments, in order; those of conditions are none."""
    before = ""
    while before != text:
        before, text = text, _PARENTHESES.sub(lambda found: ")" * len(found[0]), text)
    for match in _ASSIGNED.finditer(text):
        yield from re.findall(r"[A-Za-z_]\w*", re.sub(r"\[[^\]]*\]", "", match[1]))


def _lines(context: Context, names: Sequence[str], written: str) -> list[str]:
    """In the column of the assignments that are there, if several share one."""
    heads = [match[1] for match in _COLUMN.finditer(written)]
    aligned = len(heads) > 1 and len(set(map(len, heads))) == 1
    width = max(len(heads[0]), *(len(name) + 1 for name in names)) if aligned else 0
    return [f"{name} ".ljust(width) + f"<= {_value(context, name)};" for name in names]


def _value(context: Context, name: str) -> str:
    """The first state; a line that idles high, 1; else zero, sized as this file sizes it."""
    states = states_of(context, name)
    if states:
        return states[0]
    declared = context.scope.names[name]
    if not declared.width_text and _scalar(declared):
        return "1'b1" if _IDLE_HIGH.search(name) else "1'b0"
    if context.document.language is not Language.VERILOG:
        numbers = _NUMBERS.match(declared.width_text)
        return f"{int(numbers[1]) + 1}'d0" if numbers and "'0" not in context.document.text else "'0"
    numbers, parameter = _NUMBERS.match(declared.width_text), _TO_PARAMETER.match(declared.width_text)
    if numbers:
        return f"{int(numbers[1]) + 1}'d0"
    return f"{{{parameter[1]}{{1'b0}}}}" if parameter else "0"


def _scalar(declared: PortDecl | Net) -> bool:
    return set(declared.type_text.split()) <= {"reg", "logic", "bit", "wire", "var", "signed", "unsigned"}


def _candidate(context: Context, text: str, score: float) -> Candidate:
    return Candidate(text, context.insertion(), SourceName.STRUCTURE, None, score)
