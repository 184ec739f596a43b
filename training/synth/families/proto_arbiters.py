"""Arbiters for two to four requesters."""

from __future__ import annotations

from rtlwright.training.synth.design import Design, Port, Size
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families import family
from rtlwright.training.synth.families.seq_helpers import log2
from rtlwright.training.synth.reference import Clocked
from rtlwright.training.synth.rtl import case, lit, when


def _first(requests: int, order: list[int]) -> int:
    """The grant lines for the first requester in the order that asks."""
    return next((1 << n for n in order if requests >> n & 1), 0)


@family("proto_fixed_arbiter")
def proto_fixed_arbiter(d: Draw) -> Design:
    """A fixed-priority arbiter with registered grants."""
    count, lowest = d.integer(2, 6), d.chance(0.65)
    size = Size(count)
    order = list(range(count)) if lowest else list(range(count))[::-1]
    d.clock()
    rst = d.reset()
    en = d.input("enable", 1, "grants may change", bias=0.75) if d.chance(0.3) else None
    req = d.input("request", size, "one request line per requester")
    grant = d.output("grant", size, "one-hot grant, or 0")
    m = d.module("arbiter", "fixed_arbiter", "priority_arbiter", "bus_arbiter", f"arb{count}")
    chain = [(f"{req}[{n}]", [f"{grant} <= {lit(1 << n, size, 'b')};"]) for n in order]
    body = when(*chain[0], *chain[1:], otherwise=[f"{grant} <= {lit(0, size, 'b')};"])
    m.clocked([when(en.name, [body])] if en else [body], [f"{grant} <= {lit(0, size, 'b')};"], "priority")
    gated = f" with `{en}` high" if en else ""
    best = "lowest" if lowest else "highest"
    return m.design(
        summaries=(
            f"a fixed-priority arbiter for {count} requesters with registered grant; the {best} index wins",
            f"a {count}-way priority arbiter from `{req}` to `{grant}` where bit {order[0]} has the "
            "highest priority",
        ),
        behaviour=(
            f"At every clock edge{gated}, the bit of `{grant}` that belongs to the {best}-numbered set "
            f"bit of `{req}` "
            "becomes 1 and the others 0.",
            f"If no bit of `{req}` is set, `{grant}` becomes 0.",
            *((f"While `{en}` is low, `{grant}` holds.",) if en else ()),
        ),
        brief=False,
        reset_effect=f"clears `{grant}` to 0",
        vectors=96,
        reference=lambda: Clocked(
            lambda s, i: _first(i[req.name], order) if en is None or i[en.name] else s,
            lambda s, i: {grant.name: s},
            reset=rst,
            init=0,
        ),
    )


@family("proto_round_robin")
def proto_round_robin(d: Draw) -> Design:
    """A round-robin arbiter with combinational grants and a register for the last winner."""
    count = d.integer(2, 4)
    size, bits = Size(count), log2(count)
    d.clock()
    rst = d.reset()
    req = d.input("request", size, "one request line per requester")
    grant = d.output("grant", size, "one-hot grant, or 0")
    m = d.module("rr_arbiter", "round_robin", "arbiter", "fair_arbiter", f"rr_arb{count}")
    last = m.signal("last", bits)
    none = f"{grant} = {lit(0, size, 'b')};"

    def after(winner: int) -> list[int]:
        return [(winner + n) % count for n in range(1, count + 1)]

    def chain(winner: int) -> list:
        steps = [(f"{req}[{n}]", [f"{grant} = {lit(1 << n, size, 'b')};"]) for n in after(winner)]
        return [when(*steps[0], *steps[1:])]

    m.comb(
        [none, case(last, [(lit(n, bits), chain(n)) for n in range(count - 1)], chain(count - 1))],
        "search from the one after the last winner",
    )
    winners = [(f"{grant}[{n}]", [f"{last} <= {lit(n, bits)};"]) for n in range(count)]
    m.clocked(
        [when(*winners[0], *winners[1:])], [f"{last} <= {lit(count - 1, bits)};"], "remember the winner"
    )
    lines = lambda s, i: _first(i[req.name], after(s))  # noqa: E731
    example = ", ".join(map(str, after(0)))
    return m.design(
        summaries=(
            f"a round-robin arbiter for {count} requesters with combinational one-hot `{grant}`",
            f"a fair {count}-way arbiter from `{req}` to `{grant}` that rotates the priority",
        ),
        behaviour=(
            f"`{grant}` is combinational: the line of the first requester with its bit of `{req}` set, "
            "searched "
            f"upwards (cyclically) from the one after the last winner; 0 if there is no request.",
            f"For example, after requester 0 has won, the order of search is {example}.",
            f"A clock edge with `{grant}` not 0 makes the granted requester the last winner.",
        ),
        brief=False,
        reset_effect=f"makes requester {count - 1} the last winner, so that 0 is searched first",
        vectors=96,
        reference=lambda: Clocked(
            lambda s, i: lines(s, i).bit_length() - 1 if lines(s, i) else s,
            lambda s, i: {grant.name: lines(s, i)},
            reset=rst,
            init=count - 1,
        ),
    )


@family("proto_locked_grant")
def proto_locked_grant(d: Draw) -> Design:
    """A two-way arbiter that keeps its grant until the winner lets go."""
    d.clock()
    rst = d.reset()
    a = d.input("req_a req0 request_a cpu_req", 1, "request with priority", bias=0.6)
    b = d.input("req_b req1 request_b dma_req", 1, "other request", bias=0.6)
    ga = d.output("gnt_a gnt0 grant_a cpu_gnt", 1, "grant for the first")
    gb = d.output("gnt_b gnt1 grant_b dma_gnt", 1, "grant for the second")
    m = d.module("arbiter2", "bus_lock", "arbiter", "two_way_arbiter", "grant_fsm")
    state = m.signal("state", 2)
    idle, first, second = (m.constant(n, lit(c, 2), 2) for c, n in enumerate(("IDLE", "GRANT_A", "GRANT_B")))
    choose = (a.name, [f"{state} <= {first};"]), (b.name, [f"{state} <= {second};"])
    arms = [
        (idle, [when(*choose[0], choose[1])]),
        (first, [when(f"!{a}", [f"{state} <= {idle};"])]),
        (second, [when(f"!{b}", [f"{state} <= {idle};"])]),
    ]
    m.clocked([case(state, arms, [f"{state} <= {idle};"])], [f"{state} <= {idle};"], "grants")
    m.assign(ga, f"{state} == {first}")
    m.assign(gb, f"{state} == {second}")

    def step(holder: Port | None, i):
        if holder:
            return holder if i[holder.name] else None
        return a if i[a.name] else b if i[b.name] else None

    return m.design(
        summaries=(
            "a two-way arbiter with states IDLE, GRANT_A and GRANT_B that holds a grant while it is "
            "requested",
            f"an arbiter for `{a}` (priority) and `{b}` whose grants `{ga}` and `{gb}` last until the "
            "request falls",
        ),
        behaviour=(
            f"IDLE: with `{a}` high go to GRANT_A, else with `{b}` high go to GRANT_B.",
            f"GRANT_A: with `{a}` low go to IDLE. GRANT_B: with `{b}` low go to IDLE. Otherwise stay.",
            f"`{ga}` is 1 only in GRANT_A, `{gb}` only in GRANT_B.",
        ),
        brief=False,
        reset_effect="returns to IDLE",
        vectors=96,
        reference=lambda: Clocked(
            step, lambda s, i: {ga.name: int(s is a), gb.name: int(s is b)}, reset=rst, init=None
        ),
    )
