"""Stand-ins for modules that are in no file: vendor primitives, and what is not written yet.

Both tools give up early over an unknown module, and everything after it would go unseen. A stub has the
ports and parameters that its instances name; its ports are inputs, which any expression may be connected to.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rtlwright.server.check.text.lexer import BRACKETS, PAIRS, Kind, Token, code


@dataclass
class _Uses:
    named: dict[str, None] = field(default_factory=dict)
    ordered: int = 0

    def names(self, prefix: str) -> list[str]:
        return [*self.named, *(f"{prefix}{index}" for index in range(self.ordered))]


def stubs(texts: Iterable[str], missing: frozenset[str]) -> str:
    """Verilog text that defines the modules `missing` as far as `texts` instantiate them."""
    ports: dict[str, _Uses] = {}
    parameters: dict[str, _Uses] = {}
    for text in texts:
        tokens = code(text)
        for index, token in enumerate(tokens):
            if token.kind is Kind.IDENTIFIER and token.text in missing:
                _instance(tokens, index, parameters, ports)
    return "".join(_stub(name, parameters.get(name, _Uses()), uses) for name, uses in sorted(ports.items()))


def _instance(
    tokens: Sequence[Token], at: int, parameters: dict[str, _Uses], ports: dict[str, _Uses]
) -> None:
    name = tokens[at].text
    at += 1
    found = None
    if _text(tokens, at) == "#" and _text(tokens, at + 1) == "(":
        found, at = _connections(tokens, at + 1)
    if at >= len(tokens) or tokens[at].kind is not Kind.IDENTIFIER:
        return
    at += 1
    while _text(tokens, at) == "[":  # an array of instances
        _, at = _connections(tokens, at)
    if _text(tokens, at) != "(":
        return
    connected, _ = _connections(tokens, at)
    _merge(ports.setdefault(name, _Uses()), connected)
    if found:
        _merge(parameters.setdefault(name, _Uses()), found)


def _connections(tokens: Sequence[Token], at: int) -> tuple[_Uses, int]:
    """What the list that opens at `at` connects, and the index behind it."""
    uses, depth, filled, commas = _Uses(), 0, False, 0
    while at < len(tokens):
        text = tokens[at].text
        if text in BRACKETS or text == "(*":
            filled |= depth > 0
            depth += 1
        elif text in (")", "]", "}", "*)"):
            depth -= 1
            if depth == 0:
                at += 1
                break
        elif depth == 1 and text == ".":
            if at + 1 < len(tokens) and tokens[at + 1].kind is Kind.IDENTIFIER:
                uses.named[tokens[at + 1].text] = None
        elif depth == 1 and text == ",":
            commas += 1
        else:
            filled = True
        at += 1
    if not uses.named and filled:
        uses.ordered = commas + 1
    return uses, at


def _merge(into: _Uses, more: _Uses) -> None:
    into.named.update(more.named)
    into.ordered = max(into.ordered, more.ordered)


def _stub(name: str, parameters: _Uses, ports: _Uses) -> str:
    header = ", ".join(f"parameter {each} = 0" for each in parameters.names("rtlwright_parameter_"))
    listed = ", ".join(f"input {each}" for each in ports.names("rtlwright_port_"))
    return f"(* blackbox *) module {name} {f'#({header})' if header else ''}({listed}); endmodule\n"


def _text(tokens: Sequence[Token], at: int) -> str:
    return tokens[at].text if at < len(tokens) else ""


assert PAIRS.keys() >= BRACKETS
