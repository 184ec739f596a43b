"""The text of a miter: reference and design side by side, `bad` where an output differs.

Its ports are numbered, not named, so that no name of a design can be taken for a word of Yosys. Resets are
held for the first steps. With `undefined`, an X of the reference leaves everything open; without it, X does
not exist (Yosys' solver takes it for 0 unless it is told to model it, and `=== 1'bx` would then be a trap).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rtlwright.server.check.behaviour.roles import Roles
from rtlwright.server.check.slang.ports import Port

RESET_STEPS = 4
TOP, PREFIX = "rtlwright_miter", "rtlwright_"
_ROW = re.compile(r"^ +(\d+) \\([igc]\d+) +\S+ +\S+ +([01x]+) *$", re.MULTILINE)
_X = re.compile(r"'[sS]?[bBhHoOdD]\s*[\da-fA-F_]*[xX]|'[xX]\b")


@dataclass(frozen=True, slots=True)
class Miter:
    """Of modules that are renamed to `rtlwright_gold` and `rtlwright_gate`."""

    ports: tuple[Port, ...]
    roles: Roles
    undefined: bool
    """The reference has X values on purpose: don't cares."""

    @property
    def inputs(self) -> list[Port]:
        return [port for port in self.ports if port.direction == "in"]

    @property
    def outputs(self) -> list[Port]:
        return [port for port in self.ports if port.direction == "out"]

    @property
    def reset_steps(self) -> int:
        return RESET_STEPS if self.roles.resets else 0

    @property
    def text(self) -> str:
        """SystemVerilog of the module `rtlwright_miter`."""
        header = [f"input {_range(p)}i{n}" for n, p in enumerate(self.inputs)]
        for n, port in enumerate(self.outputs):
            header += [f"output {_range(port)}g{n}", f"output {_range(port)}c{n}"]
        lines = [f"module {TOP}({', '.join([*header, 'output bad'])});"]
        lines += self._age()
        for side, letter in (("gold", "g"), ("gate", "c")):
            pins = [f".\\{port.name} ({self._driven(n)})" for n, port in enumerate(self.inputs)]
            pins += [f".\\{port.name} ({letter}{n})" for n, port in enumerate(self.outputs)]
            lines.append(f"  {PREFIX}{side} {side}({', '.join(pins)});")
        wrong = " | ".join(self._wrong(n, port.width) for n, port in enumerate(self.outputs))
        return "\n".join([*lines, f"  assign bad = {self._counts} & ({wrong});", "endmodule", ""])

    def _age(self) -> list[str]:
        """How many steps there were, as far as the reset needs to know."""
        if not self.reset_steps:
            return []
        clock = next(n for n, port in enumerate(self.inputs) if port.name == self.roles.clocks[0])
        step = f"if (age != {RESET_STEPS}) age <= age + 3'd1;"
        return ["  reg [2:0] age = 0;", f"  always @(posedge i{clock}) {step}"]

    @property
    def _counts(self) -> str:
        return f"(age == {RESET_STEPS})" if self.reset_steps else "1'b1"

    def _driven(self, number: int) -> str:
        levels = dict(self.roles.resets)
        name = self.inputs[number].name
        if name not in levels:
            return f"i{number}"
        held = f"(age != {RESET_STEPS})"
        return f"i{number} | {held}" if levels[name] else f"i{number} & ~{held}"

    def _wrong(self, number: int, width: int) -> str:
        if not self.undefined:
            return f"(g{number} != c{number})"
        bits = [f"[{bit}]" for bit in range(width)] if width > 1 else [""]
        fine = " & ".join(f"((g{number}{b} === 1'bx) | (g{number}{b} === c{number}{b}))" for b in bits)
        return f"~({fine})"

    def steps(self, table: str) -> list[dict[str, dict[str, str]]]:
        """The model that `sat` prints, step by step: inputs (as the designs get them) and both outputs."""
        values: dict[int, dict[str, str]] = {}
        for match in _ROW.finditer(table):
            values.setdefault(int(match[1]), {})[match[2]] = match[3]
        return [self._step(number, values[number]) for number in sorted(values)]

    def _step(self, number: int, values: Mapping[str, str]) -> dict[str, dict[str, str]]:
        levels = dict(self.roles.resets)
        inputs = {}
        for n, port in enumerate(self.inputs):
            if port.name in self.roles.clocks:
                continue
            held = number <= self.reset_steps and port.name in levels
            value = str(int(levels[port.name])) if held else values.get(f"i{n}", "0" * port.width)
            inputs[port.name] = value.replace("x", "0")
        reference = {port.name: values.get(f"g{n}", "") for n, port in enumerate(self.outputs)}
        candidate = {port.name: values.get(f"c{n}", "") for n, port in enumerate(self.outputs)}
        return {"inputs": inputs, "reference": reference, "candidate": candidate}


def has_undefined(texts: Sequence[str]) -> bool:
    """X literals: whoever writes one leaves something open."""
    return any(_X.search(text) for text in texts)


def _range(port: Port) -> str:
    return f"[{port.width - 1}:0] " if port.width > 1 else ""
