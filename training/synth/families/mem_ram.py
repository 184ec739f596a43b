"""Random-access memories, and a ROM."""

from __future__ import annotations

from rtlwright.training.synth.design import Design, Size, Table
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families import family
from rtlwright.training.synth.families.seq_helpers import calm, few
from rtlwright.training.synth.reference import Clocked, Combinational
from rtlwright.training.synth.rtl import Module, case, lit, when

# The contents, and the read register; an unknown word is missing, an unknown register None.
_Memory = tuple[dict[int, int], int | None]


def _geometry(d: Draw) -> tuple[Size, Size]:
    """(data size, address size); either both are parameters or none is."""
    share = 1.0 if d.chance(0.3) else 0.0
    data = d.size(4, 32, param="DATA_WIDTH", share=share)
    return data, d.size(2, 10, param="ADDR_WIDTH", share=share)


def _words(address: Size) -> str:
    """How many words: `16`, or `2**ADDR_WIDTH` when parameterized."""
    return f"2**{address.param}" if address.param else str(1 << address.bits)


def _array(m: Module, data: Size, address: Size) -> str:
    last = f"(1<<{address.param})-1" if address.param else str((1 << address.bits) - 1)
    return m.signal("mem", data, array=f"[0:{last}]")


@family("mem_single_port")
def mem_single_port(d: Draw) -> Design:
    """A single-port RAM with synchronous read."""
    mode = d.pick(("read_first", "no_change"))
    d.clock()
    data, address = _geometry(d)
    we = d.input("write", 1, "write enable", bias=0.4)
    addr = d.input("address", address, "address")
    din = d.input("data", data, "write data")
    q = d.output("result", data, "read data")
    m = d.module("ram", "single_port_ram", "sp_ram", "sram", "memory", "ram_sync")
    mem = _array(m, data, address)
    write, read = f"{mem}[{addr}] <= {din};", f"{q} <= {mem}[{addr}];"
    body = (
        [when(we.name, [write]), read] if mode == "read_first" else [when(we.name, [write], otherwise=[read])]
    )
    m.clocked(body, note="one port")

    def step(s: _Memory, i) -> _Memory:
        words, old = s
        if i[we.name]:
            now = words.get(i[addr.name]) if mode == "read_first" else old
            return {**words, i[addr.name]: i[din.name]}, now
        return words, words.get(i[addr.name])

    during = {
        "read_first": f"In a write cycle `{q}` takes the old contents of the address.",
        "no_change": f"In a write cycle `{q}` keeps its value.",
    }[mode]
    return m.design(
        summaries=(
            f"a single-port RAM of {_words(address)} words of {data.text} bits with synchronous read, "
            f"{'read-first' if mode == 'read_first' else 'where a write leaves the output unchanged'}",
            f"a synchronous RAM, {_words(address)} x {data.text}, with one port, in "
            f"{'read-first' if mode == 'read_first' else 'no-change'} mode",
        ),
        behaviour=(
            f"At a clock edge with `{we}` high, `{din}` is written to address `{addr}`.",
            f"At {'every clock edge' if mode == 'read_first' else f'a clock edge with `{we}` low'}, "
            f"`{q}` takes the "
            f"word at `{addr}`.",
            during,
        ),
        brief=False,
        stimulus=calm(d, 110, {addr.name: few(address.bits)}),
        reference=lambda: Clocked(step, lambda s, i: {q.name: s[1]}, starts=[({}, None)]),
    )


@family("mem_async_read")
def mem_async_read(d: Draw) -> Design:
    """A RAM with synchronous write and combinational read."""
    d.clock()
    data, address = _geometry(d)
    we = d.input("write", 1, "write enable", bias=0.4)
    waddr = d.input("waddr wr_addr write_addr", address, "write address")
    din = d.input("data", data, "write data")
    raddr = d.input("raddr rd_addr read_addr", address, "read address")
    q = d.output("rdata rd_data q dout result", data, "read data")
    m = d.module("ram", "dist_ram", "lut_ram", "async_ram", "memory", "scratchpad")
    mem = _array(m, data, address)
    m.clocked([when(we.name, [f"{mem}[{waddr}] <= {din};"])], note="write port")
    m.assign(q, f"{mem}[{raddr}]", "read port")
    return m.design(
        summaries=(
            f"a RAM of {_words(address)} words of {data.text} bits with a synchronous write port and an "
            "asynchronous read port",
            f"a memory, {_words(address)} x {data.text}, that writes at the clock edge and reads "
            "combinationally",
        ),
        behaviour=(
            f"At a clock edge with `{we}` high, `{din}` is written to address `{waddr}`.",
            f"`{q}` shows the word at address `{raddr}` at all times, without a clock.",
        ),
        brief=False,
        stimulus=calm(d, 100, {p.name: few(address.bits) for p in (waddr, raddr)}),
        reference=lambda: Clocked(
            lambda s, i: {**s, i[waddr.name]: i[din.name]} if i[we.name] else s,
            lambda s, i: {q.name: s.get(i[raddr.name])},
            starts=[{}],
        ),
    )


@family("mem_dual_port")
def mem_dual_port(d: Draw) -> Design:
    """A simple dual-port RAM: one write port, one synchronous read port."""
    d.clock()
    data, address = _geometry(d)
    we = d.input("write", 1, "write enable", bias=0.5)
    waddr = d.input("waddr wr_addr write_addr", address, "write address")
    din = d.input("data", data, "write data")
    re = d.input("read", 1, "read enable", bias=0.7) if d.chance(0.5) else None
    raddr = d.input("raddr rd_addr read_addr", address, "read address")
    q = d.output("rdata rd_data q dout result", data, "read data")
    m = d.module("ram", "dual_port_ram", "dp_ram", "sdp_ram", "memory", "line_buffer")
    mem = _array(m, data, address)
    read = f"{q} <= {mem}[{raddr}];"
    m.clocked(
        [when(we.name, [f"{mem}[{waddr}] <= {din};"]), when(re.name, [read]) if re else read],
        note="two ports",
    )

    def step(s: _Memory, i) -> _Memory:
        words, old = s
        now = words.get(i[raddr.name]) if re is None or i[re.name] else old
        return ({**words, i[waddr.name]: i[din.name]} if i[we.name] else words), now

    return m.design(
        summaries=(
            f"a simple dual-port RAM of {_words(address)} words of {data.text} bits with synchronous read",
            f"a RAM, {_words(address)} x {data.text}, with a write port and a separate synchronous read port",
        ),
        behaviour=(
            f"At a clock edge with `{we}` high, `{din}` is written to address `{waddr}`.",
            f"At {f'a clock edge with `{re}` high' if re else 'every clock edge'}, `{q}` takes the word "
            "at address "
            f"`{raddr}`.",
            *((f"While `{re}` is low, `{q}` keeps its value.",) if re else ()),
            "Reading the address that is being written gives the old word.",
        ),
        brief=False,
        stimulus=calm(d, 120, {p.name: few(address.bits) for p in (waddr, raddr)}),
        reference=lambda: Clocked(step, lambda s, i: {q.name: s[1]}, starts=[({}, None)]),
    )


@family("mem_byte_enable")
def mem_byte_enable(d: Draw) -> Design:
    """A RAM whose bytes are written separately."""
    lanes = d.pick((2, 4))
    data, address = Size(8 * lanes), Size(d.integer(2, 10))
    d.clock()
    be = d.input("byte_enable", lanes, "byte write enables")
    addr = d.input("address", address, "address")
    din = d.input("data", data, "write data")
    q = d.output("result", data, "read data")
    m = d.module("ram_be", "byte_ram", "byte_enable_ram", "data_mem", "sram")
    mem = _array(m, data, address)
    parts = [f"[{8 * n + 7}:{8 * n}]" for n in range(lanes)]
    writes = [when(f"{be}[{n}]", [f"{mem}[{addr}]{p} <= {din}{p};"]) for n, p in enumerate(parts)]
    m.clocked([*writes, f"{q} <= {mem}[{addr}];"], note="one port")

    # Bytes are tracked one by one, since a word may be known in part: then it is not compared.
    def step(s, i):
        bytes_, at = s[0], i[addr.name]
        read = [bytes_.get((at, n)) for n in range(lanes)]
        known = None if None in read else sum(byte << 8 * n for n, byte in enumerate(read))
        fresh = {(at, n): i[din.name] >> 8 * n & 255 for n in range(lanes) if i[be.name] >> n & 1}
        return {**bytes_, **fresh}, known

    return m.design(
        summaries=(
            f"a RAM of {1 << address.bits} words of {data.bits} bits with byte enables and synchronous read",
            f"a single-port RAM, {1 << address.bits} x {data.bits}, whose bytes are written according to "
            f"`{be}`",
        ),
        behaviour=(
            f"At the clock edge, bit n of `{be}` lets byte n of `{din}` (bits 8n+7 to 8n) be written to "
            f"`{addr}`.",
            f"At every clock edge `{q}` takes the word that `{addr}` held before the edge.",
        ),
        brief=False,
        stimulus=calm(d, 110, {addr.name: few(address.bits), be.name: lambda r, p, n: r.getrandbits(lanes)}),
        reference=lambda: Clocked(step, lambda s, i: {q.name: s[1]}, starts=[({}, None)]),
    )


@family("mem_rom")
def mem_rom(d: Draw) -> Design:
    """A ROM given as a table, combinational or with a registered output."""
    bits, data = d.integer(2, 4), Size(d.pick((4, 6, 8, 8, 12, 16)))
    words = [d.rng.getrandbits(data.bits) for _ in range(1 << bits)]
    registered = d.chance(0.5)
    if registered:
        d.clock()
    en = d.input("enable", 1, "read enable", bias=0.8) if registered and d.chance(0.4) else None
    addr = d.input("address", bits, "address")
    q = d.output("result", data, "word at the address")
    m = d.module("rom", "lookup_table", "coeff_rom", "const_table", "sine_table")
    arrow = "<=" if registered else "="
    arms = [(lit(n, bits), [f"{q} {arrow} {lit(word, data, 'h')};"]) for n, word in enumerate(words)]
    body = case(addr.name, arms[:-1], arms[-1][1])
    if registered:
        m.clocked([when(en.name, [body])] if en else [body], note="registered read")
    else:
        m.comb([body], "table")
    digits = -(-data.bits // 4)
    shown = [f"0x{word:0{digits}X}" for word in words]
    kind = "a registered output" if registered else "a combinational output"
    gated = f" with `{en}` high" if en else ""
    if registered:
        moves = f"`{q}` takes the word at `{addr}` at every clock edge{gated}."
    else:
        moves = f"`{q}` follows `{addr}` at once."
    read = lambda i: words[i[addr.name]]  # noqa: E731
    return m.design(
        summaries=(
            f"a ROM of {len(words)} words of {data.bits} bits with {kind}: {', '.join(shown)} (from "
            "address 0 on)",
            f"a lookup table with {kind} that maps `{addr}` 0 to {len(words) - 1} to {', '.join(shown)}",
        ),
        behaviour=(moves, *((f"While `{en}` is low, `{q}` keeps its value.",) if en else ())),
        brief=en is None,
        table=None
        if registered
        else Table((addr.name, q.name), tuple((str(n), word) for n, word in enumerate(shown))),
        vectors=64,
        reference=lambda: (
            Clocked(
                lambda s, i: read(i) if en is None or i[en.name] else s,
                lambda s, i: {q.name: s},
                starts=[None],
            )
            if registered
            else Combinational(lambda i: {q.name: read(i)})
        ),
    )
