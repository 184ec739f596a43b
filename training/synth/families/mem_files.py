"""Register files, delay lines and a content-addressed tag."""

from __future__ import annotations

from rtlwright.training.synth.design import Design, Size
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families import family
from rtlwright.training.synth.families.seq_helpers import calm, few
from rtlwright.training.synth.reference import Clocked
from rtlwright.training.synth.rtl import when


@family("mem_register_file")
def mem_register_file(d: Draw) -> Design:
    """A register file with two read ports and one write port; register 0 may be wired to zero."""
    bits, fixed_zero = d.integer(2, 5), d.chance(0.45)
    count, data = 1 << bits, d.size(4, 64)
    d.clock()
    rst = d.reset(none=0.35)
    we = d.input("write", 1, "write enable", bias=0.7)
    waddr = d.input("waddr rd wr_addr rd_idx write_reg", bits, "write address")
    wdata = d.input("wdata wd wr_data write_data data", data, "write data")
    ra = d.input("raddr1 rs1 ra1 raddr_a read_reg1", bits, "first read address")
    rb = d.input("raddr2 rs2 ra2 raddr_b read_reg2", bits, "second read address")
    qa = d.output("rdata1 rd1 rdata_a read_data1", data, "first read data")
    qb = d.output("rdata2 rd2 rdata_b read_data2", data, "second read data")
    m = d.module("regfile", "register_file", "reg_file", "rf", "gpr")
    regs = m.signal("regs", data, array=f"[0:{count - 1}]")
    clear = [m.loop(str(count), [f"{regs}[i] <= {m.zero(data)};"])] if rst else []
    gate = f"{we} && {waddr} != {bits}'d0" if fixed_zero else we.name
    m.clocked([when(gate, [f"{regs}[{waddr}] <= {wdata};"])], clear, "write port")
    for q, a in ((qa, ra), (qb, rb)):
        word = f"{regs}[{a}]"
        # A note on the second would repeat the first.
        note = "read ports" if q is qa else ""
        m.assign(q, f"({a} == {bits}'d0) ? {m.zero(data)} : {word}" if fixed_zero else word, note)

    def read(s: dict[int, int], at: int) -> int | None:
        return 0 if fixed_zero and at == 0 else s.get(at, 0 if rst else None)

    zero = ", register 0 always being 0" if fixed_zero else ""
    return m.design(
        summaries=(
            f"a register file of {count} registers of {data.text} bits with two read ports{zero}",
            f"a register file, {count} x {data.text}, with one write port and two asynchronous read "
            f"ports{zero}",
        ),
        behaviour=(
            f"At a clock edge with `{we}` high, `{wdata}` is written to register `{waddr}`.",
            f"`{qa}` shows register `{ra}` and `{qb}` shows register `{rb}`, combinationally; a write is "
            "seen "
            "after its edge.",
            *(("Register 0 reads as 0 and cannot be written.",) if fixed_zero else ()),
        ),
        brief=False,
        reset_effect="clears all registers to 0",
        stimulus=calm(d, 110, {p.name: few(bits) for p in (waddr, ra, rb)}, resets=0.02),
        reference=lambda: Clocked(
            lambda s, i: {**s, i[waddr.name]: i[wdata.name]} if i[we.name] else s,
            lambda s, i: {qa.name: read(s, i[ra.name]), qb.name: read(s, i[rb.name])},
            reset=rst,
            init={},
            starts=[{}],
        ),
    )


@family("mem_delay_line")
def mem_delay_line(d: Draw) -> Design:
    """A delay line of DEPTH registers, the depth a parameter or fixed."""
    depth = d.integer(3, 12)
    data = d.size(1, 32)
    stop = d.parameter("DEPTH", depth, "number of stages").name if d.chance(0.6) else str(depth)
    d.clock()
    rst = d.reset(none=0.4)
    en = d.input("enable", 1, "shift enable", bias=0.8) if d.chance(0.5) else None
    din = d.input("data", data, "input data")
    q = d.output("result", data, "delayed data")
    m = d.module("delay_line", "shift_delay", "delay", "pipeline_delay", "z_delay")
    last = f"{stop}-1" if stop != str(depth) else str(depth - 1)
    line = m.signal("line", data, array=f"[0:{last}]")
    shift = [f"{line}[0] <= {din};", m.loop(stop, [f"{line}[i] <= {line}[i-1];"], start="1")]
    clear = [m.loop(stop, [f"{line}[i] <= {m.zero(data)};"])] if rst else []
    m.clocked([when(en.name, shift)] if en else shift, clear, "shift")
    m.assign(q, f"{line}[{last}]", "oldest entry")
    gated = f" with `{en}` high" if en else ""
    named = f"`{stop}`" if stop != str(depth) else str(depth)
    return m.design(
        summaries=(
            f"a delay line from `{din}` to `{q}` with {named} stages of {data.text} bits",
            f"a {data.words} shift register delay of {named} clock cycles from `{din}` to `{q}`",
        ),
        behaviour=(
            f"`{q}` is the value that `{din}` had {named} clock edges{gated} ago.",
            *((f"While `{en}` is low the line keeps its contents.",) if en else ()),
        ),
        brief=en is None,
        reset_effect="clears all stages to 0",
        stimulus=calm(d, 90, resets=0.02),
        reference=lambda: Clocked(
            lambda s, i: (i[din.name], *s[:-1]) if en is None or i[en.name] else s,
            lambda s, i: {q.name: s[-1]},
            reset=rst,
            init=(0,) * depth,
            starts=[(None,) * depth],
        ),
    )


@family("mem_tag_match")
def mem_tag_match(d: Draw) -> Design:
    """A small associative memory: says which entry holds the key."""
    bits, data = d.integer(1, 3), Size(d.width(4, 16))
    count = 1 << bits
    d.clock()
    rst = d.reset()
    we = d.input("write", 1, "write enable", bias=0.5)
    slot = d.input("address", bits, "entry to write")
    value = d.input("data", data, "key to store")
    key = d.input("key lookup search tag_in probe", data, "key to look up")
    hits = d.output("hits match_vec matches hit_lines", count, "bit n: entry n is valid and holds the key")
    hit = d.output("hit found any_hit present", 1, "high when any entry holds the key")
    m = d.module("cam", "tag_match", "tag_array", "assoc_mem", "key_table")
    tags = m.signal("tags", data, array=f"[0:{count - 1}]")
    used = m.signal("used", count)
    m.clocked([when(we.name, [f"{tags}[{slot}] <= {value};"])], note="keys")
    m.clocked([when(we.name, [f"{used}[{slot}] <= 1'b1;"])], [f"{used} <= {count}'d0;"], "valid bits")
    m.comb([m.loop(str(count), [f"{hits}[i] = {used}[i] && {tags}[i] == {key};"])], "compare with all")
    m.assign(hit, f"|{hits}")

    def view(s, i):
        lines = sum(1 << n for n, tag in s.items() if tag == i[key.name])
        return {hits.name: lines, hit.name: int(lines > 0)}

    # Keys are stored also while the reset is active; only valid entries show.
    return m.design(
        summaries=(
            f"an associative memory of {count} keys of {data.bits} bits: bit n of `{hits}` is 1 when "
            "entry n is "
            f"valid and equals `{key}`, and `{hit}` when any is",
        ),
        behaviour=(
            f"At a clock edge with `{we}` high, `{value}` is stored in entry `{slot}`, which becomes valid.",
            f"Bit n of `{hits}` is 1 when entry n is valid and holds `{key}`; this is combinational.",
            f"`{hit}` is the OR of all bits of `{hits}`.",
        ),
        brief=False,
        reset_effect="marks all entries as not valid",
        stimulus=calm(
            d,
            110,
            {p.name: few(min(data.bits, 3)) for p in (value, key)} | {slot.name: few(bits)},
            resets=0.02,
        ),
        reference=lambda: Clocked(
            lambda s, i: {**s, i[slot.name]: i[value.name]} if i[we.name] else s, view, reset=rst, init={}
        ),
    )
