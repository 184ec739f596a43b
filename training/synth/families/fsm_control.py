"""Controllers: start/busy/done, request and acknowledge, traffic lights."""

from __future__ import annotations

from rtlwright.training.synth.design import Design
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families import family
from rtlwright.training.synth.families.fsm_tables import advance, state_register
from rtlwright.training.synth.families.seq_helpers import calm, cycles, log2
from rtlwright.training.synth.reference import Clocked
from rtlwright.training.synth.rtl import case, lit, when


@family("fsm_start_done")
def fsm_start_done(d: Draw) -> Design:
    """A controller that is busy for N cycles after a start and then reports done."""
    busy_for = d.integer(2, 20)
    bits = log2(busy_for)
    d.clock()
    rst = d.reset()
    start = d.input("start", 1, "starts an operation", bias=0.25)
    busy = d.output("busy", 1, "high while the operation runs")
    done = d.output("done", 1, "one-cycle pulse at the end")
    m = d.module("controller", "start_done", "op_ctrl", "sequencer", "busy_fsm")
    state, codes = m.signal("state", 2), []
    for code, name in enumerate(("IDLE", "RUN", "DONE")):
        codes.append(m.constant(name, lit(code, 2), 2))
    idle, run, end = codes
    cnt = m.signal("cnt", bits)
    finish = when(
        f"{cnt} == {lit(busy_for - 1, bits)}",
        [f"{state} <= {end};"],
        otherwise=[f"{cnt} <= {cnt} + {lit(1, bits)};"],
    )
    arms = [
        (idle, [when(start.name, [f"{state} <= {run};", f"{cnt} <= {lit(0, bits)};"])]),
        (run, [finish]),
    ]
    m.clocked(
        [case(state, arms, [f"{state} <= {idle};"])],
        [f"{state} <= {idle};", f"{cnt} <= {lit(0, bits)};"],
        "control",
    )
    m.assign(busy, f"{state} == {run}")
    m.assign(done, f"{state} == {end}")

    def step(s: int, i) -> int:
        if s == 0:
            return 1 if i[start.name] else 0
        return s + 1 if s <= busy_for else 0

    return m.design(
        summaries=(
            f"a controller that holds `{busy}` high for {busy_for} cycles after `{start}` and then "
            f"pulses `{done}`",
            f"a start/busy/done FSM with states IDLE, RUN ({busy_for} cycles) and DONE (1 cycle)",
        ),
        behaviour=(
            f"In IDLE, a clock edge with `{start}` high begins an operation.",
            f"`{busy}` is then high for exactly {cycles(busy_for)}, beginning right after that edge.",
            f"Next `{done}` is high for one clock cycle while `{busy}` is low; then the controller is "
            "idle again.",
            f"`{start}` is ignored while `{busy}` or `{done}` is high.",
        ),
        brief=False,
        reset_effect="returns to IDLE",
        stimulus=calm(d, 140),
        reference=lambda: Clocked(
            step,
            lambda s, i: {busy.name: int(1 <= s <= busy_for), done.name: int(s > busy_for)},
            reset=rst,
            init=0,
        ),
    )


@family("fsm_handshake")
def fsm_handshake(d: Draw) -> Design:
    """A four-phase requester: raises req, waits for ack, drops req, waits until ack falls."""
    d.clock()
    rst = d.reset()
    start = d.input("start", 1, "begin a handshake", bias=0.4)
    ack = d.input("ack ack_in acknowledge", 1, "acknowledge of the other side")
    req = d.output("request", 1, "request to the other side")
    busy = d.output("busy", 1, "high outside the idle state") if d.chance(0.5) else None
    m = d.module("handshake", "req_ack", "requester", "four_phase", "handshake_fsm")
    state, upcoming, (idle, wait, release) = state_register(m, ("IDLE", "REQ", "RELEASE"))
    arms = [
        (idle, [when(start.name, [f"{upcoming} = {wait};"])]),
        (wait, [when(ack.name, [f"{upcoming} = {release};"])]),
        (release, [when(f"!{ack}", [f"{upcoming} = {idle};"])]),
    ]
    m.comb([f"{upcoming} = {state};", case(state, arms, [f"{upcoming} = {idle};"])], "next state")
    advance(m, state, upcoming, idle)
    m.assign(req, f"{state} == {wait}")
    if busy:
        m.assign(busy, f"{state} != {idle}")

    def step(s: str, i) -> str:
        leaves = {"idle": i[start.name], "wait": i[ack.name], "release": not i[ack.name]}
        after = {"idle": "wait", "wait": "release", "release": "idle"}
        return after[s] if leaves[s] else s

    return m.design(
        summaries=(
            f"a four-phase handshake requester with states IDLE, REQ and RELEASE driving `{req}`",
            f"an FSM that answers `{start}` with a complete req/ack handshake on `{req}` and `{ack}`",
        ),
        behaviour=(
            f"IDLE: when `{start}` is 1, go to REQ.",
            f"REQ: `{req}` is 1; when `{ack}` is 1, go to RELEASE.",
            f"RELEASE: when `{ack}` is 0, go to IDLE.",
            f"`{req}` is 0 in IDLE and in RELEASE.",
            *((f"`{busy}` is 1 in REQ and in RELEASE.",) if busy else ()),
            "Otherwise the state is kept.",
        ),
        brief=False,
        reset_effect="returns to IDLE",
        vectors=96,
        reference=lambda: Clocked(
            step,
            lambda s, i: {req.name: int(s == "wait"), **({busy.name: int(s != "idle")} if busy else {})},
            reset=rst,
            init="idle",
        ),
    )


@family("fsm_responder")
def fsm_responder(d: Draw) -> Design:
    """A responder that acknowledges a request after N cycles and holds ack until the request falls."""
    delay = d.integer(1, 6)
    bits = log2(delay + 1)
    d.clock()
    rst = d.reset()
    req = d.input("request", 1, "request", bias=0.75)
    ack = d.output("ack acknowledge ack_out gnt", 1, "acknowledge")
    m = d.module("responder", "ack_gen", "wait_state", "slave_fsm", "delayed_ack")
    cnt = m.signal("cnt", bits)
    m.clocked(
        [
            when(
                f"!{req}",
                [f"{cnt} <= {lit(0, bits)};"],
                (f"{cnt} != {lit(delay, bits)}", [f"{cnt} <= {cnt} + {lit(1, bits)};"]),
            )
        ],
        [f"{cnt} <= {lit(0, bits)};"],
        "count the cycles of the request",
    )
    m.assign(ack, f"{cnt} == {lit(delay, bits)}")
    return m.design(
        summaries=(
            f"a responder that raises `{ack}` once `{req}` was high at {delay} consecutive clock edges",
            f"an acknowledge generator with a delay of {cycles(delay)} from `{req}` to `{ack}`",
        ),
        behaviour=(
            f"`{ack}` is high when `{req}` was sampled high at each of the last {delay} clock edges or more.",
            f"A clock edge with `{req}` low drops `{ack}` and starts the count of edges afresh.",
        ),
        brief=False,
        reset_effect=f"drops `{ack}` and forgets the edges counted",
        stimulus=calm(d, 110),
        reference=lambda: Clocked(
            lambda s, i: (*s, 1)[-delay:] if i[req.name] else (),
            lambda s, i: {ack.name: int(len(s) == delay)},
            reset=rst,
            init=(),
        ),
    )


@family("fsm_traffic_light")
def fsm_traffic_light(d: Draw) -> Design:
    """A traffic light with a fixed time for each colour."""
    green, yellow, red = d.integer(4, 14), d.integer(2, 4), d.integer(3, 12)
    bits = log2(max(green, yellow, red))
    d.clock()
    rst = d.reset()
    en = d.input("enable", 1, "time advances while high", bias=0.85) if d.chance(0.35) else None
    lamps = [d.output(stem, 1, f"{stem.split()[0]} lamp") for stem in ("green g", "yellow amber", "red r")]
    m = d.module("traffic_light", "traffic_ctrl", "light_controller", "crossing", "signal_lights")
    state = m.signal("state", 2)
    codes = [m.constant(name, lit(code, 2), 2) for code, name in enumerate(("GREEN", "YELLOW", "RED"))]
    cnt = m.signal("cnt", bits)
    times, arms = (green, yellow, red), []
    for n, time in enumerate(times):
        go = [f"{state} <= {codes[(n + 1) % 3]};", f"{cnt} <= {lit(0, bits)};"]
        stay = [f"{cnt} <= {cnt} + {lit(1, bits)};"]
        arms.append((codes[n], [when(f"{cnt} == {lit(time - 1, bits)}", go, otherwise=stay)]))
    start = [f"{state} <= {codes[0]};", f"{cnt} <= {lit(0, bits)};"]
    body = case(state, arms, start)
    m.clocked([when(en.name, [body])] if en else [body], start, "one state per colour")
    for lamp, code in zip(lamps, codes, strict=True):
        m.assign(lamp, f"{state} == {code}")
    g, y, r = lamps
    total, gated = sum(times), f" with `{en}` high" if en else ""
    return m.design(
        summaries=(
            f"a traffic light: `{g}` for {green} cycles, then `{y}` for {yellow}, then `{r}` for {red}, "
            "repeated",
            f"a traffic light controller with {green} cycles green, {yellow} yellow and {red} red",
        ),
        behaviour=(
            f"`{g}` is on for {green} clock cycles, `{y}` for {yellow} and `{r}` for {red}; then it repeats.",
            "Exactly one lamp is on at any time.",
            *((f"Only clock cycles{gated} count; while `{en}` is low everything holds.",) if en else ()),
        ),
        brief=en is None,
        reset_effect=f"turns on `{g}` at the beginning of its time",
        stimulus=calm(d, 150),
        reference=lambda: Clocked(
            lambda s, i: (s + 1) % total if en is None or i[en.name] else s,
            lambda s, i: {
                g.name: int(s < green),
                y.name: int(green <= s < green + yellow),
                r.name: int(s >= green + yellow),
            },
            reset=rst,
            init=0,
        ),
    )
