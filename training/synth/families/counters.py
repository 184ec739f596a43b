"""Counters."""

from __future__ import annotations

from rtlwright.training.synth.design import Design, Inputs, Port, Size
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families import family
from rtlwright.training.synth.phrases import during, gated, on
from rtlwright.training.synth.reference import Clocked
from rtlwright.training.synth.rtl import lit, when


def _enable(d: Draw, share: float = 0.6) -> Port | None:
    return d.input("enable", 1, "count enable", bias=0.85) if d.chance(share) else None


@family("counter")
def counter(d: Draw) -> Design:
    """An up or down counter with an optional enable."""
    size, down = d.size(2, 32), d.chance(0.3)
    d.clock()
    rst = d.reset()
    en = _enable(d)
    q = d.output("count", size, "current count")
    way, sign = ("down", "-") if down else ("up", "+")
    m = d.module("counter", f"{way}_counter", f"count_{way}", f"counter{size.bits}", "cnt")
    m.clocked(gated(en, [f"{q} <= {q} {sign} 1'b1;"]), [f"{q} <= {m.zero(size)};"], f"count {way}")
    change = "decreases" if down else "increases"
    return m.design(
        summaries=(
            f"a {size.words} {way} counter `{q}`{f' with enable `{en}`' if en else ''}",
            f"a {size.words} counter: `{q}` {change} by 1 on every clock edge{during(en)}",
        ),
        behaviour=(
            f"On every clock edge{during(en)}, `{q}` {change} by 1 and wraps around.",
            *((f"When `{en}` is low, `{q}` keeps its value.",) if en else ()),
        ),
        reset_effect=f"clears `{q}` to 0",
        reference=lambda: Clocked(
            lambda s, i: (s + (-1 if down else 1)) % (1 << size.bits) if on(en, i) else s,
            lambda s, i: {q.name: s},
            reset=rst,
            init=0,
        ),
    )


@family("counter_modulo")
def counter_modulo(d: Draw) -> Design:
    """A counter from 0 to N-1 with an optional terminal-count output."""
    size = d.size(2, 12, share=0.0)
    modulus = d.integer((1 << size.bits - 1) + 1, (1 << size.bits) - 1)
    d.clock()
    rst = d.reset()
    en = _enable(d)
    q = d.output("count", size, "current count")
    tick = d.output("tick", 1, "high while the count is at its last value") if d.chance(0.4) else None
    m = d.module("mod_counter", f"counter_mod{modulus}", f"mod{modulus}", "modulo_counter", "counter")
    last = lit(modulus - 1, size)
    wrap = when(f"{q} == {last}", [f"{q} <= {m.zero(size)};"], otherwise=[f"{q} <= {q} + 1'b1;"])
    m.clocked(gated(en, [wrap]), [f"{q} <= {m.zero(size)};"], "count and wrap")
    if tick:
        m.assign(tick, f"{q} == {last}", "terminal count")
    tail = f"; `{tick}` is high while `{q}` is {modulus - 1}" if tick else ""
    return m.design(
        summaries=(
            f"a modulo-{modulus} counter: `{q}` counts from 0 to {modulus - 1} and wraps to "
            f"0{during(en)}{tail}",
            f"a {size.words} counter `{q}` that counts 0, 1, ..., {modulus - 1}, 0, ...{during(en)}{tail}",
        ),
        behaviour=(
            f"On every clock edge{during(en)}, `{q}` increases by 1.",
            f"After {modulus - 1} the counter `{q}` wraps to 0.",
            *((f"`{tick}` is high whenever `{q}` equals {modulus - 1}.",) if tick else ()),
        ),
        reset_effect=f"clears `{q}` to 0",
        reference=lambda: Clocked(
            lambda s, i: (s + 1) % modulus if on(en, i) else s,
            lambda s, i: {q.name: s, **({tick.name: int(s == modulus - 1)} if tick else {})},
            reset=rst,
            init=0,
        ),
    )


@family("counter_up_down")
def counter_up_down(d: Draw) -> Design:
    """A counter with a direction input."""
    size = d.size(2, 32)
    d.clock()
    rst = d.reset()
    en = _enable(d, 0.5)
    up = d.input("up", 1, "1 counts up, 0 counts down")
    q = d.output("count", size, "current count")
    m = d.module("up_down_counter", "updown_counter", "bidir_counter", "counter_ud")
    turn = when(up.name, [f"{q} <= {q} + 1'b1;"], otherwise=[f"{q} <= {q} - 1'b1;"])
    m.clocked(gated(en, [turn]), [f"{q} <= {m.zero(size)};"], "count in either direction")
    return m.design(
        summaries=(
            f"a {size.words} up/down counter `{q}`: it counts up when `{up}` is 1 and down when it is 0"
            f"{during(en) and f', only{during(en)}'}",
        ),
        behaviour=(
            f"On every clock edge{during(en)}, `{q}` increases by 1 if `{up}` is 1 and decreases by 1 if "
            "it is 0.",
            f"`{q}` wraps around at both ends.",
        ),
        reset_effect=f"clears `{q}` to 0",
        reference=lambda: Clocked(
            lambda s, i: (s + (1 if i[up.name] else -1)) % (1 << size.bits) if on(en, i) else s,
            lambda s, i: {q.name: s},
            reset=rst,
            init=0,
        ),
    )


@family("counter_load")
def counter_load(d: Draw) -> Design:
    """A counter with a parallel load."""
    size = d.size(2, 32)
    d.clock()
    rst = d.reset()
    load = d.input("load", 1, "load the counter", bias=0.2)
    value = d.input("load_value", size, "value to load")
    en = _enable(d)
    q = d.output("count", size, "current count")
    m = d.module("load_counter", "counter_load", "preset_counter", "counter")
    count = [f"{q} <= {q} + 1'b1;"]
    loads = [f"{q} <= {value};"]
    body = when(load.name, loads, (en.name, count)) if en else when(load.name, loads, otherwise=count)
    m.clocked([body], [f"{q} <= {m.zero(size)};"], "load has priority over counting")

    def step(s: int, i: Inputs) -> int:
        if i[load.name]:
            return i[value.name]
        return (s + 1) % (1 << size.bits) if on(en, i) else s

    return m.design(
        summaries=(
            f"a loadable {size.words} up counter: `{q}` takes `{value}` when `{load}` is high, else "
            f"counts up{during(en)}",
            f"a {size.words} counter `{q}` with parallel load of `{value}` by `{load}`"
            f"{f' and count enable `{en}`' if en else ''}",
        ),
        behaviour=(
            f"When `{load}` is high, `{q}` takes the value of `{value}` on the clock edge.",
            f"Otherwise `{q}` increases by 1{during(en)}.",
        ),
        reset_effect=f"clears `{q}` to 0",
        reference=lambda: Clocked(step, lambda s, i: {q.name: s}, reset=rst, init=0),
    )


@family("counter_bcd")
def counter_bcd(d: Draw) -> Design:
    """A two-digit decimal counter."""
    d.clock()
    rst = d.reset()
    en = _enable(d)
    ones, tens = (
        d.output("ones units lsd digit0", 4, "ones digit"),
        d.output("tens msd digit1", 4, "tens digit"),
    )
    m = d.module("bcd_counter", "decimal_counter", "counter_99", "bcd2")
    carry = when(f"{tens} == 4'd9", [f"{tens} <= 4'd0;"], otherwise=[f"{tens} <= {tens} + 1'b1;"])
    body = when(f"{ones} == 4'd9", [f"{ones} <= 4'd0;", carry], otherwise=[f"{ones} <= {ones} + 1'b1;"])
    m.clocked(gated(en, [body]), [f"{ones} <= 4'd0;", f"{tens} <= 4'd0;"], "count from 00 to 99")
    return m.design(
        summaries=(
            f"a two-digit BCD counter from 00 to 99: `{ones}` is the ones digit and `{tens}` the tens "
            "digit; it "
            f"counts on every clock edge{during(en)}",
        ),
        behaviour=(
            f"On every clock edge{during(en)} the decimal number `{tens}` `{ones}` increases by 1.",
            "After 99 it wraps to 00.",
        ),
        reset_effect="clears both digits to 0",
        vectors=130,
        reference=lambda: Clocked(
            lambda s, i: (s + 1) % 100 if on(en, i) else s,
            lambda s, i: {ones.name: s % 10, tens.name: s // 10},
            reset=rst,
            init=0,
        ),
    )


@family("ring_counter")
def ring_counter(d: Draw) -> Design:
    """A ring or Johnson counter."""
    size, johnson = Size(d.pick((3, 4, 4, 5, 6, 8, 8, 16))), d.chance(0.5)
    d.clock()
    rst = d.reset()
    en = _enable(d, 0.4)
    q = d.output("onehot" if not johnson else "count", size, "state of the ring")
    kind = "Johnson" if johnson else "ring"
    m = d.module(f"{kind.lower()}_counter", f"{kind.lower()}{size.bits}", f"{kind.lower()}_cnt")
    top, start = size.bits - 1, 0 if johnson else 1
    turn = f"{q} <= {{{q}[{top - 1}:0], {'~' if johnson else ''}{q}[{top}]}};"
    m.clocked(gated(en, [turn]), [f"{q} <= {lit(start, size)};"], "rotate to the left")

    def step(s: int, i: Inputs) -> int:
        low = (s >> top & 1) ^ johnson
        return (s << 1 | low) & (1 << size.bits) - 1 if on(en, i) else s

    enters = f"the inverted top bit enters `{q}[0]`" if johnson else f"the top bit returns to `{q}[0]`"
    return m.design(
        summaries=(
            f"a {size.words} {kind} counter: `{q}` shifts left by one on every clock edge{during(en)} "
            f"and {enters}",
        ),
        behaviour=(f"On every clock edge{during(en)}, `{q}` shifts left by one and {enters}.",),
        reset_effect=f"sets `{q}` to {start}",
        reference=lambda: Clocked(step, lambda s, i: {q.name: s}, reset=rst, init=start),
    )


@family("counter_gray")
def counter_gray(d: Draw) -> Design:
    """A counter with a Gray-coded output."""
    size = Size(d.integer(3, 8))
    d.clock()
    rst = d.reset()
    g = d.output("gray", size, "Gray-coded count")
    m = d.module("gray_counter", "gray_cnt")
    binary = m.signal("binary", size)
    m.clocked([f"{binary} <= {binary} + 1'b1;"], [f"{binary} <= {m.zero(size)};"])
    m.assign(g, f"{binary} ^ ({binary} >> 1)")
    return m.design(
        summaries=(f"a {size.words} Gray code counter `{g}` that advances on every clock edge",),
        behaviour=(f"On every clock edge `{g}` advances to the next Gray code, starting at 0.",),
        reset_effect=f"sets `{g}` to 0",
        reference=lambda: Clocked(
            lambda s, i: (s + 1) % (1 << size.bits), lambda s, i: {g.name: s ^ s >> 1}, reset=rst, init=0
        ),
    )
