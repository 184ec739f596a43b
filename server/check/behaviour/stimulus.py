"""A testbench out of a port list: vectors from a file in, a line of outputs per sample into a file.

Names of the testbench and its files bear a number that a design cannot know, and so does every line of the
trace. `%m` in a design may tell the testbench's name, but neither the files' nor the lines' mark.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rtlwright.server.check.behaviour.roles import Roles
from rtlwright.server.check.behaviour.vectors import RESET_CYCLES, Column, columns, constants
from rtlwright.server.check.slang.ports import Port


@dataclass(frozen=True, slots=True)
class Names:
    """Drawn anew for every run."""

    top: str
    mark: str
    vectors: str
    trace: str

    @classmethod
    def drawn(cls, number: str) -> Names:
        """From a random number in hexadecimal of 32 digits or more."""
        parts = [number[begin : begin + 8] for begin in range(0, 32, 8)]
        return cls(f"rtlwright_{parts[0]}", parts[1], f"{parts[2]}.hex", f"{parts[3]}.txt")


@dataclass(frozen=True, slots=True)
class Stimulus:
    """Ports, what their inputs are for, and the values that they get: the same for all designs of a class."""

    ports: tuple[Port, ...]
    roles: Roles
    columns: tuple[Column, ...]

    @classmethod
    def of(cls, ports: Sequence[Port], roles: Roles, texts: Iterable[str]) -> Stimulus:
        """`texts`: the designs', whose constants are tried as inputs."""
        return cls(tuple(ports), roles, columns(ports, roles, constants(texts)))

    @classmethod
    def given(cls, ports: Sequence[Port], roles: Roles, columns: Iterable[Sequence[Any]]) -> Stimulus:
        """With given values: [name, width, values] for each input, and each clock's ticks."""
        return cls(tuple(ports), roles, tuple(Column(n, w, tuple(values)) for n, w, values in columns))

    def inputs(self, cycle: int) -> dict[str, str]:
        """The bits of every input but the clocks in a cycle, in the order of the ports."""
        return {
            each.name: f"{each.values[cycle]:0{each.width}b}"
            for each in self.columns
            if each.name not in self.roles.clocks
        }

    @property
    def outputs(self) -> tuple[Port, ...]:
        """What a line of the trace holds, in this order."""
        return tuple(port for port in self.ports if port.direction != "in")

    @property
    def cycles(self) -> int:
        return len(self.columns[0].values) if self.columns else 1

    @property
    def per_cycle(self) -> int:
        """Samples: before the rising edge; where other edges count, too, also before the falling one."""
        return 2 if self.roles.falling or len(self.roles.clocks) > 1 else 1

    @property
    def samples(self) -> int:
        return self.cycles * self.per_cycle

    @property
    def begin(self) -> int:
        """The first sample after the reset."""
        return RESET_CYCLES * self.per_cycle if self.roles.resets else 0

    @property
    def rows(self) -> str:
        """What `$readmemh` reads: a number per cycle, the first column uppermost."""
        lines = []
        for values in zip(*(column.values for column in self.columns), strict=True):
            packed = 0
            for column, value in zip(self.columns, values, strict=True):
                packed = packed << column.width | value
            lines.append(f"{packed:x}\n")
        return "".join(lines)


def testbench(module: str, stimulus: Stimulus, names: Names) -> str:
    """Verilog-2005 text of a top module that drives `module`.

    A cycle: inputs change while clocks are low, outputs are sampled before the rising edges, clocks rise
    and fall one after the other (no two at once: races are no behaviour to compare).
    """
    width = sum(column.width for column in stimulus.columns) or 1
    own, count = names.top, stimulus.cycles
    connected = ", ".join(f".\\{port.name} (\\{port.name} )" for port in stimulus.ports)
    return "\n".join(
        [
            "`resetall",
            "`timescale 1ns/1ps",
            f"module {own};",
            *_declarations(stimulus),
            f"  reg [{width - 1}:0] {own}_rows [0:{count - 1}];",
            f"  integer {own}_cycle, {own}_file;",
            f"  \\{module} {own}_dut ({connected});",
            "  initial begin",
            *(f"    \\{clock} = 1'b0;" for clock in stimulus.roles.clocks),
            *([f'    $readmemh("{names.vectors}", {own}_rows);'] if stimulus.columns else []),
            f'    {own}_file = $fopen("{names.trace}", "w");',
            f"    for ({own}_cycle = 0; {own}_cycle < {count}; {own}_cycle = {own}_cycle + 1) begin",
            *_cycle(stimulus, names),
            "    end",
            f'    $fdisplay({own}_file, "{names.mark} end");',
            f"    $fclose({own}_file);",
            "    $finish;",
            "  end",
            "endmodule",
            "",
        ]
    )


def _declarations(stimulus: Stimulus) -> list[str]:
    ports, clocks = stimulus.ports, stimulus.roles.clocks
    found = [f"  reg {_range(p.width)}\\{p.name} ;" for p in ports if p.direction == "in"]
    found += [f"  wire {_range(p.width)}\\{p.name} ;" for p in ports if p.direction != "in"]
    for port in ports:
        if port.direction == "inout":
            drive, value = _escaped(f"{port.name}/drive"), _escaped(f"{port.name}/value")
            found += [f"  reg {drive}; reg {_range(port.width)}{value};"]
            found += [f"  assign \\{port.name} = {drive} ? {value} : {{{port.width}{{1'bz}}}};"]
    return found + [f"  reg {_escaped(clock + '/tick')};" for clock in clocks]


def _cycle(stimulus: Stimulus, names: Names) -> list[str]:
    inouts = {port.name for port in stimulus.ports if port.direction == "inout"}
    clocks, targets = stimulus.roles.clocks, []
    for column in stimulus.columns:
        suffix = "/value" if column.name in inouts else "/tick" if column.name in clocks else ""
        targets.append(_escaped(column.name + suffix))
    listed = "".join(f", \\{port.name} " for port in stimulus.outputs)
    format_ = " ".join([names.mark, *("%b" for _ in stimulus.outputs)])
    sample = f'$fdisplay({names.top}_file, "{format_}"{listed});'
    lines = [f"      {{{', '.join(targets)}}} = {names.top}_rows[{names.top}_cycle];"] if targets else []
    lines.append(f"      #10 {sample}")
    lines += [f"      #2 if ({_escaped(clock + '/tick')}) \\{clock} = 1'b1;" for clock in clocks]
    lines.append(f"      #10 {sample if stimulus.per_cycle == 2 else ';'}")
    lines += [f"      #2 \\{clock} = 1'b0;" for clock in clocks]
    return [*lines, "      #10 ;"]


def _escaped(name: str) -> str:
    return f"\\{name} "


def _range(width: int) -> str:
    return f"[{width - 1}:0] " if width > 1 else ""
