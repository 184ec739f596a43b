"""Turns a reference model into stimulus, expected values and a self-checking testbench."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random

from rtlwright.training.synth.design import Design, Port

_EXHAUSTIVE_BITS = 6


@dataclass(frozen=True)
class Step:
    """One vector: packed inputs, packed expected outputs, and which output bits are compared."""

    stimulus: int
    expected: int
    care: int


def _driven(design: Design) -> tuple[Port, ...]:
    return tuple(p for p in design.inputs if design.clock is None or p.name != design.clock.name)


def _value(rng: Random, port: Port, previous: int, others: list[int]) -> int:
    """A random value that favours corners, repeats, and values other inputs have."""
    ones = (1 << port.width) - 1
    if port.width == 1:
        return int(rng.random() < port.bias)
    kind = rng.random()
    if kind < 0.5:
        return rng.getrandbits(port.width)
    if kind < 0.7:
        return rng.choice((0, ones, 1, ones >> 1, (ones >> 1) + 1, 1 << rng.randrange(port.width)))
    if kind < 0.8:
        return rng.randrange(min(ones, 8) + 1)
    return rng.choice((previous, *others)) & ones


def _random_inputs(design: Design, rng: Random) -> Iterator[dict[str, int]]:
    previous: dict[str, int] = {}
    driven = _driven(design)
    for index in range(design.vectors):
        values: dict[str, int] = {}
        for port in driven:
            values[port.name] = _value(rng, port, previous.get(port.name, 0), list(values.values()))
        if design.reset:
            active = index < 2 or rng.random() < 0.04
            values[design.reset.name] = int(active != design.reset.active_low)
        previous = values
        yield values


def _exhaustive(design: Design) -> Iterator[dict[str, int]]:
    ports = _driven(design)
    for code in range(1 << sum(p.width for p in ports)):
        values, rest = {}, code
        for port in reversed(ports):
            values[port.name] = rest & ((1 << port.width) - 1)
            rest >>= port.width
        yield values


def inputs_for(design: Design, rng: Random) -> Iterable[dict[str, int]]:
    """The input vectors: the design's own, all of them for a small combinational block, else random."""
    if design.stimulus:
        return design.stimulus(rng)
    if design.clock is None and sum(p.width for p in design.inputs) <= _EXHAUSTIVE_BITS:
        return _exhaustive(design)
    return _random_inputs(design, rng)


def steps_for(design: Design, rng: Random) -> tuple[Step, ...]:
    """Run the reference model over the vectors."""
    model, steps = design.reference(), []
    driven, outs = _driven(design), [(p.name, p.width, (1 << p.width) - 1) for p in design.outputs]
    for values in inputs_for(design, rng):
        stimulus = expected = care = 0
        for port in driven:
            stimulus = stimulus << port.width | values[port.name]
        outputs = model.outputs(values)
        for name, width, ones in outs:
            value = outputs.get(name)
            expected = expected << width | (0 if value is None else value & ones)
            care = care << width | (0 if value is None else ones)
        steps.append(Step(stimulus, expected, care))
        model.clock(values)
    return tuple(steps)


def _net(kind: str, port: Port) -> str:
    span = f"[{port.width - 1}:0] " if port.width > 1 else ""
    return f"  {kind} {span}{port.name};"


def testbench(
    design: Design,
    steps: tuple[Step, ...],
    *,
    top: str = "tb",
    dut: str = "",
    label: str = "",
    finish: bool = True,
) -> str:
    """A standalone testbench that prints `Mismatches: X in N samples`.

    Inputs change while the clock is inactive; outputs are compared just before the active edge.
    """
    driven, outputs = _driven(design), design.outputs
    ins, outs = sum(p.width for p in driven), sum(p.width for p in outputs)
    clock = design.clock
    idle = int(clock is not None and not clock.positive)
    lines = ["`timescale 1ns/1ps", f"module {top};"]
    lines += [f"  reg {clock} = {idle};"] if clock else []
    lines += [_net("reg", p) for p in driven] + [_net("wire", p) for p in outputs]
    pins = ", ".join(f".{p}({p})" for p in design.ports)
    lines += [
        "  integer tb_errors = 0, tb_samples = 0;",
        f"  {dut or design.name} tb_dut ({pins});",
        f"  task tb_step(input [{ins - 1}:0] stimulus, input [{outs - 1}:0] expected, care);",
        "    begin",
        f"      {{{', '.join(p.name for p in driven)}}} = stimulus;",
        "      #4 tb_samples = tb_samples + 1;",
        f"      if ((({{{', '.join(p.name for p in outputs)}}} ^ expected) & care) !== {outs}'d0)",
        "        tb_errors = tb_errors + 1;",
        f"      #1 {clock} = {1 - idle}; #5 {clock} = {idle};" if clock else "      #6;",
        "    end",
        "  endtask",
        "  initial begin",
        *(f"    tb_step({ins}'h{s.stimulus:x}, {outs}'h{s.expected:x}, {outs}'h{s.care:x});" for s in steps),
        f'    $display("{label}Mismatches: %0d in %0d samples", tb_errors, tb_samples);',
        *(["    $finish;"] if finish else []),
        "  end",
        "endmodule",
    ]
    return "\n".join(lines) + "\n"
