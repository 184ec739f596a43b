"""Time that something starts: a timer, a one-shot, a watchdog."""

from __future__ import annotations

from rtlwright.training.synth.design import Design
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families import family
from rtlwright.training.synth.families.seq_helpers import calm, cycles, log2
from rtlwright.training.synth.reference import Clocked
from rtlwright.training.synth.rtl import lit, when


@family("seq_timer")
def seq_timer(d: Draw) -> Design:
    """A down-counting timer with load and a done flag."""
    size = d.size(3, 16, share=0.0)
    d.clock()
    rst = d.reset()
    load = d.input("load", 1, "loads the timer", bias=0.1)
    value = d.input("load_value", size, "number of cycles")
    en = d.input("enable", 1, "count enable", bias=0.85) if d.chance(0.4) else None
    count = d.output("count remaining timer_val left", size, "remaining cycles")
    done = d.output("done expired timeout zero", 1, "high while the timer is at 0")
    m = d.module("timer", "down_timer", "countdown", "delay_timer", "interval_timer")
    run = f"{en} && {count} != {m.zero(size)}" if en else f"{count} != {m.zero(size)}"
    m.clocked(
        [when(load.name, [f"{count} <= {value};"], (run, [f"{count} <= {count} - {lit(1, size)};"]))],
        [f"{count} <= {m.zero(size)};"],
        "load or count down",
    )
    m.assign(done, f"{count} == {m.zero(size)}")
    gated = f" and `{en}` is high" if en else ""

    def step(s: int, i) -> int:
        if i[load.name]:
            return i[value.name]
        return max(s - 1, 0) if en is None or i[en.name] else s

    short = lambda r, p, n: r.choice((r.randrange(8), r.getrandbits(size.bits)))  # noqa: E731
    return m.design(
        summaries=(
            f"a {size.words} timer: `{load}` loads `{value}`, then `{count}` counts down to 0 and stays "
            "there",
            f"a countdown timer with load; `{done}` is high while `{count}` is 0",
        ),
        behaviour=(
            f"At a clock edge with `{load}` high, `{count}` takes `{value}`; the load goes before counting.",
            f"Otherwise, while `{count}` is not 0{gated}, it decreases by 1 at each clock edge; at 0 it "
            "stays.",
            f"`{done}` is 1 whenever `{count}` is 0, also right after the reset.",
        ),
        brief=False,
        reset_effect=f"clears `{count}` to 0",
        stimulus=calm(d, 110, {value.name: short}),
        reference=lambda: Clocked(
            step, lambda s, i: {count.name: s, done.name: int(s == 0)}, reset=rst, init=0
        ),
    )


@family("seq_one_shot")
def seq_one_shot(d: Draw) -> Design:
    """A non-retriggerable one-shot started by a rising edge."""
    length = d.integer(2, 12)
    bits = log2(length + 1)
    d.clock()
    rst = d.reset()
    trig = d.input("trigger trig start fire btn", 1, "trigger", bias=0.3)
    out = d.output("pulse pulse_out out shot", 1, "pulse of fixed length")
    m = d.module("one_shot", "monostable", "single_shot", "oneshot", "mono")
    prev, cnt, none = m.signal("trig_prev"), m.signal("cnt", bits), lit(0, bits)
    m.clocked(
        [
            f"{prev} <= {trig};",
            when(
                f"{cnt} != {none}",
                [f"{cnt} <= {cnt} - {lit(1, bits)};"],
                (f"{trig} && !{prev}", [f"{cnt} <= {lit(length, bits)};"]),
            ),
        ],
        [f"{prev} <= 1'b0;", f"{cnt} <= {none};"],
        "start at a rising edge, then count down",
    )
    m.assign(out, f"{cnt} != {none}")

    def step(s: tuple[int, int], i) -> tuple[int, int]:
        left, before = s
        fires = left == 0 and i[trig.name] and not before
        return (length if fires else max(left - 1, 0)), i[trig.name]

    return m.design(
        summaries=(
            f"a one-shot: a rising edge of `{trig}` makes `{out}` high for {cycles(length)}, not "
            "retriggerable",
            f"a monostable that answers a rising edge of `{trig}` with a pulse of {length} cycles on `{out}`",
        ),
        behaviour=(
            f"A rising edge is a clock edge that samples `{trig}` high after the previous one sampled it "
            "low.",
            f"If `{out}` is low at a rising edge, it is high for the next {cycles(length)}.",
            f"Rising edges sampled while `{out}` is high are ignored.",
        ),
        brief=False,
        reset_effect=f"makes `{out}` low and the previous sample of `{trig}` 0",
        stimulus=calm(d, 120, resets=0.02),
        reference=lambda: Clocked(step, lambda s, i: {out.name: int(s[0] > 0)}, reset=rst, init=(0, 0)),
    )


@family("seq_watchdog")
def seq_watchdog(d: Draw) -> Design:
    """A watchdog: a timeout that stays until the next kick."""
    limit = d.integer(3, 20)
    bits = log2(limit + 1)
    d.clock()
    rst = d.reset()
    kick = d.input("kick feed wdt_clr alive heartbeat pet", 1, "restarts the watchdog", bias=0.04)
    out = d.output("timeout expired bite wdt_reset alarm", 1, "high after the time has run out")
    m = d.module("watchdog", "wdt", "watchdog_timer", "alive_monitor", "deadman")
    cnt, last = m.signal("cnt", bits), lit(limit, bits)
    m.clocked(
        [
            when(
                kick.name,
                [f"{cnt} <= {lit(0, bits)};"],
                (f"{cnt} != {last}", [f"{cnt} <= {cnt} + {lit(1, bits)};"]),
            )
        ],
        [f"{cnt} <= {lit(0, bits)};"],
        "edges since the last kick",
    )
    m.assign(out, f"{cnt} == {last}")
    return m.design(
        summaries=(
            f"a watchdog: `{out}` rises after {limit} clock edges in a row without `{kick}` and stays "
            f"until `{kick}`",
            f"a watchdog timer with a limit of {limit} cycles, restarted by `{kick}`",
        ),
        behaviour=(
            f"A counter is cleared at a clock edge with `{kick}` high and otherwise increases by 1 up to "
            f"{limit}.",
            f"`{out}` is 1 while the counter is {limit}, where it stays until `{kick}` or the reset.",
        ),
        brief=False,
        reset_effect="clears the counter",
        stimulus=calm(d, 150),
        reference=lambda: Clocked(
            lambda s, i: 0 if i[kick.name] else s + 1,
            lambda s, i: {out.name: int(s >= limit)},
            reset=rst,
            init=0,
        ),
    )
