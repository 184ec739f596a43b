"""A testbench out of a port list: the same random stimulus for every candidate, its outputs as the trace."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rtlwright.server.check.ports import Port

CYCLES = 256
_CLOCK = re.compile(r"^(?:i_|in_)?(?:\w*_)?(?:clk|clock|ck|aclk|hclk|pclk)(?:_?(?:i|in))?$", re.IGNORECASE)
_RESET = re.compile(
    r"^(?:i_|in_)?(?:\w*_)?(?P<low>n)?a?(?:rst|reset|areset|clr|clear|resetn|rstn)(?P<suffix>_?(?:n|b|ni|l))?(?:_?(?:i|in))?$",
    re.IGNORECASE,
)
_LOW = re.compile(r"^n|n$|_b$|_ni$|_l$|_n_i$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Roles:
    """Which inputs are clocks and resets, by their names; the others get random values."""

    clocks: tuple[str, ...]
    high_resets: tuple[str, ...]
    low_resets: tuple[str, ...]

    @classmethod
    def of(cls, ports: Sequence[Port]) -> Roles:
        single = [port.name for port in ports if port.direction == "in" and port.width == 1]
        clocks = tuple(name for name in single if _CLOCK.match(name))
        resets = [name for name in single if _RESET.match(name) and name not in clocks]
        low = tuple(name for name in resets if _LOW.search(name))
        return cls(clocks, tuple(name for name in resets if name not in low), low)


def testbench(module: str, ports: Sequence[Port], seed: int = 1) -> str:
    """Verilog-2005 text of a top module `rtlwright_tb`. Prints one line of all outputs per cycle.

    Resets are held for the first three cycles and pulsed once again half way; inputs change well after
    the clock's edge, outputs are sampled right before the next one.
    """
    roles = Roles.of(ports)
    inputs = [port for port in ports if port.direction == "in"]
    outputs = [port for port in ports if port.direction != "in"]
    special = {*roles.clocks, *roles.high_resets, *roles.low_resets}
    free = [port for port in inputs if port.name not in special]
    declared = [f"  reg {_range(port)}\\{port.name} ;" for port in inputs]
    declared += [f"  wire {_range(port)}\\{port.name} ;" for port in outputs]
    connected = ", ".join(f".\\{port.name} (\\{port.name} )" for port in ports)
    values = "".join(f"      \\{port.name} = {_random(port.width)};\n" for port in free)
    format_ = " ".join("%b" for _ in outputs)
    listed = "".join(f", \\{port.name} " for port in outputs)
    return (
        "`timescale 1ns/1ps\nmodule rtlwright_tb;\n" + "\n".join(declared) + "\n"
        f"  integer cycle; integer seed; reg in_reset;\n  \\{module} dut ({connected});\n"
        "  initial begin\n"
        f"    seed = {seed};\n" + "".join(f"    \\{name} = 1'b0;\n" for name in roles.clocks)
        + f"    for (cycle = 0; cycle < {CYCLES}; cycle = cycle + 1) begin\n"
        f"      in_reset = (cycle < 3) || (cycle == {CYCLES // 2});\n"
        + "".join(f"      \\{name} = in_reset;\n" for name in roles.high_resets)
        + "".join(f"      \\{name} = !in_reset;\n" for name in roles.low_resets)
        + values
        + f'      #4 $display("{format_}"{listed});\n'
        + "".join(f"      \\{name} = 1'b1;\n" for name in roles.clocks) + "      #5 ;\n"
        + "".join(f"      \\{name} = 1'b0;\n" for name in roles.clocks) + "      #1 ;\n"
        "    end\n    $finish;\n  end\nendmodule\n"
    )  # fmt: skip


def _range(port: Port) -> str:
    return f"[{port.width - 1}:0] " if port.width > 1 else ""


def _random(width: int) -> str:
    """Enough words of `$random`, drawn in a fixed order from one seed."""
    words = max(1, (width + 31) // 32)
    return "{" + ", ".join(["$random(seed)"] * words) + "}" if words > 1 else "$random(seed)"
