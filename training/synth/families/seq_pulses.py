"""Free-running time: PWM, ticks, dividers; a pulse stretcher."""

from __future__ import annotations

from random import Random

from rtlwright.training.synth.design import Design
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families import family
from rtlwright.training.synth.families.seq_helpers import calm, cycles, log2
from rtlwright.training.synth.reference import Clocked
from rtlwright.training.synth.rtl import lit, when


@family("seq_pwm")
def seq_pwm(d: Draw) -> Design:
    """A pulse-width modulator: free-running counter and comparison."""
    size = d.size(2, 12, share=0.0)
    top = 1 << size.bits
    d.clock()
    rst = d.reset()
    duty = d.input("duty duty_cycle level compare", size, "duty cycle")
    out = d.output("pwm pwm_out out wave", 1, "modulated output")
    m = d.module("pwm", "pwm_gen", "pwm_generator", "dimmer", "motor_pwm")
    cnt = m.signal("cnt", size)
    m.clocked([f"{cnt} <= {cnt} + {lit(1, size)};"], [f"{cnt} <= {m.zero(size)};"], "free-running counter")
    m.assign(out, f"{cnt} < {duty}", "compare")

    # The count follows the number of the vector: levels near it show a counter that is off by one.
    def levels(rng: Random, previous: int, index: int) -> int:
        return rng.choice((previous, index - 3, index - 2, index - 1, index, 0, top - 1))

    return m.design(
        summaries=(
            f"a {size.words} PWM generator: `{out}` is high while a free-running counter is less than "
            f"`{duty}`",
            f"a pulse-width modulator with a period of {top} cycles whose `{out}` is high for the first "
            f"`{duty}`",
        ),
        behaviour=(
            f"A {size.words} counter increases by 1 at every clock edge and wraps to 0 after {top - 1}.",
            f"`{out}` is 1 while the counter is less than `{duty}`, combinationally, and 0 otherwise.",
        ),
        reset_effect="clears the counter to 0",
        stimulus=calm(d, 110, {duty.name: levels}),
        reference=lambda: Clocked(
            lambda s, i: (s + 1) % top, lambda s, i: {out.name: int(s < i[duty.name])}, reset=rst, init=0
        ),
    )


@family("seq_tick")
def seq_tick(d: Draw) -> Design:
    """A tick generator: one pulse every N clock cycles."""
    period = d.integer(3, 40)
    bits = log2(period)
    d.clock()
    rst = d.reset()
    en = d.input("enable", 1, "count enable", bias=0.9) if d.chance(0.35) else None
    tick = d.output("tick pulse strobe ce_out tick_out", 1, f"high in one of every {period} cycles")
    m = d.module("tick_gen", "prescaler", "tick", "enable_gen", "strobe_gen", "baud_tick")
    cnt, last = m.signal("cnt", bits), lit(period - 1, bits)
    none, one = lit(0, bits), lit(1, bits)
    count = when(f"{cnt} == {last}", [f"{cnt} <= {none};"], otherwise=[f"{cnt} <= {cnt} + {one};"])
    m.clocked([when(en.name, [count])] if en else [count], [f"{cnt} <= {none};"], "count the cycles")
    m.assign(tick, f"{en} && {cnt} == {last}" if en else f"{cnt} == {last}", "last cycle")
    gated = f" with `{en}` high" if en else ""
    return m.design(
        summaries=(
            f"a tick generator: `{tick}` is high for one of every {period} clock cycles{gated}",
            f"a prescaler that pulses `{tick}` once in {period} clock cycles{gated}",
        ),
        behaviour=(
            f"A counter runs from 0 to {period - 1} and wraps to 0, advancing at every clock edge{gated}.",
            f"`{tick}` is 1 while the counter is {period - 1}{f' and `{en}` is high' if en else ''}, else 0.",
        ),
        brief=en is None,
        reset_effect=f"clears the counter, so that the first pulse comes in cycle number {period}",
        stimulus=calm(d, 130),
        reference=lambda: Clocked(
            lambda s, i: s + 1 if en is None or i[en.name] else s,
            lambda s, i: {tick.name: int(s % period == period - 1 and (en is None or i[en.name]))},
            reset=rst,
            init=0,
        ),
    )


@family("seq_clock_divider")
def seq_clock_divider(d: Draw) -> Design:
    """A clock divider with a 50 % duty cycle: toggles every N cycles."""
    half = d.integer(2, 25)
    bits = log2(half)
    d.clock()
    rst = d.reset()
    out = d.output("clk_out clk_div slow_clk div_out", 1, "divided clock")
    m = d.module("clk_div", "clock_divider", f"div{2 * half}", f"clk_div{2 * half}", "freq_div")
    cnt, none = m.signal("cnt", bits), lit(0, bits)
    m.clocked(
        [
            when(
                f"{cnt} == {lit(half - 1, bits)}",
                [f"{cnt} <= {none};", f"{out} <= ~{out};"],
                otherwise=[f"{cnt} <= {cnt} + {lit(1, bits)};"],
            )
        ],
        [f"{cnt} <= {none};", f"{out} <= 1'b0;"],
        "toggle after half a period",
    )
    return m.design(
        summaries=(
            f"a clock divider by {2 * half}: `{out}` toggles every {half} clock cycles",
            f"a divide-by-{2 * half} clock divider with 50 % duty cycle on `{out}`",
        ),
        behaviour=(
            f"A counter runs from 0 to {half - 1}; at the clock edge that wraps it to 0, `{out}` is "
            "inverted.",
            f"After the reset `{out}` is low for {half} cycles, then high for {half}, and so on.",
        ),
        reset_effect=f"clears `{out}` and the counter",
        stimulus=calm(d, 130),
        reference=lambda: Clocked(
            lambda s, i: s + 1, lambda s, i: {out.name: s // half % 2}, reset=rst, init=0
        ),
    )


@family("seq_pulse_stretcher")
def seq_pulse_stretcher(d: Draw) -> Design:
    """Stretches a pulse to N cycles after its last high sample."""
    length = d.integer(2, 15)
    bits = log2(length + 1)
    d.clock()
    rst = d.reset()
    trig = d.input("trigger trig pulse_in event_in start", 1, "input pulse", bias=0.12)
    out = d.output("stretched pulse_out out led active", 1, "stretched pulse")
    m = d.module("pulse_stretcher", "stretch", "pulse_extend", "led_stretch", "retrigger")
    cnt, none = m.signal("cnt", bits), lit(0, bits)
    m.clocked(
        [
            when(
                trig.name,
                [f"{cnt} <= {lit(length, bits)};"],
                (f"{cnt} != {none}", [f"{cnt} <= {cnt} - {lit(1, bits)};"]),
            )
        ],
        [f"{cnt} <= {none};"],
        "remaining cycles",
    )
    m.assign(out, f"{cnt} != {none}")
    return m.design(
        summaries=(
            f"a retriggerable pulse stretcher: `{out}` is high for {cycles(length)} after each edge with "
            f"`{trig}` "
            "high",
            f"a pulse stretcher that keeps `{out}` high for {length} cycles after `{trig}` was last "
            "sampled high",
        ),
        behaviour=(
            f"A clock edge that samples `{trig}` high makes `{out}` high for the next {cycles(length)}.",
            f"Sampling `{trig}` high again in that time starts the {length} cycles afresh.",
        ),
        reset_effect=f"ends the pulse: `{out}` is low",
        stimulus=calm(d, 120, resets=0.02),
        reference=lambda: Clocked(
            lambda s, i: (*s[1:], i[trig.name]),
            lambda s, i: {out.name: int(any(s))},
            reset=rst,
            init=(0,) * length,
        ),
    )
