"""More counters, state machines and control."""

from __future__ import annotations

from rtlwright.training.synth.design import Design, Inputs, Outputs, Port, Size, Table
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families import family
from rtlwright.training.synth.families.fsm_tables import _graph, _sentence, _values
from rtlwright.training.synth.families.seq_helpers import calm, spell, state_names, sticky
from rtlwright.training.synth.phrases import during, gated, on
from rtlwright.training.synth.reference import Clocked
from rtlwright.training.synth.rtl import case, lit, when


@family("fsm_one_hot")
def fsm_one_hot(d: Draw) -> Design:
    """A one-hot Moore machine with a random transition graph, one process for everything."""
    count = d.integer(3, 5)
    names, edges, values = state_names(d, count), _graph(d, count), _values(d, count, 1)
    d.clock()
    rst = d.reset()
    x = d.input("x in w go signal", 1, "input of the state machine")
    z = d.output("z out y result flag", 1, "Moore output")
    m = d.module("fsm_onehot", "one_hot_fsm", "onehot_controller", "state_machine")
    codes = [m.constant(name, lit(1 << n, count, "b"), count) for n, name in enumerate(names)]
    state = m.signal("state", count)
    arms = [
        (code, [f"{state} <= {x} ? {codes[high]} : {codes[low]};"])
        for code, (low, high) in zip(codes, edges, strict=True)
    ]
    m.clocked([case(state, arms, [f"{state} <= {codes[0]};"])], [f"{state} <= {codes[0]};"], "one-hot state")
    outs = [(code, [f"{z} = 1'b{v};"]) for code, v in zip(codes, values, strict=True)]
    m.comb([case(state, outs, [f"{z} = 1'b0;"])], "output")
    rows = [(n, names[e[0]], names[e[1]], str(v)) for n, e, v in zip(names, edges, values, strict=True)]
    outputs = ", ".join(f"{v} in `{n}`" for n, v in zip(names, values, strict=True))
    return m.design(
        summaries=(
            f"a one-hot Moore state machine with states {spell(names)}, input `{x}` and output `{z}`",
            f"a {count}-state Moore FSM in one-hot encoding with input `{x}` and output `{z}`",
        ),
        behaviour=(
            *(_sentence(n, x.name, low, high) for n, low, high, _ in rows),
            f"The output `{z}` depends on the state only: {outputs}. Use one-hot encoding.",
        ),
        brief=False,
        table=Table(("state (one-hot)", f"next, {x}=0", f"next, {x}=1", z.name), tuple(rows)),
        reset_effect=f"sets the state to `{names[0]}`",
        vectors=96,
        reference=lambda: Clocked(
            lambda s, i: edges[s][i[x.name]], lambda s, i: {z.name: values[s]}, reset=rst, init=0
        ),
    )


@family("fsm_next_logic")
def fsm_next_logic(d: Draw) -> Design:
    """Only the next-state logic of a state machine, the state being an input."""
    count = d.integer(3, 6)
    bits = (count - 1).bit_length()
    edges = _graph(d, count)
    state = d.input("state", bits, "present state")
    x = d.input("x in w go signal", 1, "input")
    y = d.output("next_state nxt state_next next_st", bits, "next state")
    m = d.module("next_state", "fsm_logic", "transition_logic", "fsm_comb")
    arms = [
        (lit(n, bits), [f"{y} = {x} ? {lit(high, bits)} : {lit(low, bits)};"])
        for n, (low, high) in enumerate(edges)
    ]
    m.comb([case(state.name, arms, [f"{y} = {lit(0, bits)};"])], "next state")
    said = [
        f"From state {n}, go to {high} when `{x}` is 1 and to {low} when it is 0."
        for n, (low, high) in enumerate(edges)
    ]
    return m.design(
        summaries=(
            f"the next-state logic of a {count}-state machine: `{y}` from `{state}` and `{x}`",
            f"combinational transition logic with present state `{state}`, input `{x}` and next state `{y}`",
        ),
        behaviour=(*said, "Other states go to 0."),
        brief=False,
        table=Table(
            (state.name, f"{y}, {x}=0", f"{y}, {x}=1"),
            tuple((str(n), str(low), str(high)) for n, (low, high) in enumerate(edges)),
        ),
        vectors=40,
        reference=lambda: Clocked(
            lambda s, i: s,
            lambda s, i: {y.name: edges[i[state.name]][i[x.name]] if i[state.name] < count else None},
            starts=[0],
        ),
    )


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


@family("flip_flop_sr")
def flip_flop_sr(d: Draw) -> Design:
    """A clocked SR flip-flop."""
    d.clock()
    rst = d.reset()
    s, r = d.input("s set set_i", 1, "set"), d.input("r clr reset_q", 1, "clear")
    q = d.output("q out state_q", 1, "state")
    m = d.module("sr_ff", "sr_flip_flop", "set_reset")
    m.clocked([when(r.name, [f"{q} <= 1'b0;"], (s.name, [f"{q} <= 1'b1;"]))], [f"{q} <= 1'b0;"])
    return m.design(
        summaries=(f"an SR flip-flop `{q}` set by `{s}` and cleared by `{r}`, which wins",),
        behaviour=(
            f"At a clock edge with `{r}` high, `{q}` becomes 0; else with `{s}` high it becomes 1; "
            "else it holds.",
        ),
        reset_effect=f"clears `{q}` to 0",
        reference=lambda: Clocked(
            lambda v, i: 0 if i[r.name] else 1 if i[s.name] else v,
            lambda v, i: {q.name: v},
            reset=rst,
            init=0,
        ),
    )


@family("latch_d")
def latch_d(d: Draw) -> Design:
    """A transparent latch."""
    size = d.size(1, 32, share=0.0)
    en = d.input("gate g en latch_en", 1, "transparent while high")
    x, q = d.input("data", size, "data"), d.output("result", size, "latched data")
    m = d.module("d_latch", "latch", "transparent_latch", "hold_latch")
    head = "always_latch begin" if d.style.systemverilog else "always @(*) begin"
    m._always(head, [when(en.name, [f"{q} = {x};"])], "transparent while enabled")
    return m.design(
        summaries=(
            f"a {size.words} transparent latch: `{q}` follows `{x}` while `{en}` is 1 and holds while "
            "it is 0",
            f"a D latch from `{x}` to `{q}` with the enable `{en}`",
        ),
        behaviour=(f"While `{en}` is 1, `{q}` equals `{x}`; while it is 0, `{q}` keeps its value.",),
        reference=lambda: _Latch(en, x, q),
    )


class _Latch:
    """Level-sensitive, so that it changes when it is looked at."""

    def __init__(self, en: Port, x: Port, q: Port) -> None:
        self._en, self._x, self._q = en.name, x.name, q.name
        self._held: int | None = None

    def outputs(self, inputs: Inputs) -> Outputs:
        if inputs[self._en]:
            self._held = inputs[self._x]
        return {self._q: self._held}

    def clock(self, inputs: Inputs) -> None:
        return None


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
