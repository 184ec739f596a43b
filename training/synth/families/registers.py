"""Flip-flops and registers."""

from __future__ import annotations

from rtlwright.training.synth.design import Design, Inputs, Size
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families import family
from rtlwright.training.synth.phrases import during, gated, on
from rtlwright.training.synth.reference import Clocked, unknown_bits
from rtlwright.training.synth.rtl import case, lit, when


@family("register")
def register(d: Draw) -> Design:
    """A D register with an optional enable and reset."""
    size = d.size(1, 64)
    d.clock()
    rst = d.reset(none=0.25)
    en = d.input("enable", 1, "write enable", bias=0.7) if d.chance(0.6) else None
    data = d.input("data", size, "data to store")
    q = d.output("result", size, "stored data")
    m = d.module("register", "dff", "d_reg", "dff_en" if en else "d_ff", "data_reg", "flop")
    m.clocked(gated(en, [f"{q} <= {data};"]), [f"{q} <= {m.zero(size)};"], "store the input")
    if_enabled = during(en)
    return m.design(
        summaries=(
            f"a {size.words} D register that stores `{data}` in `{q}` on every clock edge{if_enabled}",
            f"{'an enabled' if en else 'a'} {size.words} register from `{data}` to `{q}`",
        ),
        behaviour=(
            f"On the clock edge `{q}` takes the value of `{data}`{if_enabled}.",
            *((f"When `{en}` is low, `{q}` keeps its value.",) if en else ()),
        ),
        reset_effect=f"clears `{q}` to 0",
        reference=lambda: Clocked(
            lambda s, i: i[data.name] if on(en, i) else s,
            lambda s, i: {q.name: s},
            reset=rst,
            init=0,
            starts=unknown_bits(size.bits),
        ),
    )


@family("register_init")
def register_init(d: Draw) -> Design:
    """A register with a reset value other than zero."""
    size = d.size(2, 32, share=0.0)
    init = d.integer(1, (1 << size.bits) - 1)
    d.clock()
    rst = d.reset()
    en = d.input("enable", 1, "write enable", bias=0.7) if d.chance(0.5) else None
    data, q = d.input("data", size, "data to store"), d.output("result", size, "stored data")
    m = d.module("register", "cfg_reg", "data_reg", "ctrl_reg")
    value = lit(init, size, "h")
    m.clocked(gated(en, [f"{q} <= {data};"]), [f"{q} <= {value};"], "store the input")
    return m.design(
        summaries=(
            f"a {size.words} register from `{data}` to `{q}` with reset value "
            f"{value}{during(en) and f', loaded{during(en)}'}",
        ),
        behaviour=(
            f"On the clock edge `{q}` takes the value of `{data}`{during(en)}.",
            *((f"When `{en}` is low, `{q}` keeps its value.",) if en else ()),
        ),
        reset_effect=f"sets `{q}` to {value}",
        reference=lambda: Clocked(
            lambda s, i: i[data.name] if on(en, i) else s, lambda s, i: {q.name: s}, reset=rst, init=init
        ),
    )


@family("register_bytes")
def register_bytes(d: Draw) -> Design:
    """A register with byte enables."""
    lanes = d.pick((2, 2, 4, 4, 8))
    size = Size(8 * lanes)
    d.clock()
    rst = d.reset()
    be = d.input("byte_enable", lanes, "byte enables, bit n for byte n")
    data, q = d.input("data", size, "data to store"), d.output("result", size, "stored data")
    m = d.module("byte_reg", "register_be", "strobe_reg", "byte_en_reg")
    writes = [
        when(f"{be}[{n}]", [f"{q}[{8 * n + 7}:{8 * n}] <= {data}[{8 * n + 7}:{8 * n}];"])
        for n in range(lanes)
    ]
    m.clocked(writes, [f"{q} <= {m.zero(size)};"], "write the enabled bytes")

    def step(s: int, i: Inputs) -> int:
        mask = sum(0xFF << 8 * n for n in range(lanes) if i[be.name] >> n & 1)
        return s & ~mask | i[data.name] & mask

    return m.design(
        summaries=(
            f"a {size.words} register `{q}` with byte enables: bit n of `{be}` lets byte n of `{data}` "
            "be written",
        ),
        behaviour=(
            f"On the clock edge every byte of `{q}` whose bit in `{be}` is 1 takes that byte of `{data}`.",
            "The other bytes keep their value.",
        ),
        reset_effect=f"clears `{q}` to 0",
        reference=lambda: Clocked(step, lambda s, i: {q.name: s}, reset=rst, init=0),
    )


@family("toggle")
def toggle(d: Draw) -> Design:
    """A T flip-flop."""
    d.clock()
    rst = d.reset()
    t, q = d.input("t toggle tgl", 1, "toggle when high"), d.output("result", 1, "state")
    m = d.module("t_ff", "toggle", "tff", "toggle_ff")
    m.clocked([when(t.name, [f"{q} <= ~{q};"])], [f"{q} <= 1'b0;"], "toggle")
    return m.design(
        summaries=(
            f"a T flip-flop: `{q}` toggles on the clock edge when `{t}` is high",
            f"a toggle flip-flop with input `{t}` and output `{q}`",
        ),
        behaviour=(f"When `{t}` is 1, `{q}` inverts on the clock edge.", f"When `{t}` is 0, `{q}` holds."),
        reset_effect=f"clears `{q}` to 0",
        reference=lambda: Clocked(lambda s, i: s ^ i[t.name], lambda s, i: {q.name: s}, reset=rst, init=0),
    )


@family("jk_flip_flop")
def jk_flip_flop(d: Draw) -> Design:
    """A JK flip-flop."""
    d.clock()
    rst = d.reset()
    j, k = d.input("set_in jin", 1, "set"), d.input("clr_in kin", 1, "clear")
    q = d.output("result", 1, "state")
    m = d.module("jk_ff", "jkff")
    arms = [("2'b01", [f"{q} <= 1'b0;"]), ("2'b10", [f"{q} <= 1'b1;"]), ("2'b11", [f"{q} <= ~{q};"])]
    m.clocked([case(f"{{{j}, {k}}}", arms, [f"{q} <= {q};"])], [f"{q} <= 1'b0;"])

    def step(s: int, i: Inputs) -> int:
        return (s ^ 1) if i[j.name] and i[k.name] else 1 if i[j.name] else 0 if i[k.name] else s

    return m.design(
        summaries=(f"a JK flip-flop with J input `{j}`, K input `{k}` and output `{q}`",),
        behaviour=(f"`{j}` sets, `{k}` clears, both together toggle `{q}`, neither holds it.",),
        reset_effect=f"clears `{q}` to 0",
        reference=lambda: Clocked(step, lambda s, i: {q.name: s}, reset=rst, init=0),
    )


@family("delay_line")
def delay_line(d: Draw) -> Design:
    """Several register stages in a row, as for synchronizers and pipelines."""
    size, stages = d.size(1, 32), d.integer(2, 4)
    d.clock()
    rst = d.reset()
    data, q = d.input("data", size, "input"), d.output("result", size, f"input delayed by {stages} cycles")
    m = d.module("delay", "sync" if size.bits == 1 else "pipeline", f"delay{stages}", "delay_line")
    mids = [m.signal(f"stage{n}", size) for n in range(1, stages)]
    chain = [*mids, q.name]
    m.clocked(
        [f"{t} <= {s};" for s, t in zip([data.name, *mids], chain, strict=True)],
        [f"{t} <= {m.zero(size)};" for t in chain],
        "one stage per cycle",
    )
    return m.design(
        summaries=(
            f"a {size.words} delay line: `{q}` is `{data}` delayed by {stages} clock cycles",
            f"a chain of {stages} {size.words} registers from `{data}` to `{q}`",
        ),
        behaviour=(f"`{q}` follows `{data}` {stages} clock cycles later.",),
        reset_effect="clears all stages to 0",
        reference=lambda: Clocked(
            lambda s, i: (i[data.name], *s[:-1]),
            lambda s, i: {q.name: s[-1]},
            reset=rst,
            init=(0,) * stages,
        ),
    )
