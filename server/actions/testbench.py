"""The skeleton of a self-checking testbench: clock, reset, device under test, dump, checks, time limit."""

from __future__ import annotations

from collections.abc import Iterator

from rtlwright.server.context.headers import ModuleHeader, PortDecl
from rtlwright.server.context.text import IDENTIFIER
from rtlwright.server.sources.match import is_active_low, is_clock, is_reset
from rtlwright.server.types import Language

_NOT_A_TYPE = frozenset({"wire", "reg", "logic", "var", "tri", "uwire", "signed", "unsigned"})


def write_testbench(unit: ModuleHeader, language: Language) -> str:
    """Runs as it is and says PASS; the user adds what to drive and what to expect."""
    return "\n".join(_Bench(unit, language).lines()) + "\n"


class _Bench:
    def __init__(self, unit: ModuleHeader, language: Language):
        self._unit = unit
        self._verilog = language is Language.VERILOG
        self._inputs = [port for port in unit.ports if port.direction == "input"]
        self._clocks = [port.name for port in self._inputs if is_clock(port.name) and not port.width_text]
        self._resets = [port.name for port in self._inputs if is_reset(port.name) and not port.width_text]

    def lines(self) -> Iterator[str]:
        yield "`timescale 1ns/1ps"
        yield ""
        yield f"module {self._unit.name}_tb;"
        yield from self._imports()
        yield from self._parameters()
        yield from self._signals()
        yield ""
        yield from self._instance()
        yield from self._clocking()
        yield ""
        yield from self._test()
        yield ""
        yield from self._limit()
        yield "endmodule"

    def _imports(self) -> Iterator[str]:
        for package in self._unit.imports:
            yield f"  import {package if '::' in package else package + '::*'};"

    def _parameters(self) -> Iterator[str]:
        needed = self._names()
        for parameter in self._unit.parameters:
            if parameter.is_local and parameter.name not in needed:
                continue
            kind = f"{parameter.type_text} " if parameter.type_text and not self._verilog else ""
            value = parameter.default or ("logic" if parameter.type_text == "type" else "1")
            yield f"  localparam {kind}{parameter.name} = {value};"

    def _names(self) -> set[str]:
        """What the ports' types and the parameters need of the module's own constants."""
        texts = [f"{p.type_text} {p.width_text} {p.unpacked_text}" for p in self._unit.ports]
        texts += [f"{p.type_text} {p.default}" for p in self._unit.settable]
        found = set(IDENTIFIER.findall(" ".join(texts)))
        for parameter in reversed(self._unit.parameters):  # each may name those above it
            if parameter.name in found:
                found |= set(IDENTIFIER.findall(f"{parameter.type_text} {parameter.default}"))
        return found

    def _signals(self) -> Iterator[str]:
        for port in self._unit.ports:
            unpacked = f" {port.unpacked_text}" if port.unpacked_text else ""
            first = " = 0" if port in self._inputs and self._plain(port) and not unpacked else ""
            kind = [self._kind(port), "signed" * ("signed" in port.type_text.split()), port.width_text]
            yield f"  {' '.join(word for word in (*kind, port.name) if word)}{unpacked}{first};"
        yield "  integer errors = 0;"

    def _kind(self, port: PortDecl) -> str:
        named = [word for word in port.type_text.split() if word not in _NOT_A_TYPE]
        if named:
            return " ".join(named)
        if port.direction == "inout":
            return "wire"
        if self._verilog:
            return "reg" if port.direction == "input" else "wire"
        return "logic"

    def _plain(self, port: PortDecl) -> bool:
        return not [word for word in port.type_text.split() if word not in _NOT_A_TYPE]

    def _instance(self) -> Iterator[str]:
        parameters = ", ".join(f".{p.name}({p.name})" for p in self._unit.settable)
        yield f"  {self._unit.name}{f' #({parameters})' if parameters else ''} dut ("
        width = max(len(port.name) for port in self._unit.ports)
        last = self._unit.ports[-1]
        for port in self._unit.ports:
            yield f"    .{port.name.ljust(width)} ({port.name}){'' if port is last else ','}"
        yield "  );"

    def _clocking(self) -> Iterator[str]:
        if self._clocks:
            yield ""
        for name in self._clocks:
            yield f"  always #5 {name} = ~{name};"

    def _test(self) -> Iterator[str]:
        yield "  initial begin"
        yield f'    $dumpfile("{self._unit.name}_tb.vcd");'
        yield f"    $dumpvars(0, {self._unit.name}_tb);"
        for name in self._resets:
            yield f"    {name} = {self._active(name)};"
        if self._resets:
            yield f"    {self._wait(4)}"
        for name in self._resets:
            yield f"    {name} = {1 - self._active(name)};"
        yield ""
        yield "    // Drive the inputs here and compare the outputs, for example:"
        yield f"    // {self._wait(1)}"
        outputs = [port.name for port in self._unit.ports if port.direction == "output"]
        if outputs:
            seen = f'    //   $display("%0t: {outputs[0]} is %h", $time, {outputs[0]});'
            yield f"    // if ({outputs[0]} !== 0) begin"
            yield "    //   errors = errors + 1;"
            yield seen
            yield "    // end"
        yield f"    {self._wait(10)}"
        yield ""
        yield '    if (errors == 0) $display("PASS");'
        yield '    else $display("FAIL: %0d errors", errors);'
        yield "    $finish;"
        yield "  end"

    def _limit(self) -> Iterator[str]:
        yield "  initial begin"
        yield "    #100000;"
        yield '    $display("FAIL: the test did not end in time");'
        yield "    $finish;"
        yield "  end"

    def _wait(self, cycles: int) -> str:
        """Inputs change half a cycle away from the active edge."""
        return f"repeat ({cycles}) @(negedge {self._clocks[0]});" if self._clocks else f"#{cycles * 10};"

    def _active(self, name: str) -> int:
        return 0 if is_active_low(name) else 1
