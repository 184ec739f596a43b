"""Counters that stop, turn or wrap at bounds."""

from __future__ import annotations

from rtlwright.training.synth.design import Design, Inputs
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families import family
from rtlwright.training.synth.families.seq_helpers import calm
from rtlwright.training.synth.phrases import during, gated, on
from rtlwright.training.synth.reference import Clocked
from rtlwright.training.synth.rtl import lit, when


@family("counter_saturating")
def counter_saturating(d: Draw) -> Design:
    """An up/down counter that stops at its ends, as in branch predictors."""
    size = d.size(2, 8, share=0.0)
    top = (1 << size.bits) - 1
    d.clock()
    rst = d.reset()
    inc, dec = (
        d.input("inc up plus taken", 1, "count up"),
        d.input("dec down minus not_taken", 1, "count down"),
    )
    q = d.output("count", size, "count")
    m = d.module("sat_counter", "saturating_counter", "predictor_counter", "bounded_counter")
    m.clocked(
        [
            when(
                f"{inc} && !{dec} && {q} != {lit(top, size)}",
                [f"{q} <= {q} + 1'b1;"],
                (f"{dec} && !{inc} && {q} != {lit(0, size)}", [f"{q} <= {q} - 1'b1;"]),
            )
        ],
        [f"{q} <= {lit(0, size)};"],
        "stop at both ends",
    )
    return m.design(
        summaries=(
            f"a {size.words} saturating counter `{q}`: up on `{inc}`, down on `{dec}`, stopping at "
            f"{top} and 0",
            f"a saturating up/down counter `{q}` from 0 to {top} with `{inc}` and `{dec}`",
        ),
        behaviour=(
            f"At a clock edge with `{inc}` high and `{dec}` low, `{q}` increases by 1 unless it is {top}.",
            f"With `{dec}` high and `{inc}` low it decreases by 1 unless it is 0; otherwise it holds.",
        ),
        reset_effect=f"clears `{q}` to 0",
        stimulus=calm(d, 90, resets=0.02),
        reference=lambda: Clocked(
            lambda s, i: min(max(s + i[inc.name] - i[dec.name], 0), top),
            lambda s, i: {q.name: s},
            reset=rst,
            init=0,
        ),
    )


@family("counter_step")
def counter_step(d: Draw) -> Design:
    """A counter that grows by a constant or by an input."""
    size, fixed = d.size(4, 32, share=0.0), d.chance(0.6)
    stride = d.integer(2, 9)
    d.clock()
    rst = d.reset()
    en = d.input("enable", 1, "count enable", bias=0.85) if d.chance(0.5) else None
    inc = None if fixed else d.input("step_size stride increment amount", size, "step")
    q = d.output("count", size, "count")
    m = d.module("step_counter", "stride_counter", "addr_gen", "skip_counter")
    amount = lit(stride, size) if inc is None else inc.name
    m.clocked(gated(en, [f"{q} <= {q} + {amount};"]), [f"{q} <= {m.zero(size)};"], "count in steps")
    by = str(stride) if inc is None else f"`{inc}`"
    return m.design(
        summaries=(
            f"a {size.words} counter `{q}` that grows by {by} at every clock edge{during(en)}",
            f"a step counter: `{q}` increases by {by}{during(en)}",
        ),
        behaviour=(f"At every clock edge{during(en)}, `{q}` increases by {by} and wraps around.",),
        reset_effect=f"clears `{q}` to 0",
        reference=lambda: Clocked(
            lambda s, i: (
                (s + (stride if inc is None else i[inc.name])) % (1 << size.bits) if on(en, i) else s
            ),
            lambda s, i: {q.name: s},
            reset=rst,
            init=0,
        ),
    )


@family("counter_range")
def counter_range(d: Draw) -> Design:
    """A counter from one constant to another."""
    size = d.size(4, 12, share=0.0)
    low = d.integer(1, (1 << size.bits) // 2 - 1)
    high = d.integer(low + 3, min((1 << size.bits) - 1, low + 40))
    d.clock()
    rst = d.reset()
    en = d.input("enable", 1, "count enable", bias=0.9) if d.chance(0.5) else None
    q = d.output("count", size, "count")
    m = d.module("range_counter", "window_counter", "offset_counter", "bounded_cnt")
    wrap = when(f"{q} == {lit(high, size)}", [f"{q} <= {lit(low, size)};"], otherwise=[f"{q} <= {q} + 1'b1;"])
    m.clocked(gated(en, [wrap]), [f"{q} <= {lit(low, size)};"], "count and start again")
    return m.design(
        summaries=(
            f"a counter `{q}` that runs from {low} to {high} and starts again at {low}{during(en)}",
            f"a {size.words} counter with the range {low} to {high}{during(en)} on `{q}`",
        ),
        behaviour=(f"At every clock edge{during(en)}, `{q}` increases by 1; after {high} comes {low}.",),
        reset_effect=f"sets `{q}` to {low}",
        stimulus=calm(d, 100, resets=0.02),
        reference=lambda: Clocked(
            lambda s, i: (low if s == high else s + 1) if on(en, i) else s,
            lambda s, i: {q.name: s},
            reset=rst,
            init=low,
        ),
    )


@family("counter_ping_pong")
def counter_ping_pong(d: Draw) -> Design:
    """A counter that runs up and down again."""
    size = d.size(2, 6, share=0.0)
    top = (1 << size.bits) - 1
    d.clock()
    rst = d.reset()
    q = d.output("count", size, "count")
    down = d.output("down going_down dir_out falling_ramp", 1, "1 while counting down")
    m = d.module("ping_pong_counter", "triangle", "up_down_sweep", "triangle_counter")
    m.clocked(
        [
            when(
                down.name,
                [
                    f"{q} <= {q} - 1'b1;",
                    when(f"{q} == {lit(1, size)}", [f"{down} <= 1'b0;"]),
                ],
                otherwise=[
                    f"{q} <= {q} + 1'b1;",
                    when(f"{q} == {lit(top - 1, size)}", [f"{down} <= 1'b1;"]),
                ],
            )
        ],
        [f"{q} <= {lit(0, size)};", f"{down} <= 1'b0;"],
        "up to the top, then down to 0",
    )

    def step(s: int, i: Inputs) -> int:
        return (s + 1) % (2 * top)

    return m.design(
        summaries=(
            f"a triangle counter: `{q}` counts from 0 up to {top} and down to 0 again; `{down}` is 1 "
            f"from {top} "
            "on, as long as it goes down",
        ),
        behaviour=(
            f"At each clock edge `{q}` moves by 1, up until it is {top}, then down until it is 0, and so on.",
            f"`{down}` becomes 1 together with {top} and 0 together with 0.",
        ),
        reset_effect=f"clears `{q}` and `{down}` to 0",
        stimulus=calm(d, 100, resets=0.02),
        reference=lambda: Clocked(
            step,
            lambda s, i: {q.name: s if s < top else 2 * top - s, down.name: int(s >= top)},
            reset=rst,
            init=0,
        ),
    )


@family("counter_clock_time")
def counter_clock_time(d: Draw) -> Design:
    """Minutes and seconds."""
    d.clock()
    rst = d.reset()
    en = d.input("tick second_tick en_1hz", 1, "one second has passed", bias=0.97)
    s, m_ = d.output("seconds sec ss", 6, "seconds"), d.output("minutes mins mm", 6, "minutes")
    m = d.module("clock_time", "stopwatch", "min_sec_counter")
    carry = when(f"{m_} == 6'd59", [f"{m_} <= 6'd0;"], otherwise=[f"{m_} <= {m_} + 1'b1;"])
    m.clocked(
        [
            when(
                en.name,
                [when(f"{s} == 6'd59", [f"{s} <= 6'd0;", carry], otherwise=[f"{s} <= {s} + 1'b1;"])],
            )
        ],
        [f"{s} <= 6'd0;", f"{m_} <= 6'd0;"],
    )
    return m.design(
        summaries=(
            f"a clock of minutes `{m_}` and seconds `{s}`, each 0 to 59, that advances while `{en}` is high",
        ),
        behaviour=(
            f"At a clock edge with `{en}` high, `{s}` increases by 1; after 59 it becomes 0 and "
            f"`{m_}` increases.",
            f"`{m_}` also runs from 0 to 59.",
        ),
        reset_effect="sets both to 0",
        stimulus=calm(d, 200, resets=0.0),
        reference=lambda: Clocked(
            lambda t, i: (t + i[en.name]) % 3600,
            lambda t, i: {s.name: t % 60, m_.name: t // 60},
            reset=rst,
            init=0,
        ),
    )
