"""Gray counters, linear feedback, CRCs and checksums."""

from __future__ import annotations

from rtlwright.training.synth.design import Design, Size
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families import family
from rtlwright.training.synth.reference import Clocked
from rtlwright.training.synth.rtl import lit, when


@family("seq_gray_counter")
def seq_gray_counter(d: Draw) -> Design:
    """A Gray-code counter: binary counter with encoder."""
    size = d.size(2, 8, share=0.0)
    d.clock()
    rst = d.reset()
    en = d.input("enable", 1, "count enable", bias=0.8) if d.chance(0.6) else None
    gray = d.output("gray", size, "Gray-coded count")
    m = d.module("gray_counter", "gray_cnt", "gray_code_counter", "gray", "gray_ptr")
    count = m.signal("bin", size)
    up = [f"{count} <= {count} + {lit(1, size)};"]
    m.clocked([when(en.name, up)] if en else up, [f"{count} <= {m.zero(size)};"], "binary counter")
    m.assign(gray, f"{count} ^ ({count} >> 1)", "binary to Gray")
    gated = f" while `{en}` is high" if en else ""
    codes = [""]
    for _ in range(size.bits):  # the reflected code, built by its definition
        codes = ["0" + c for c in codes] + ["1" + c for c in reversed(codes)]
    return m.design(
        summaries=(
            f"a {size.words} Gray-code counter `{gray}` that advances at every clock edge{gated}",
            f"a counter in {size.words} reflected binary Gray code{gated}",
        ),
        behaviour=(
            f"At each clock edge{gated}, `{gray}` steps to the next reflected Gray code: {codes[0]}, "
            f"{codes[1]}, "
            f"{codes[2]}, {codes[3]}, and so on, wrapping around.",
        ),
        reset_effect=f"clears `{gray}` to 0",
        vectors=96,
        reference=lambda: Clocked(
            lambda s, i: (s + 1) % len(codes) if en is None or i[en.name] else s,
            lambda s, i: {gray.name: int(codes[s], 2)},
            reset=rst,
            init=0,
        ),
    )


@family("seq_lfsr_taps")
def seq_lfsr_taps(d: Draw) -> Design:
    """A Fibonacci LFSR with random taps that shifts left."""
    bits = d.integer(4, 24)
    taps = sorted({bits - 1, *(d.integer(0, bits - 2) for _ in range(d.integer(1, 3)))}, reverse=True)
    # An odd number of taps never leaves all ones.
    seed = d.pick((1, (1 << bits) - 1 if len(taps) % 2 == 0 else 1, d.integer(1, (1 << bits) - 2)))
    size = Size(bits)
    d.clock()
    rst = d.reset()
    en = d.input("enable", 1, "shift enable", bias=0.85) if d.chance(0.5) else None
    q = d.output("lfsr", size, "register contents")
    m = d.module("lfsr", "prbs", "lfsr_gen", "scrambler_seq", "noise_gen")
    feedback = m.signal("feedback")
    m.assign(feedback, " ^ ".join(f"{q}[{tap}]" for tap in taps), "taps")
    move = [f"{q} <= {{{q}[{bits - 2}:0], {feedback}}};"]
    m.clocked([when(en.name, move)] if en else move, [f"{q} <= {lit(seed, size, 'h')};"], "shift")
    gated = f" while `{en}` is high" if en else ""
    xor = ", ".join(map(str, taps[:-1])) + f" and {taps[-1]}"
    return m.design(
        summaries=(
            f"a {bits}-bit Fibonacci LFSR `{q}` that shifts left{gated}, its new bit 0 being the XOR of "
            f"bits {xor}",
            f"a {bits}-bit left-shifting linear feedback shift register with taps at bits {xor}{gated}",
        ),
        behaviour=(
            f"At each clock edge{gated}, `{q}` shifts left by one and bit 0 takes the XOR of its bits {xor}.",
        ),
        reset_effect=f"sets `{q}` to 0x{seed:X}",
        vectors=72,
        reference=lambda: Clocked(
            lambda s, i: (
                (s << 1 & (1 << bits) - 1) | sum(s >> t & 1 for t in taps) % 2
                if en is None or i[en.name]
                else s
            ),
            lambda s, i: {q.name: s},
            reset=rst,
            init=seed,
        ),
    )


@family("seq_serial_crc")
def seq_serial_crc(d: Draw) -> Design:
    """A CRC that takes one bit per clock, most significant bit of the register first."""
    bits = d.pick((4, 5, 7, 8, 8, 16, 16, 32))
    known = {4: 0x3, 5: 0x05, 7: 0x09, 8: 0x07, 16: 0x1021, 32: 0x04C11DB7}
    poly = known[bits] if d.chance(0.3) else d.rng.getrandbits(bits) | 1
    start = d.pick((0, (1 << bits) - 1))
    size = Size(bits)
    d.clock()
    rst = d.reset()
    clear = d.input("clear init sof", 1, "starts a new CRC", bias=0.05) if d.chance(0.5) else None
    en = d.input("enable valid", 1, "data bit is valid", bias=0.8)
    x = d.input("data_bit din bit_in serial_in", 1, "data bit")
    crc = d.output("crc crc_out remainder fcs", size, "CRC register")
    m = d.module("crc", f"crc{bits}", "serial_crc", "crc_serial", f"crc{bits}_bit")
    feedback = m.signal("feedback")
    m.assign(feedback, f"{crc}[{bits - 1}] ^ {x}", "bit that leaves, with the data")
    shift = f"{{{crc}[{bits - 2}:0], 1'b0}}"
    step_ = (en.name, [f"{crc} <= {shift} ^ ({feedback} ? {lit(poly, size, 'h')} : {m.zero(size)});"])
    begin = f"{crc} <= {lit(start, size, 'h')};"
    m.clocked([when(clear.name, [begin], step_) if clear else when(*step_)], [begin], "shift and divide")

    def step(s: int, i) -> int:
        if clear and i[clear.name]:
            return start
        # Polynomial division on integers: append the bit at the top, reduce when the degree is reached.
        remainder = (s ^ i[x.name] << bits - 1) << 1
        return (remainder ^ (1 << bits | poly) if remainder >> bits else remainder) if i[en.name] else s

    digits = -(-bits // 4)
    named = f"0x{poly:0{digits}X}"
    return m.design(
        summaries=(
            f"a bit-serial {bits}-bit CRC of `{x}` with polynomial {named}, shifting left",
            f"a serial CRC-{bits} generator `{crc}` with polynomial {named} that takes `{x}` while "
            f"`{en}` is high",
        ),
        behaviour=(
            *((f"At a clock edge with `{clear}` high, `{crc}` becomes 0x{start:X}.",) if clear else ()),
            f"{'Otherwise, at' if clear else 'At'} a clock edge with `{en}` high, `{crc}` shifts left by "
            "one with a 0 "
            f"and is then XORed with {named} if the XOR of its old top bit and `{x}` is 1.",
            f"`{crc}` holds while `{en}` is low.",
        ),
        brief=False,
        reset_effect=f"sets `{crc}` to 0x{start:X}",
        vectors=96,
        reference=lambda: Clocked(step, lambda s, i: {crc.name: s}, reset=rst, init=start),
    )


@family("seq_checksum")
def seq_checksum(d: Draw) -> Design:
    """A checksum over words: sum, complement of the sum, or XOR."""
    size, kind = Size(d.pick((4, 8, 8, 8, 16, 16, 32))), d.pick(("sum", "negated sum", "xor"))
    d.clock()
    rst = d.reset()
    clear = d.input("clear init sop", 1, "starts a new checksum", bias=0.06)
    valid = d.input("valid enable", 1, "word is valid", bias=0.75)
    x = d.input("data", size, "word")
    out = d.output("checksum csum chk sum_out bcc", size, "checksum")
    m = d.module("checksum", "checksum_acc", "csum", "block_check", f"{kind.split()[-1]}_check")
    total = m.signal("total", size) if kind == "negated sum" else out.name
    operator, mask = "^" if kind == "xor" else "+", (1 << size.bits) - 1
    m.clocked(
        [
            when(
                clear.name,
                [f"{total} <= {m.zero(size)};"],
                (valid.name, [f"{total} <= {total} {operator} {x};"]),
            )
        ],
        [f"{total} <= {m.zero(size)};"],
        "accumulate",
    )
    if kind == "negated sum":
        m.assign(out, f"~{total} + {lit(1, size)}", "two's complement")

    def step(s: int, i) -> int:
        if i[clear.name] or not i[valid.name]:
            return 0 if i[clear.name] else s
        return s ^ i[x.name] if kind == "xor" else (s + i[x.name]) & mask

    what = {
        "sum": f"the sum modulo 2**{size.bits}",
        "negated sum": f"the two's complement of the sum modulo 2**{size.bits}",
        "xor": "the bitwise XOR",
    }[kind]
    return m.design(
        summaries=(
            f"a checksum: `{out}` is {what} of all `{x}` taken with `{valid}` high since `{clear}`",
            f"a checksum accumulator whose `{out}` is {what} of the {size.words} words of `{x}`",
        ),
        behaviour=(
            f"At a clock edge with `{clear}` high the checksum of no words begins, and `{x}` is ignored.",
            f"Otherwise a clock edge with `{valid}` high includes `{x}`.",
            f"`{out}` is {what} of the words included; it is 0 for no words.",
        ),
        brief=False,
        reset_effect="begins the checksum of no words",
        vectors=80,
        reference=lambda: Clocked(
            step, lambda s, i: {out.name: -s if kind == "negated sum" else s}, reset=rst, init=0
        ),
    )


@family("seq_ring_counter")
def seq_ring_counter(d: Draw) -> Design:
    """A ring counter or a Johnson counter."""
    bits, johnson, left = d.integer(3, 10), d.chance(0.5), d.chance(0.6)
    size = Size(bits)
    start = 0 if johnson else 1 if left else 1 << bits - 1
    d.clock()
    rst = d.reset()
    en = d.input("enable", 1, "shift enable", bias=0.85) if d.chance(0.5) else None
    q = d.output("ring q phase taps seq_out", size, "counter state")
    m = d.module("johnson_counter" if johnson else "ring_counter", "phase_gen", "ring", "sequencer", "walker")
    back = "~" if johnson else ""
    high, low = f"{q}[{bits - 1}]", f"{q}[0]"
    rotated = f"{{{q}[{bits - 2}:0], {back}{high}}}" if left else f"{{{back}{low}, {q}[{bits - 1}:1]}}"
    move = [f"{q} <= {rotated};"]
    m.clocked([when(en.name, move)] if en else move, [f"{q} <= {lit(start, size, 'b')};"], "rotate")
    period = 2 * bits if johnson else bits

    def view(s: int, i) -> dict[str, int]:
        if johnson:  # s ones have entered, or s - bits zeros after them
            text = ("0" * bits + "1" * bits + "0" * bits)[s : s + bits]
        else:
            text = ("0" * (bits - 1) + "1" + "0" * (bits - 1))[s : s + bits]
        return {q.name: int(text if left else text[::-1], 2)}

    gated = f" while `{en}` is high" if en else ""
    way, enters, leaves = ("left", 0, bits - 1) if left else ("right", bits - 1, 0)
    kind = "Johnson (twisted ring)" if johnson else "ring"
    bit = f"{'the inverse of ' if johnson else ''}the old bit {leaves}"
    return m.design(
        summaries=(
            f"a {bits}-bit {kind} counter `{q}` that shifts {way}{gated}",
            f"a {kind} counter of {bits} bits: `{q}` shifts {way}, bit {enters} taking {bit}{gated}",
        ),
        behaviour=(f"At each clock edge{gated}, `{q}` shifts {way} by one; bit {enters} takes {bit}.",),
        reset_effect=f"sets `{q}` to {bits}'b{start:0{bits}b}",
        vectors=72,
        reference=lambda: Clocked(
            lambda s, i: (s + 1) % period if en is None or i[en.name] else s, view, reset=rst, init=0
        ),
    )
