"""Synchronizers, toggles, event counters."""

from __future__ import annotations

from rtlwright.training.synth.design import Design
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families import family
from rtlwright.training.synth.families.seq_helpers import calm
from rtlwright.training.synth.reference import Clocked
from rtlwright.training.synth.rtl import lit, when


@family("seq_synchronizer")
def seq_synchronizer(d: Draw) -> Design:
    """A synchronizer of two or three flip-flops."""
    stages = d.pick((2, 2, 2, 3))
    size = d.size(1, 8) if d.chance(0.3) else d.size(1, 1)
    d.clock()
    rst = d.reset(none=0.3)
    x = d.input("async_in d sig_in raw din", size, "asynchronous input")
    q = d.output("sync_out q sig_out synced dout", size, "synchronized output")
    words = {2: "two", 3: "three"}[stages]
    m = d.module("synchronizer", "sync", f"sync{stages}", f"{words}_ff_sync", "cdc_sync", "meta_sync")
    chain = [m.signal("meta" if n == 0 else f"meta{n + 1}", size) for n in range(stages - 1)]
    moves = zip([*chain, q.name], [x.name, *chain], strict=True)
    m.clocked(
        [f"{to} <= {source};" for to, source in moves],
        [f"{to} <= {m.zero(size)};" for to in (*chain, q.name)],
        "chain of flip-flops",
    )
    return m.design(
        summaries=(
            f"a {words}-flop synchronizer from `{x}` to `{q}`",
            f"a synchronizer that passes `{x}` through {words} flip-flops in a row to `{q}`",
        ),
        behaviour=(f"`{x}` passes through {words} registers in series; the last one is `{q}`.",),
        reset_effect=f"clears all {words} stages to 0",
        vectors=72,
        reference=lambda: Clocked(
            lambda s, i: (i[x.name], *s[:-1]),
            lambda s, i: {q.name: s[-1]},
            reset=rst,
            init=(0,) * stages,
            starts=[(None,) * stages],
        ),
    )


@family("seq_toggle")
def seq_toggle(d: Draw) -> Design:
    """A toggle flip-flop, on a level or on a rising edge of its input."""
    edge, start = d.chance(0.4), d.integer(0, 1)
    d.clock()
    rst = d.reset()
    t = d.input("toggle t tgl btn key", 1, "toggle input")
    q = d.output("q out led state lamp", 1, "toggled output")
    m = d.module("toggle", "t_ff", "tff", "toggle_ff", "push_on_off", "light_switch")
    begin = [f"{q} <= 1'b{start};"]
    if edge:
        prev = m.signal(f"{t}_prev")
        m.clocked(
            [f"{prev} <= {t};", when(f"{t} && !{prev}", [f"{q} <= ~{q};"])],
            [f"{prev} <= 1'b0;", *begin],
            "toggle at a rising edge",
        )
    else:
        m.clocked([when(t.name, [f"{q} <= ~{q};"])], begin, "toggle")
    if edge:
        does = f"`{q}` is inverted at each clock edge that samples `{t}` high after one that sampled it low"
    else:
        does = f"`{q}` is inverted at each clock edge with `{t}` high"
    return m.design(
        summaries=(
            f"a toggle: `{q}` changes at every rising edge of `{t}`"
            if edge
            else f"a T flip-flop: `{q}` toggles at every clock edge while `{t}` is high",
        ),
        behaviour=(f"{does}; otherwise it holds.",),
        brief=not edge,
        reset_effect=f"sets `{q}` to {start}" + (f" and the remembered `{t}` to 0" if edge else ""),
        vectors=80,
        reference=lambda: Clocked(
            lambda s, i: (s[0] ^ int(i[t.name] and not (edge and s[1])), i[t.name]),
            lambda s, i: {q.name: s[0]},
            reset=rst,
            init=(start, 0),
        ),
    )


@family("seq_event_counter")
def seq_event_counter(d: Draw) -> Design:
    """An event counter that saturates; counts levels or rising edges."""
    edge, size = d.chance(0.4), d.size(3, 4, share=0.0)
    most = (1 << size.bits) - 1
    limit = d.integer(5, most) if d.chance(0.3) else most
    d.clock()
    rst = d.reset()
    clear = d.input("clear", 1, "synchronous clear", bias=0.01) if d.chance(0.5) else None
    event = d.input("event_in evt hit pulse_in strobe", 1, "event", bias=0.6)
    q = d.output("count", size, "number of events, saturating")
    m = d.module("event_counter", "sat_counter", "saturating_counter", "hit_counter", "pulse_counter")
    top, prev = lit(limit, size), m.signal(f"{event}_prev") if edge else ""
    seen = f"{event} && !{prev}" if edge else event.name
    count = (f"{seen} && {q} != {top}", [f"{q} <= {q} + {lit(1, size)};"])
    body = when(clear.name, [f"{q} <= {m.zero(size)};"], count) if clear else when(*count)
    if edge:
        m.clocked([f"{prev} <= {event};"], [f"{prev} <= 1'b0;"], "previous value")
    m.clocked([body], [f"{q} <= {m.zero(size)};"], "count up to the limit")

    def step(s: tuple[int, int], i) -> tuple[int, int]:
        happened = i[event.name] and not (edge and s[1])
        count = 0 if clear and i[clear.name] else min(s[0] + happened, limit)
        return count, i[event.name]

    what = f"rising edges of `{event}`" if edge else f"clock cycles with `{event}` high"
    return m.design(
        summaries=(
            f"a saturating counter of {what} that stops at {limit}",
            f"a {size.words} event counter `{q}` which counts {what} and stays at {limit}",
        ),
        behaviour=(
            *(
                (f"At a clock edge with `{clear}` high, `{q}` becomes 0, whatever `{event}` is.",)
                if clear
                else ()
            ),
            f"{'Otherwise each' if clear else 'Each'} clock edge that samples `{event}` high"
            f"{' after the previous edge sampled it low' if edge else ''} adds 1 to `{q}`, up to "
            f"{limit}, where it "
            "stays.",
        ),
        brief=clear is None,
        reset_effect=f"clears `{q}` to 0" + (f" and the remembered `{event}` to 0" if edge else ""),
        stimulus=calm(d, 150),
        reference=lambda: Clocked(step, lambda s, i: {q.name: int(s[0])}, reset=rst, init=(0, 0)),
    )


@family("seq_change_detector")
def seq_change_detector(d: Draw) -> Design:
    """Says when a word differs from the one at the previous clock edge."""
    size = d.size(2, 32)
    registered = d.chance(0.4)
    d.clock()
    rst = d.reset()
    x = d.input("data", size, "monitored word")
    out = d.output("changed change_pulse diff delta updated", 1, "high when the word has changed")
    m = d.module("change_detect", "change_detector", "delta_detect", "update_monitor", "word_watch")
    prev = m.signal("prev", size)
    differs, zero = f"{x} != {prev}", m.zero(size)
    if registered:
        m.clocked(
            [f"{prev} <= {x};", f"{out} <= {differs};"], [f"{prev} <= {zero};", f"{out} <= 1'b0;"], "compare"
        )
    else:
        m.clocked([f"{prev} <= {x};"], [f"{prev} <= {zero};"], "previous word")
        m.assign(out, differs, "compare")
    how = "registered" if registered else "combinational"
    return m.design(
        summaries=(
            f"a change detector: the {how} output `{out}` tells that `{x}` differs from its last sampled "
            "value",
            f"a detector of changes of the {size.words} word `{x}` with {how} output `{out}`",
        ),
        behaviour=(
            f"A register `prev` samples `{x}` at every clock edge.",
            f"At the same edge `{out}` becomes 1 if `{x}` differs from the old `prev`, else 0."
            if registered
            else f"`{out}` is 1 while `{x}` differs from `prev`, without a clock.",
        ),
        brief=False,
        reset_effect=f"clears the previous value{f' and `{out}`' if registered else ''} to 0",
        stimulus=calm(
            d, 90, {x.name: lambda r, p, n: r.choice((p, p, 0, 1, r.getrandbits(size.bits)))}, resets=0.08
        ),
        reference=lambda: Clocked(
            lambda s, i: (i[x.name], int(i[x.name] != s[0])),
            lambda s, i: {out.name: s[1] if registered else int(i[x.name] != s[0])},
            reset=rst,
            init=(0, 0),
        ),
    )
