"""Edge detectors, LFSRs, accumulators."""

from __future__ import annotations

from rtlwright.training.synth.design import Design, Inputs, Size
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families import family
from rtlwright.training.synth.phrases import during, gated, on
from rtlwright.training.synth.reference import Clocked
from rtlwright.training.synth.rtl import when

# Taps (1-based) of maximal-length Fibonacci LFSRs, from the well-known tables of primitive polynomials.
_TAPS = {
    3: (3, 2),
    4: (4, 3),
    5: (5, 3),
    6: (6, 5),
    7: (7, 6),
    8: (8, 6, 5, 4),
    16: (16, 15, 13, 4),
    32: (32, 22, 2, 1),
}


@family("edge_detector")
def edge_detector(d: Draw) -> Design:
    """Rising, falling or any edge of a signal, as a combinational or registered pulse."""
    size, kind, registered = (
        d.size(1, 16, share=0.0),
        d.pick(("rising", "rising", "falling", "any")),
        d.chance(0.4),
    )
    d.clock()
    rst = d.reset()
    x = d.input("signal", size, "input to watch")
    role = {"rising": "rise", "falling": "fall", "any": "pulse"}[kind]
    y = d.output(role, size, f"pulse for {kind} edge")
    m = d.module("edge_detect", f"{kind}_edge", f"{kind}_edge_detect", "edge_det")
    old = m.signal("prev", size)
    text = {"rising": f"{x} & ~{old}", "falling": f"~{x} & {old}", "any": f"{x} ^ {old}"}[kind]
    follow = [f"{old} <= {x};"] + ([f"{y} <= {text};"] if registered else [])
    clear = [f"{old} <= {m.zero(size)};"] + ([f"{y} <= {m.zero(size)};"] if registered else [])
    m.clocked(follow, clear, "remember the last value")
    if not registered:
        m.assign(y, text, f"{kind} edge")

    def pulse(old: int, new: int) -> int:
        return {"rising": new & ~old, "falling": old & ~new, "any": new ^ old}[kind]

    out = f"`{y}`" if size.bits == 1 else f"each bit of `{y}`"
    source = f"`{x}`" if size.bits == 1 else f"the same bit of `{x}`"
    edge = {"rising": "a rising edge", "falling": "a falling edge", "any": "any edge"}[kind]
    moment = "in the cycle after" if registered else "in the cycle of"
    timing = "registered" if registered else "combinational"
    return m.design(
        summaries=(
            f"a detector for {edge} with {timing} output: {out} is 1 for one cycle when {source} has {edge}",
            f"a {timing} one-cycle pulse on {out} for {edge} of {source}",
        ),
        behaviour=(
            f"The previous value of `{x}` is kept in a register.",
            f"{out.capitalize() if size.bits > 1 else out} is 1 for one cycle {moment} {edge} of {source}.",
            f"The output is {timing}.",
        ),
        reset_effect="clears the registers to 0",
        reference=lambda: Clocked(
            lambda s, i: (i[x.name], pulse(s[0], i[x.name])),
            lambda s, i: {y.name: s[1] if registered else pulse(s[0], i[x.name])},
            reset=rst,
            init=(0, 0),
        ),
    )


@family("lfsr")
def lfsr(d: Draw) -> Design:
    """A Fibonacci LFSR of maximal length."""
    bits = d.pick(tuple(_TAPS))
    size, taps = Size(bits), _TAPS[bits]
    d.clock()
    rst = d.reset()
    en = d.input("enable", 1, "shift enable", bias=0.85) if d.chance(0.4) else None
    q = d.output("lfsr", size, "LFSR state")
    m = d.module("lfsr", f"lfsr{bits}", "prbs_gen", "random_gen")
    feedback = " ^ ".join(f"{q}[{tap - 1}]" for tap in taps)
    m.clocked(
        gated(en, [f"{q} <= {{{q}[{bits - 2}:0], {feedback}}};"]),
        [f"{q} <= {bits}'d1;"],
        "shift in the feedback",
    )

    def step(s: int, i: Inputs) -> int:
        bit = sum(s >> tap - 1 & 1 for tap in taps) % 2
        return (s << 1 | bit) & (1 << bits) - 1 if on(en, i) else s

    return m.design(
        summaries=(
            f"a {bits}-bit Fibonacci LFSR `{q}` that shifts left{during(en)}; the new bit 0 is `{feedback}`",
            f"a {bits}-bit linear feedback shift register: `{q}` shifts left with `{feedback}` "
            f"entering{during(en)}",
        ),
        behaviour=(
            f"On every clock edge{during(en)}, `{q}` shifts left by one and `{feedback}` enters at bit 0.",
        ),
        reset_effect=f"sets `{q}` to 1",
        reference=lambda: Clocked(step, lambda s, i: {q.name: s}, reset=rst, init=1),
    )


@family("accumulator")
def accumulator(d: Draw) -> Design:
    """Adds up its input."""
    size = d.size(4, 32)
    d.clock()
    rst = d.reset()
    clear = d.input("clear", 1, "clear the sum", bias=0.1) if d.chance(0.5) else None
    en = d.input("valid", 1, "input is valid", bias=0.8) if d.chance(0.6) else None
    data, acc = d.input("data", size, "value to add"), d.output("acc sum total accum", size, "running sum")
    m = d.module("accumulator", "accum", "acc_unit", "integrator")
    add, zero = [f"{acc} <= {acc} + {data};"], [f"{acc} <= {m.zero(size)};"]
    if clear:
        body = [when(clear.name, zero, (en.name, add)) if en else when(clear.name, zero, otherwise=add)]
    else:
        body = gated(en, add)
    m.clocked(body, zero, "add up")

    def step(s: int, i: Inputs) -> int:
        if clear and i[clear.name]:
            return 0
        return (s + i[data.name]) % (1 << size.bits) if on(en, i) else s

    tail = f"; `{clear}` clears it synchronously" if clear else ""
    return m.design(
        summaries=(
            f"a {size.words} accumulator: `{data}` is added to `{acc}` on every clock edge{during(en)}{tail}",
            f"a running {size.words} sum `{acc}` of `{data}`{during(en) and f', updated{during(en)}'}{tail}",
        ),
        behaviour=(
            *((f"When `{clear}` is high, `{acc}` becomes 0 on the clock edge.",) if clear else ()),
            f"{'Otherwise' if clear else 'On every clock edge'}{during(en)}, `{data}` is added to `{acc}`.",
        ),
        reset_effect=f"clears `{acc}` to 0",
        reference=lambda: Clocked(step, lambda s, i: {acc.name: s}, reset=rst, init=0),
    )
