"""FIFOs and a stack."""

from __future__ import annotations

from dataclasses import dataclass

from rtlwright.training.synth.design import Design, Port, Reset, Size
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families import family
from rtlwright.training.synth.families.seq_helpers import calm, log2
from rtlwright.training.synth.reference import Clocked
from rtlwright.training.synth.rtl import lit, when


class _Pointer(Size):
    """`[$clog2(DEPTH)-1:0]`, or one bit more with `extra`; the range of a parameterized pointer."""

    extra = 0

    @property
    def range(self) -> str:
        return f"[$clog2({self.param}){'' if self.extra else '-1'}:0]" if self.param else super().range


class _Wrapping(_Pointer):
    extra = 1


@dataclass(frozen=True)
class _Ports:
    push: Port
    pop: Port
    din: Port
    dout: Port
    full: Port
    empty: Port


def _ports(d: Draw, data: Size, capacity: str) -> _Ports:
    push, pop = d.pick((("wr_en write push wr we", "rd_en read pop rd re"), ("push enq put", "pop deq get")))
    return _Ports(
        d.input(push, 1, "write request", bias=0.55),
        d.input(pop, 1, "read request", bias=0.45),
        d.input("data", data, "data to write"),
        d.output("result", data, "data read"),
        d.output("full", 1, f"high when {capacity} words are stored"),
        d.output("empty", 1, "high when no word is stored"),
    )


def _rules(p: _Ports, ahead: bool) -> tuple[str, ...]:
    if ahead:
        reads = f"`{p.dout}` shows the oldest word whenever `{p.empty}` is low; a read removes it."
    else:
        reads = f"An accepted read puts the oldest word into the register `{p.dout}` at that clock edge."
    return (
        f"A write (`{p.push}` high) is ignored while `{p.full}` is high, a read (`{p.pop}` high) is "
        "ignored while "
        f"`{p.empty}` is high, each judged before the clock edge.",
        "An accepted write and an accepted read may happen at the same edge.",
        reads,
    )


def _model(p: _Ports, depth: int, ahead: bool, rst: Reset | None, level: Port | None = None) -> Clocked:
    """A list of words and the output register."""

    def step(s, i):
        words, out = list(s[0]), s[1]
        push, pop = i[p.push.name] and len(words) < depth, i[p.pop.name] and words
        if pop:
            out = words.pop(0)
        if push:
            words.append(i[p.din.name])
        return tuple(words), out

    def view(s, i):
        words, out = s
        head = (words[0] if words else None) if ahead else out
        shown = {p.dout.name: head, p.full.name: int(len(words) == depth), p.empty.name: int(not words)}
        return {**shown, level.name: len(words)} if level else shown

    return Clocked(step, view, reset=rst, init=((), None))


@family("mem_fifo_count")
def mem_fifo_count(d: Draw) -> Design:
    """A synchronous FIFO that counts its words."""
    ahead, parameterized = d.chance(0.55), d.chance(0.4)
    depth = d.pick((4, 8, 8, 16)) if parameterized or d.chance(0.7) else d.integer(3, 12)
    data = d.size(4, 32, share=float(parameterized))
    name = d.parameter("DEPTH", depth, "depth").name if parameterized else None
    d.clock()
    rst = d.reset()
    p = _ports(d, data, f"`{name}`" if name else str(depth))
    level = None
    if not name and d.chance(0.35):
        level = d.output("level count used fill occupancy", log2(depth + 1), "number of stored words")
    m = d.module("fifo", "sync_fifo", "fifo_sync", "queue", "fifo_buffer")
    bits, top = log2(depth), name or str(depth)
    index = _Pointer(bits, name)
    mem = m.signal("mem", data, array=f"[0:{f'{name}-1' if name else depth - 1}]")
    wr, rd = m.signal("wr_ptr", index), m.signal("rd_ptr", index)
    count = level.name if level else m.signal("count", _Wrapping(log2(depth + 1), name))
    do_wr, do_rd = m.signal("do_write"), m.signal("do_read")
    m.assign(p.full, f"{count} == {top if name else lit(depth, log2(depth + 1))}")
    m.assign(p.empty, f"{count} == {'0' if name else lit(0, log2(depth + 1))}")
    m.assign(do_wr, f"{p.push} && !{p.full}")
    m.assign(do_rd, f"{p.pop} && !{p.empty}")
    m.clocked([when(do_wr, [f"{mem}[{wr}] <= {p.din};"])], note="storage")
    if ahead:
        m.assign(p.dout, f"{mem}[{rd}]", "show the oldest word")
    else:
        m.clocked([when(do_rd, [f"{p.dout} <= {mem}[{rd}];"])], note="read register")
    zero, one = ("0", "1'b1") if name else (lit(0, bits), lit(1, bits))

    def following(ptr: str) -> str:
        # Only a power of two wraps by itself.
        if depth == 1 << bits:
            return f"{ptr} <= {ptr} + {one};"
        return f"{ptr} <= ({ptr} == {lit(depth - 1, bits)}) ? {zero} : {ptr} + {one};"

    wide = "1'b1" if name else lit(1, log2(depth + 1))
    none = "0" if name else lit(0, log2(depth + 1))
    moves = when(
        f"{do_wr} && !{do_rd}",
        [f"{count} <= {count} + {wide};"],
        (f"!{do_wr} && {do_rd}", [f"{count} <= {count} - {wide};"]),
    )
    m.clocked(
        [when(do_wr, [following(wr)]), when(do_rd, [following(rd)]), moves],
        [f"{wr} <= {zero};", f"{rd} <= {zero};", f"{count} <= {none};"],
        "pointers and count",
    )
    kind = "show-ahead output" if ahead else "registered read"
    words = f"`{name}`" if name else str(depth)
    return m.design(
        summaries=(
            f"a synchronous FIFO of {words} words of {data.text} bits with {kind}, built on a word counter",
            f"a FIFO of depth {words} for {data.words} data with flags, a word counter and {kind}",
        ),
        behaviour=(
            *_rules(p, ahead),
            *((f"`{level}` is the number of words stored.",) if level else ()),
            *((f"`{name}` is a power of two.",) if name else ()),
        ),
        brief=False,
        reset_effect="empties the FIFO",
        stimulus=calm(d, 130, resets=0.01),
        reference=lambda: _model(p, depth, ahead, rst, level),
    )


@family("mem_fifo_pointer")
def mem_fifo_pointer(d: Draw) -> Design:
    """A synchronous FIFO whose pointers have one bit more than the address."""
    ahead, bits = d.chance(0.55), d.integer(2, 4)
    depth, data = 1 << bits, d.size(4, 64)
    d.clock()
    rst = d.reset()
    p = _ports(d, data, str(depth))
    m = d.module("fifo", "sync_fifo", "ptr_fifo", "queue", "ring_buffer")
    mem = m.signal("mem", data, array=f"[0:{depth - 1}]")
    wr, rd = m.signal("wr_ptr", bits + 1), m.signal("rd_ptr", bits + 1)
    low, zero, one = f"[{bits - 1}:0]", lit(0, bits + 1), lit(1, bits + 1)
    do_wr, do_rd = m.signal("do_write"), m.signal("do_read")
    m.assign(p.empty, f"{wr} == {rd}")
    m.assign(p.full, f"{wr} == {{~{rd}[{bits}], {rd}{low}}}")
    m.assign(do_wr, f"{p.push} && !{p.full}")
    m.assign(do_rd, f"{p.pop} && !{p.empty}")
    m.clocked([when(do_wr, [f"{mem}[{wr}{low}] <= {p.din};"])], note="storage")
    if ahead:
        m.assign(p.dout, f"{mem}[{rd}{low}]", "show the oldest word")
    else:
        m.clocked([when(do_rd, [f"{p.dout} <= {mem}[{rd}{low}];"])], note="read register")
    m.clocked(
        [when(do_wr, [f"{wr} <= {wr} + {one};"]), when(do_rd, [f"{rd} <= {rd} + {one};"])],
        [f"{wr} <= {zero};", f"{rd} <= {zero};"],
        "pointers",
    )
    kind = "show-ahead output" if ahead else "registered read"
    return m.design(
        summaries=(
            f"a synchronous FIFO of {depth} words of {data.text} bits with {kind}, using pointers with a "
            "wrap bit",
            f"a pointer-based {data.words} FIFO with {depth} entries, full and empty flags and {kind}",
        ),
        behaviour=_rules(p, ahead),
        brief=False,
        reset_effect="empties the FIFO",
        stimulus=calm(d, 130, resets=0.01),
        reference=lambda: _model(p, depth, ahead, rst),
    )


@family("mem_stack")
def mem_stack(d: Draw) -> Design:
    """A stack (LIFO)."""
    bits = d.integer(2, 4)
    depth, data = 1 << bits, d.size(4, 32)
    d.clock()
    rst = d.reset()
    push = d.input("push wr put", 1, "push request", bias=0.5)
    pop = d.input("pop rd take", 1, "pop request", bias=0.5)
    din = d.input("data", data, "word to push")
    top = d.output("top tos q dout", data, "word on top of the stack")
    full = d.output("full", 1, f"high when {depth} words are stored")
    empty = d.output("empty", 1, "high when no word is stored")
    m = d.module("stack", "lifo", "return_stack", "call_stack", "push_down")
    mem, ptr = m.signal("mem", data, array=f"[0:{depth - 1}]"), m.signal("sp", bits + 1)
    low, one, last = f"[{bits - 1}:0]", lit(1, bits + 1), m.signal("top_index", bits)
    m.assign(full, f"{ptr} == {lit(depth, bits + 1)}")
    m.assign(empty, f"{ptr} == {lit(0, bits + 1)}")
    m.assign(last, f"{ptr}{low} - {lit(1, bits)}")
    m.assign(top, f"{mem}[{last}]")
    m.clocked([when(f"{push} && !{full}", [f"{mem}[{ptr}{low}] <= {din};"])], note="storage")
    m.clocked(
        [
            when(
                f"{push} && !{full}",
                [f"{ptr} <= {ptr} + {one};"],
                (f"!{push} && {pop} && !{empty}", [f"{ptr} <= {ptr} - {one};"]),
            )
        ],
        [f"{ptr} <= {lit(0, bits + 1)};"],
        "stack pointer",
    )

    def step(s: tuple[int, ...], i) -> tuple[int, ...]:
        if i[push.name]:
            return (*s, i[din.name]) if len(s) < depth else s
        return s[:-1] if i[pop.name] else s

    return m.design(
        summaries=(
            f"a stack of {depth} words of {data.text} bits with `{push}`, `{pop}`, full and empty flags",
            f"a LIFO of depth {depth} for {data.words} data whose top word is always shown on `{top}`",
        ),
        behaviour=(
            f"At a clock edge with `{push}` high, `{din}` is pushed, unless `{full}` is high.",
            f"At a clock edge with `{push}` low and `{pop}` high, the top word is removed, unless "
            f"`{empty}` is high.",
            f"`{push}` wins: while it is high, `{pop}` is ignored, also when `{full}` is high.",
            f"`{top}` shows the word pushed last and not yet popped whenever `{empty}` is low.",
        ),
        brief=False,
        reset_effect="empties the stack",
        stimulus=calm(d, 130, resets=0.01),
        reference=lambda: Clocked(
            step,
            lambda s, i: {
                top.name: s[-1] if s else None,
                full.name: int(len(s) == depth),
                empty.name: int(not s),
            },
            reset=rst,
            init=(),
        ),
    )
