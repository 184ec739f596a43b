"""Assignments that an always block makes, and the value that a name has before anything happens."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rtlwright.server.context.headers import Net, PortDecl
from rtlwright.server.context.window import Context
from rtlwright.server.sources.casearms import states_of
from rtlwright.server.types import Language

WORDS = re.compile(r"\b(begin|end|case[xz]?|endcase|always\w*|initial|assign|endmodule|module|generate)\b")
"""What decides where a branch or a block ends, in comment-free text."""
MOST = 64
"""Assignments in one candidate."""
_PARENTHESES = re.compile(r"\([^()]*\)")
_ASSIGNED = {
    operator: re.compile(
        r"(?:^|;|:|\)|\b(?:begin|else|end)\b)\s*(\{[^{}<=;]*\}|[A-Za-z_]\w*)(?:\s*\[[^\]]*\]|\.\w+)*\s*"
        + operator + r"(?!=)", re.M
    )
    for operator in ("<=", "=")
}  # fmt: skip
_NUMBERS = re.compile(r"\[\s*(\d+)\s*:\s*0\s*\]\Z")
_TO_PARAMETER = re.compile(r"\[\s*([A-Za-z_]\w*)\s*-\s*1\s*:\s*0\s*\]\Z")
_IDLE_HIGH = re.compile(r"_n[io]?\Z|\A(?:uart_)?txd?(?:_o)?\Z")


def assigned(text: str, operator: str) -> Iterator[str]:
    """Names on the left of `<=` or `=`, in order; those of conditions are none.

    >>> list(assigned("if (a <= b) c[1] <= d; {e, f[0]} <= g;", "<="))
    ['c', 'e', 'f']
    """
    before = ""
    while before != text:
        before, text = text, _PARENTHESES.sub(lambda found: ")" * len(found[0]), text)
    for match in _ASSIGNED[operator].finditer(text):
        yield from re.findall(r"[A-Za-z_]\w*", re.sub(r"\[[^\]]*\]", "", match[1]))


def first_open(names: Iterator[str], done: set[str], context: Context) -> list[str]:
    """Declared names that are not done, without memories; those that begin as the word under way does."""
    declared, typed = context.scope.names, context.word
    return [
        name
        for name in dict.fromkeys(names)
        if name not in done
        and name in declared
        and not declared[name].unpacked_text
        and name.startswith(typed)
    ][:MOST]


def lines(names: Sequence[str], values: Sequence[str], operator: str, written: str) -> list[str]:
    """In the column of the assignments that are there, if several share one."""
    heads = re.findall(rf"^[ \t]*(\w+[ \t]*){operator}(?!=)", written, re.M)
    aligned = len(heads) > 1 and len(set(map(len, heads))) == 1
    width = max(len(heads[0]), *(len(name) + 1 for name in names)) if aligned else 0
    return [
        f"{name} ".ljust(width) + f"{operator} {value};" for name, value in zip(names, values, strict=True)
    ]


def idle_value(context: Context, name: str) -> str:
    """The first state; a line that idles high, 1; else zero, sized as this file sizes it."""
    states = states_of(context, name)
    if states:
        return states[0]
    declared = context.scope.names[name]
    if not declared.width_text and _scalar(declared):
        return "1'b1" if _IDLE_HIGH.search(name) else "1'b0"
    numbers, parameter = _NUMBERS.match(declared.width_text), _TO_PARAMETER.match(declared.width_text)
    if context.document.language is not Language.VERILOG:
        return f"{int(numbers[1]) + 1}'d0" if numbers and "'0" not in context.document.text else "'0"
    if numbers:
        return f"{int(numbers[1]) + 1}'d0"
    return f"{{{parameter[1]}{{1'b0}}}}" if parameter else "0"


def _scalar(declared: PortDecl | Net) -> bool:
    return set(declared.type_text.split()) <= {"reg", "logic", "bit", "wire", "var", "signed", "unsigned"}
