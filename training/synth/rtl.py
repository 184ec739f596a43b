"""Renders logic in one canonical shape per construct and style, so that a small model can learn it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rtlwright.training.synth.design import Clock, Design, Param, Port, Reset, Size, Style
from rtlwright.training.synth.statements import Case, For, If, Stmts, case, indented, render, when

__all__ = ["Case", "For", "If", "Module", "Stmts", "case", "fill", "lit", "when"]


def lit(value: int, size: Size | int, base: str = "d") -> str:
    """A sized literal: `8'd5`, `4'b0101`, `8'h3A`; parameterized sizes know only zero (`fill`)."""
    bits = size if isinstance(size, int) else size.bits
    digits = {"d": str(value), "b": f"{value:0{bits}b}", "h": f"{value:0{(bits + 3) // 4}X}"}[base]
    return f"{bits}'{base}{digits}"


def fill(bit: int, size: Size, style: Style) -> str:
    """All zeros or all ones: `8'd0`, `{8{1'b1}}`, `{WIDTH{1'b0}}`; `'0` for a parameter in SystemVerilog."""
    if size.param:
        return f"'{bit}" if style.systemverilog else f"{{{size.param}{{1'b{bit}}}}}"
    if size.bits == 1:
        return f"1'b{bit}"
    return lit(0, size) if bit == 0 else f"{{{size.bits}{{1'b1}}}}"


@dataclass(frozen=True)
class Local:
    name: str
    size: Size
    signed: bool = False
    array: str = ""


class Module:
    """Collects the body of one module; `design` closes it."""

    def __init__(
        self, name: str, family: str, style: Style, ports: tuple[Port, ...], params: tuple[Param, ...],
        clk: Clock | None, rst: Reset | None, claim: Callable[[str], str],
    ) -> None:  # fmt: skip
        self.name, self.family, self.style = name, family, style
        self.ports, self.params, self.clk, self.rst = ports, params, clk, rst
        self._claim = claim
        self._constants: list[str] = []
        self._locals: list[Local] = []
        self._integers: list[str] = []
        self._blocks: list[str] = []
        self._procedural: set[str] = set()
        self._subs: list[tuple[str, str]] = []

    # -- declarations ---------------------------------------------------------------------------------

    def signal(self, name: str, size: Size | int = 1, *, signed: bool = False, array: str = "") -> str:
        """Declare an internal signal; whether Verilog needs `reg` or `wire` follows from its use."""
        local = Local(self._claim(name), Size(size) if isinstance(size, int) else size, signed, array)
        self._locals.append(local)
        return local.name

    def constant(self, name: str, value: str, size: Size | int | None = None) -> str:
        """Declare a localparam, with a range when a size is given."""
        span = (Size(size) if isinstance(size, int) else size).range if size else ""
        name = self._claim(name)
        self._constants.append(f"\tlocalparam {span + ' ' if span else ''}{name} = {value};")
        return name

    def zero(self, size: Size) -> str:
        return fill(0, size, self.style)

    def ones(self, size: Size) -> str:
        return fill(1, size, self.style)

    # -- logic ----------------------------------------------------------------------------------------

    def _block(self, lines: list[str], note: str) -> None:
        comment = [f"\t// {note}"] if note and self.style.comments else []
        self._blocks.append("\n".join([*comment, *lines]))

    def assign(self, target: str | Port, expression: str, note: str = "") -> None:
        line = f"\tassign {target} = {expression};"
        if (
            self._blocks
            and self._blocks[-1].rsplit("\n", 1)[-1].startswith("\tassign")
            and not (note and self.style.comments)
        ):
            self._blocks[-1] += "\n" + line
        else:
            self._block([line], note)

    def comb(self, body: Stmts, note: str = "") -> None:
        """A combinational always block."""
        head = "always_comb begin" if self.style.systemverilog else "always @(*) begin"
        self._always(head, body, note)

    def clocked(self, body: Stmts, reset: Stmts = (), note: str = "") -> None:
        """An always block on the design's clock, with its reset around the body if `reset` is given."""
        keyword = "always_ff" if self.style.systemverilog else "always"
        edges = f"{self.clk.edge} {self.clk}"  # type: ignore[union-attr]
        rst = self.rst if reset else None
        if rst and rst.asynchronous:
            edges += f" or {'negedge' if rst.active_low else 'posedge'} {rst}"
        if rst:
            condition = f"!{rst}" if rst.active_low else f"{rst}"
            only = body[0] if len(body) == 1 else None
            if isinstance(only, If):
                body = [If(((condition, reset), *only.branches), only.otherwise)]
            else:
                body = [If(((condition, reset),), body)]
        self._always(f"{keyword} @({edges}) begin", body, note)

    def _always(self, head: str, body: Stmts, note: str) -> None:
        lines = render(body, 2)
        for line in lines:
            if found := re.match(r"\t+(?:[^:?]*: )?(\{[^=]*\}|\w+)[^=;()]*(?:<=|=) ", line):
                self._procedural.update(re.findall(r"[A-Za-z_]\w*", found[1]))
        self._block([indented(1, head), *lines, "\tend"], note)

    def loop(self, stop: str, body: Stmts, start: str = "0", variable: str = "i") -> For:
        """A for loop over `variable`; Verilog-2005 gets a module-level integer for it."""
        if self.style.systemverilog:
            return For(variable, stop, body, start, "int ")
        if variable not in self._integers:
            self._integers.append(variable)
        return For(variable, stop, body, start)

    def raw(self, text: str, note: str = "") -> None:
        """Text indented with tabs (one per level), for instances and generate loops."""
        self._block([line for line in text.split("\n") if line], note)

    def instance(self, module: str, label: str, pins: Sequence[tuple[str, str]], level: int = 1) -> str:
        """The text of an instance with named connections, to be passed to `raw`."""
        body = ",\n".join(indented(level + 1, f".{pin}({net})") for pin, net in pins)
        return f"{indented(level, f'{module} {label} (')}\n{body}\n{indented(level, ');')}"

    def submodule(self, module: Module) -> None:
        """Append a module that this one instantiates; the top module stays first in the text."""
        self._subs.append((module.name, module.text()))

    # -- text -----------------------------------------------------------------------------------------

    def _declare(self, port: Port) -> str:
        sv = self.style.systemverilog
        driven = port.name in self._procedural and not sv
        net = (
            "logic"
            if sv and port.direction == "output"
            else {"plain": ""}.get(self.style.ports, self.style.ports)
        )
        kind = "reg" if driven else net
        parts = (port.direction, kind, "signed" if port.signed else "", port.size.range, port.name)
        return " ".join(part for part in parts if part)

    def header(self) -> str:
        params = ",\n".join(f"\tparameter {p.name} = {p.value}" for p in self.params)
        lead = f"module {self.name} #(\n{params}\n) (" if params else f"module {self.name} ("
        if not self.style.ansi:
            return self._tabs(f"{lead}{', '.join(p.name for p in self.ports)});")
        return self._tabs(lead + "\n" + ",\n".join(f"\t{self._declare(p)}" for p in self.ports) + "\n);")

    def _tabs(self, text: str) -> str:
        return text.replace("\t", " " * self.style.indent)

    def _declarations(self) -> str:
        lines = [] if self.style.ansi else [f"\t{self._declare(p)};" for p in self.ports]
        lines += self._constants
        for local in self._locals:
            procedural = "reg" if local.name in self._procedural else "wire"
            kind = "logic" if self.style.systemverilog else procedural
            parts = (kind, "signed" if local.signed else "", local.size.range, local.name, local.array)
            lines.append(f"\t{' '.join(part for part in parts if part)};")
        lines += [f"\tinteger {name};" for name in self._integers]
        return "\n".join(lines)

    def text(self) -> str:
        parts = [part for part in (self._declarations(), *self._blocks) if part]
        body = self._tabs("\n\n".join(parts))
        whole = f"{self.header()}\n{body}\nendmodule\n"
        return "\n".join([whole, *(text for _, text in self._subs)])

    def design(self, **fields: Any) -> Design:
        """Close the module; the fields are those of `Design` that the module does not know."""
        return Design(
            family=self.family, name=self.name, style=self.style, ports=self.ports, params=self.params,
            header=self.header(), rtl=self.text(), clock=self.clk, reset=self.rst,
            modules=(self.name, *(name for name, _ in self._subs)), **fields,
        )  # fmt: skip
