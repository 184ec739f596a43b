"""Samples that look like a model's: the reference, changed in one or two places by a seed."""

# ruff: noqa: E501

from __future__ import annotations

import random
import re

from rtlwright.server.check.text.lexer import Kind, Token, tokens

_SWAPS = {
    "&": "|", "|": "&", "^": "&", "+": "-", "-": "+", "==": "!=", "!=": "==", "<": ">", ">": "<", "&&": "||",
    "||": "&&", "~": "!", "!": "~", "posedge": "negedge", "begin": "", "end": "", ";": "", "<=": "=", "?": "??",
    "<<": ">>", ">>": "<<", "if": "iff", "endcase": "end",
}  # fmt: skip


def mutants(reference: str, count: int, seed: str) -> list[str]:
    """`count` samples; about one in six is the reference itself, as a good model at a low temperature gives."""
    draw = random.Random(seed)
    return [reference if draw.random() < 1 / 6 else _mutant(reference, draw) for _ in range(count)]


def _mutant(text: str, draw: random.Random) -> str:
    for _ in range(draw.choice((1, 1, 2))):
        found = [
            token for token in tokens(text) if not token.trivial and not _in_loop_head(text, token.start)
        ]
        token = draw.choice(found)
        text = text[: token.start] + _other(token, found, draw) + text[token.end :]
    return text


def _in_loop_head(text: str, place: int) -> bool:
    """A loop that never ends costs every harness the same 30 seconds, and models hardly ever write one."""
    line = text[text.rfind("\n", 0, place) + 1 : place]
    return re.search(r"\b(?:for|while|repeat|forever)\b", line) is not None


def _other(token: Token, found: list[Token], draw: random.Random) -> str:
    """Another word for it: the wrong operator, another name of the module, another number, nothing."""
    if token.text in _SWAPS:
        return _SWAPS[token.text]
    if token.kind is Kind.IDENTIFIER:
        return draw.choice([each.text for each in found if each.kind is Kind.IDENTIFIER])
    if token.kind is Kind.NUMBER:
        return re.sub(r"\d(?=\D*$)", lambda digit: str((int(digit[0]) + 1) % 10), token.text)
    return "" if token.text not in ("module", "endmodule") or draw.random() < 0.3 else token.text
