"""What happens at edges: quadrature, captured edges, delayed pulses, credits."""

from __future__ import annotations

from rtlwright.training.synth.design import Design, Inputs, Size
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families import family
from rtlwright.training.synth.families.seq_helpers import calm, sticky
from rtlwright.training.synth.reference import Clocked
from rtlwright.training.synth.rtl import lit, when


@family("quadrature_decoder")
def quadrature_decoder(d: Draw) -> Design:
    """A quadrature decoder: counts the steps of a rotary encoder."""
    size = d.size(4, 16, share=0.0)
    d.clock()
    rst = d.reset()
    a, b = (
        d.input("enc_a quad_a phase_a ch_a", 1, "channel A"),
        d.input("enc_b quad_b phase_b ch_b", 1, "channel B"),
    )
    q = d.output("position pos count", size, "position")
    m = d.module("quadrature", "quad_decoder", "encoder_counter", "rotary_decode")
    pa, pb = m.signal("a_prev"), m.signal("b_prev")
    move, up = m.signal("step"), m.signal("up")
    m.assign(move, f"{a} ^ {pa} ^ {b} ^ {pb}", "one line has changed")
    m.assign(up, f"{a} ^ {pb}", "direction")
    m.clocked(
        [
            f"{pa} <= {a};",
            f"{pb} <= {b};",
            when(move, [when(up, [f"{q} <= {q} + 1'b1;"], otherwise=[f"{q} <= {q} - 1'b1;"])]),
        ],
        [f"{pa} <= 1'b0;", f"{pb} <= 1'b0;", f"{q} <= {m.zero(size)};"],
        "count the steps",
    )
    order = {(0, 0): 0, (1, 0): 1, (1, 1): 2, (0, 1): 3}  # A leads B: up

    def step(s: tuple[int, int, int], i: Inputs) -> tuple[int, int, int]:
        turn = (order[i[a.name], i[b.name]] - order[s[0], s[1]]) % 4
        return i[a.name], i[b.name], (s[2] + {0: 0, 1: 1, 2: 0, 3: -1}[turn]) % (1 << size.bits)

    return m.design(
        summaries=(
            f"a quadrature decoder that counts every edge of `{a}` and `{b}` in the {size.words} "
            f"`{q}`: up when "
            f"`{a}` leads, down when `{b}` leads",
        ),
        behaviour=(
            f"`{a}` and `{b}` are compared with their values at the previous clock edge.",
            f"If exactly one of them changed, `{q}` increases by 1 when `{a}` differs from the "
            f"previous `{b}`, and "
            "decreases by 1 otherwise.",
        ),
        reset_effect="clears all registers to 0",
        stimulus=calm(d, 120, {a.name: sticky(0.6), b.name: sticky(0.6)}, resets=0.02),
        reference=lambda: Clocked(step, lambda s, i: {q.name: s[2]}, reset=rst, init=(0, 0, 0)),
    )


@family("edge_capture")
def edge_capture(d: Draw) -> Design:
    """Remembers which bits have had an edge since the reset or a clear."""
    size, falling = d.size(1, 32, share=0.0), d.chance(0.5)
    d.clock()
    rst = d.reset()
    clear = d.input("clear", 1, "forgets", bias=0.1) if d.chance(0.5) else None
    x = d.input("signal", size, "monitored bits")
    q = d.output("captured seen sticky edge_flags", size, "bits that had an edge")
    m = d.module("edge_capture", "sticky_edges", "event_latch", "edge_memory")
    prev = m.signal("prev", size)
    edge = f"({prev} & ~{x})" if falling else f"(~{prev} & {x})"
    keep = f"{q} <= {q} | {edge};"
    body = when(clear.name, [f"{q} <= {m.zero(size)};"], otherwise=[keep]) if clear else keep
    m.clocked([f"{prev} <= {x};", body], [f"{prev} <= {m.zero(size)};", f"{q} <= {m.zero(size)};"], "capture")
    kind = "falling" if falling else "rising"

    def step(s: tuple[int, int], i: Inputs) -> tuple[int, int]:
        now = i[x.name]
        edges = s[0] & ~now if falling else now & ~s[0]
        return now, 0 if clear and i[clear.name] else s[1] | edges

    wipe = (f"A clock edge with `{clear}` high clears `{q}` instead.",) if clear else ()
    return m.design(
        summaries=(
            f"an edge capture register: a bit of `{q}` becomes 1 at a {kind} edge of the bit of `{x}` "
            "and stays "
            f"1{f' until `{clear}`' if clear else ''}",
        ),
        behaviour=(
            f"Each bit of `{q}` becomes 1 at the clock edge at which the bit of `{x}` has a {kind} "
            "edge since the "
            "previous one, and stays 1.",
            *wipe,
        ),
        reset_effect=f"clears `{q}` and the remembered input to 0",
        reference=lambda: Clocked(step, lambda s, i: {q.name: s[1]}, reset=rst, init=(0, 0)),
    )


@family("credit_counter")
def credit_counter(d: Draw) -> Design:
    """A credit counter for flow control."""
    credits = d.integer(2, 15)
    bits = credits.bit_length()
    d.clock()
    rst = d.reset()
    take = d.input("send consume take use_credit", 1, "uses a credit", bias=0.6)
    give = d.input("ret return_credit give credit_in", 1, "returns a credit", bias=0.4)
    left, ok = (
        d.output("credits left avail", bits, "credits left"),
        d.output("can_send ready ok", 1, "credits are left"),
    )
    m = d.module("credit_counter", "flow_control", "credit_mgr", "token_counter")
    m.assign(ok, f"{left} != {lit(0, bits)}")
    m.clocked(
        [
            when(
                f"{take} && {ok} && !{give}",
                [f"{left} <= {left} - 1'b1;"],
                (
                    f"{give} && !({take} && {ok}) && {left} != {lit(credits, bits)}",
                    [f"{left} <= {left} + 1'b1;"],
                ),
            )
        ],
        [f"{left} <= {lit(credits, bits)};"],
        "use and return",
    )

    def step(s: int, i: Inputs) -> int:
        used = int(i[take.name] and s > 0)
        return min(s - used + i[give.name], credits)

    return m.design(
        summaries=(
            f"a credit counter with {credits} credits: `{take}` uses one, `{give}` returns one, "
            f"`{left}` shows "
            f"them and `{ok}` is high while there is any",
        ),
        behaviour=(
            f"At a clock edge `{take}` with `{ok}` high uses a credit and `{give}` returns one; both "
            "together "
            f"leave `{left}` as it is.",
            f"`{left}` never exceeds {credits}; `{take}` is ignored while `{ok}` is low.",
            f"`{ok}` is 1 while `{left}` is not 0.",
        ),
        reset_effect=f"sets `{left}` to {credits}",
        stimulus=calm(d, 100, resets=0.02),
        reference=lambda: Clocked(
            step, lambda s, i: {left.name: s, ok.name: int(s > 0)}, reset=rst, init=credits
        ),
    )


@family("pulse_delay")
def pulse_delay(d: Draw) -> Design:
    """Delays a pulse by N cycles; further pulses meanwhile are ignored."""
    delay = d.integer(2, 9)
    bits = delay.bit_length()
    size = Size(bits)
    d.clock()
    rst = d.reset()
    x = d.input("trigger start pulse_in", 1, "pulse", bias=0.25)
    y = d.output("pulse_out delayed fired", 1, "delayed pulse")
    m = d.module("pulse_delay", "delayed_pulse", "trigger_delay", "wait_pulse")
    cnt = m.signal("cnt", size)
    m.clocked(
        [
            when(
                f"{cnt} != {lit(0, size)}",
                [f"{cnt} <= {cnt} - {lit(1, size)};"],
                (x.name, [f"{cnt} <= {lit(delay, size)};"]),
            )
        ],
        [f"{cnt} <= {lit(0, size)};"],
        "count down",
    )
    m.assign(y, f"{cnt} == {lit(1, size)}")
    return m.design(
        summaries=(
            f"a pulse delay: {delay} clock cycles after a high `{x}` was sampled, `{y}` is high for "
            "one cycle; "
            f"`{x}` is ignored in between",
        ),
        behaviour=(
            f"A clock edge that samples `{x}` high while nothing is pending begins a delay of {delay} "
            "cycles.",
            f"`{y}` is high in the last of them; `{x}` is ignored during all of them.",
        ),
        reset_effect="ends the delay",
        stimulus=calm(d, 90, resets=0.02),
        reference=lambda: Clocked(
            lambda s, i: s - 1 if s else delay * i[x.name],
            lambda s, i: {y.name: int(s == 1)},
            reset=rst,
            init=0,
        ),
    )
