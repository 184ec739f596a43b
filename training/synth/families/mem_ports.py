"""Memories with more than one view: write-first, two readers, ping-pong."""

from __future__ import annotations

from rtlwright.training.synth.design import Design, Inputs
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families import family
from rtlwright.training.synth.families.seq_helpers import calm, few
from rtlwright.training.synth.reference import Clocked
from rtlwright.training.synth.rtl import when

_Words = tuple[int, ...]


@family("mem_write_first")
def mem_write_first(d: Draw) -> Design:
    """A single-port RAM whose read register sees the word being written."""
    bits, data = d.integer(3, 8), d.size(4, 64)
    d.clock()
    we = d.input("write", 1, "write enable", bias=0.5)
    addr = d.input("address", bits, "address")
    din, q = d.input("data", data, "data to write"), d.output("result", data, "data read")
    m = d.module("ram_wf", "write_first_ram", "ram_write_through", "sp_ram_wf")
    mem = m.signal("mem", data, array=f"[0:{(1 << bits) - 1}]")
    m.clocked(
        [
            when(
                we.name,
                [f"{mem}[{addr}] <= {din};", f"{q} <= {din};"],
                otherwise=[f"{q} <= {mem}[{addr}];"],
            )
        ],
        (),
        "write first",
    )

    def step(s: tuple[dict[int, int], int | None], i: Inputs) -> tuple[dict[int, int], int | None]:
        words, at = s[0], i[addr.name]
        if i[we.name]:
            return {**words, at: i[din.name]}, i[din.name]
        return words, words.get(at)

    return m.design(
        summaries=(
            f"a write-first single-port RAM, {1 << bits} x {data.text}: `{q}` takes the word read, or "
            f"`{din}` "
            f"while `{we}` is high",
            f"a synchronous RAM of {1 << bits} words of {data.text} bits in write-first mode",
        ),
        behaviour=(
            f"At a clock edge with `{we}` high, `{din}` is written to `{addr}` and to `{q}`.",
            f"Otherwise `{q}` takes the word at `{addr}`.",
        ),
        stimulus=calm(d, 110, {addr.name: few(bits)}),
        reference=lambda: Clocked(step, lambda s, i: {q.name: s[1]}, starts=[({}, None)]),
    )


@family("mem_true_dual_read")
def mem_true_dual_read(d: Draw) -> Design:
    """A RAM with one write and two synchronous read ports."""
    bits, data = d.integer(2, 6), d.size(4, 32, share=0.0)
    d.clock()
    we = d.input("write", 1, "write enable", bias=0.7)
    wa = d.input("waddr wr_addr write_addr", bits, "write address")
    din = d.input("data", data, "data to write")
    ra, rb = d.input("addr_a raddr0 ra", bits, "first read"), d.input("addr_b raddr1 rb", bits, "second read")
    qa, qb = d.output("q_a rdata0 dout_a", data, "first word"), d.output("q_b rdata1 dout_b", data, "second")
    m = d.module("ram_1w2r", "dual_read_ram", "two_read_ram", "ram_2r")
    mem = m.signal("mem", data, array=f"[0:{(1 << bits) - 1}]")
    m.clocked(
        [
            when(we.name, [f"{mem}[{wa}] <= {din};"]),
            f"{qa} <= {mem}[{ra}];",
            f"{qb} <= {mem}[{rb}];",
        ],
        (),
        "one write, two reads",
    )
    State = tuple[dict[int, int], int | None, int | None]  # noqa: N806

    def step(s: State, i: Inputs) -> State:
        words = s[0]
        after = {**words, i[wa.name]: i[din.name]} if i[we.name] else words
        return after, words.get(i[ra.name]), words.get(i[rb.name])

    return m.design(
        summaries=(
            f"a RAM of {1 << bits} words of {data.bits} bits with one write port and two synchronous "
            "read ports",
        ),
        behaviour=(
            f"At a clock edge with `{we}` high, `{din}` is written to `{wa}`.",
            f"At every clock edge `{qa}` takes the word at `{ra}` and `{qb}` that at `{rb}`, as they "
            "were before "
            "the edge.",
        ),
        brief=False,
        stimulus=calm(d, 110, {p.name: few(bits) for p in (wa, ra, rb)}),
        reference=lambda: Clocked(
            step, lambda s, i: {qa.name: s[1], qb.name: s[2]}, starts=[({}, None, None)]
        ),
    )


@family("mem_ping_pong")
def mem_ping_pong(d: Draw) -> Design:
    """A double buffer of one word: writes go to one half, reads come from the other."""
    data = d.size(4, 32, share=0.0)
    d.clock()
    rst = d.reset()
    we, din = d.input("write", 1, "write enable", bias=0.6), d.input("data", data, "data to write")
    swap = d.input("swap flip exchange", 1, "swap the halves", bias=0.25)
    q = d.output("result", data, "word of the other half")
    m = d.module("ping_pong", "double_buffer", "swap_buffer")
    a, b, side = m.signal("buf0", data), m.signal("buf1", data), m.signal("side")
    m.assign(q, f"{side} ? {a} : {b}")
    m.clocked(
        [
            when(f"{we} && !{side}", [f"{a} <= {din};"]),
            when(f"{we} && {side}", [f"{b} <= {din};"]),
            when(swap.name, [f"{side} <= ~{side};"]),
        ],
        [f"{a} <= {m.zero(data)};", f"{b} <= {m.zero(data)};", f"{side} <= 1'b0;"],
    )

    def step(s: tuple[int, int], i: Inputs) -> tuple[int, int]:
        back = i[din.name] if i[we.name] else s[0]
        return (s[1], back) if i[swap.name] else (back, s[1])

    return m.design(
        summaries=(
            f"a double buffer of {data.words} words: `{din}` is written to the back buffer while "
            f"`{we}` is high, "
            f"`{q}` shows the front buffer, and `{swap}` exchanges them",
        ),
        behaviour=(
            f"A clock edge with `{we}` high writes `{din}` to the back buffer.",
            f"A clock edge with `{swap}` high then exchanges front and back. `{q}` shows the front buffer.",
        ),
        reset_effect="clears both buffers to 0",
        reference=lambda: Clocked(step, lambda s, i: {q.name: s[1]}, reset=rst, init=(0, 0)),
    )
