"""Bit-level functions: counting, parity, Gray code, reordering, extension."""

from __future__ import annotations

from rtlwright.training.synth.design import Design, Inputs, Outputs, Size
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families import family
from rtlwright.training.synth.reference import Combinational, to_signed


@family("popcount")
def popcount(d: Draw) -> Design:
    """Counts the ones of a vector."""
    number = d.pick((3, 4, 8, 8, 16, 32, 64, d.integer(5, 40)))
    bits = number.bit_length()
    x, n = d.input("data", number, "vector"), d.output("count", bits, "number of ones")
    m = d.module("popcount", "ones_count", "bit_counter", f"popcount{number}")
    m.comb([f"{n} = {bits}'d0;", m.loop(str(number), [f"{n} = {n} + {x}[i];"])], "add up the bits")
    return m.design(
        summaries=(
            f"a population count: `{n}` is the number of ones in the {number}-bit input `{x}`",
            f"a {number}-bit ones counter from `{x}` to `{n}`",
        ),
        behaviour=(f"`{n}` is the number of bits of `{x}` that are 1.",),
        reference=lambda: Combinational(lambda i: {n.name: i[x.name].bit_count()}),
    )


@family("parity_generator")
def parity_generator(d: Draw) -> Design:
    """Even or odd parity of a vector."""
    size, odd = d.size(2, 64), d.chance(0.4)
    x, p = d.input("data", size, "data"), d.output("parity", 1, "parity bit")
    m = d.module("parity", "parity_gen", "odd_parity" if odd else "even_parity", "par_gen")
    m.assign(p, f"{'~' if odd else ''}^{x}", f"{'odd' if odd else 'even'} parity")
    kind = "odd" if odd else "even"
    return m.design(
        summaries=(
            f"an {kind} parity generator: `{p}` makes the number of ones in `{x}` and `{p}` together {kind}",
            f"a parity generator that drives `{p}` with the {kind} parity bit of the {size.words} input "
            f"`{x}`",
        ),
        behaviour=(f"`{p}` is {'the XNOR' if odd else 'the XOR'} of all bits of `{x}` ({kind} parity).",),
        equations=(f"{p} = {'~' if odd else ''}^{x}",),
        reference=lambda: Combinational(lambda i: {p.name: i[x.name].bit_count() % 2 ^ odd}),
    )


@family("parity_checker")
def parity_checker(d: Draw) -> Design:
    """Compares received parity with data."""
    size, odd = d.size(2, 64), d.chance(0.4)
    x, p = d.input("data", size, "received data"), d.input("parity", 1, "received parity bit")
    err = d.output("error", 1, "high on a parity error")
    m = d.module("parity_check", "par_chk", "parity_checker")
    expression = f"^{{{x}, {p}}}"
    m.assign(err, f"~{expression}" if odd else expression, "parity error")
    kind = "odd" if odd else "even"
    return m.design(
        summaries=(
            f"an {kind} parity checker: `{err}` is 1 when `{x}` together with `{p}` does not have {kind} "
            "parity",
            f"a checker for the {kind} parity bit `{p}` of `{x}` that reports errors on `{err}`",
        ),
        behaviour=(
            f"`{err}` is 0 when the number of ones in `{x}` and `{p}` together is {kind}, otherwise 1.",
        ),
        reference=lambda: Combinational(lambda i: {err.name: (i[x.name].bit_count() + i[p.name]) % 2 ^ odd}),
    )


@family("binary_to_gray")
def binary_to_gray(d: Draw) -> Design:
    """Binary to Gray code."""
    size = d.size(2, 32)
    b, g = d.input("binary", size, "binary value"), d.output("gray", size, "Gray code")
    m = d.module("bin2gray", "binary_to_gray", "gray_encoder", "b2g")
    m.assign(g, f"{b} ^ ({b} >> 1)", "neighbouring bits differ")
    return m.design(
        summaries=(
            f"a {size.words} binary to Gray code converter from `{b}` to `{g}`",
            f"a converter that drives `{g}` with the Gray code of the {size.words} input `{b}`",
        ),
        behaviour=(f"`{g}` is `{b}` XOR (`{b}` shifted right by one).",),
        equations=(f"{g} = {b} ^ ({b} >> 1)",),
        reference=lambda: Combinational(lambda i: {g.name: i[b.name] ^ i[b.name] >> 1}),
    )


@family("gray_to_binary")
def gray_to_binary(d: Draw) -> Design:
    """Gray code to binary."""
    size = d.size(2, 32)
    g, b = d.input("gray", size, "Gray code"), d.output("binary", size, "binary value")
    m = d.module("gray2bin", "gray_to_binary", "gray_decoder", "g2b")
    m.comb([m.loop(size.text, [f"{b}[i] = ^({g} >> i);"])], "each bit is the parity of the bits above")

    def value(i: Inputs) -> Outputs:
        result, rest = 0, i[g.name]
        while rest:
            result, rest = result ^ rest, rest >> 1
        return {b.name: result}

    return m.design(
        summaries=(
            f"a {size.words} Gray code to binary converter from `{g}` to `{b}`",
            f"a decoder of the {size.words} Gray code `{g}` into the binary value `{b}`",
        ),
        behaviour=(f"Bit n of `{b}` is the XOR of all bits of `{g}` from n upwards.",),
        reference=lambda: Combinational(value),
    )


@family("bit_reverse")
def bit_reverse(d: Draw) -> Design:
    """Reverses the order of the bits."""
    size = d.size(2, 64)
    x, y = d.input("data", size, "data"), d.output("result", size, "reversed data")
    m = d.module("bit_reverse", "reverse", "bitrev", "reverser")
    m.comb([m.loop(size.text, [f"{y}[i] = {x}[{size.msb} - i];"])], "mirror the vector")
    return m.design(
        summaries=(
            f"a {size.words} bit reversal: `{y}` holds the bits of `{x}` in the opposite order",
            f"a module that reverses the bit order of the {size.words} input `{x}` onto `{y}`",
        ),
        behaviour=(f"Bit n of `{y}` is bit {size.msb} - n of `{x}`.",),
        reference=lambda: Combinational(lambda i: {y.name: int(f"{i[x.name]:0{size.bits}b}"[::-1], 2)}),
    )


@family("byte_swap")
def byte_swap(d: Draw) -> Design:
    """Reverses the order of the bytes."""
    number = d.pick((2, 4, 4, 8, 3))
    x, y = d.input("data", 8 * number, "data"), d.output("result", 8 * number, "swapped data")
    m = d.module("byte_swap", "bswap", "endian_swap", f"bswap{8 * number}")
    parts = ", ".join(f"{x}[{8 * n + 7}:{8 * n}]" for n in range(number))
    m.assign(y, f"{{{parts}}}", "opposite endianness")
    return m.design(
        summaries=(
            f"a {8 * number}-bit byte swap: `{y}` holds the {number} bytes of `{x}` in the opposite order",
            f"an endianness converter that reverses the byte order of the {8 * number}-bit input `{x}` "
            f"on `{y}`",
        ),
        behaviour=(f"The lowest byte of `{x}` becomes the highest byte of `{y}`, and so on.",),
        reference=lambda: Combinational(
            lambda i: {y.name: int.from_bytes(i[x.name].to_bytes(number, "big"), "little")}
        ),
    )


@family("extend")
def extend(d: Draw) -> Design:
    """Sign or zero extension."""
    low, signed = d.width(2, 32), d.chance(0.65)
    high = d.pick([w for w in (8, 16, 32, 64) if w > low] + [low + d.integer(1, 8)])
    x, y = d.input("data", low, "narrow value"), d.output("result", high, "wide value")
    kind = "sign" if signed else "zero"
    m = d.module(f"{kind}_extend", f"{kind}_ext", "sext" if signed else "zext", "imm_ext")
    pad = f"{{{high - low}{{{x}[{low - 1}]}}}}" if signed else f"{{{high - low}{{1'b0}}}}"
    m.assign(y, f"{{{pad}, {x}}}", f"{kind} extension")
    return m.design(
        summaries=(
            f"a {kind} extension of the {low}-bit input `{x}` to the {high}-bit output `{y}`",
            f"a {low}-to-{high}-bit {kind} extender from `{x}` to `{y}`",
        ),
        behaviour=(
            f"The low {low} bits of `{y}` are `{x}`.",
            f"The other bits of `{y}` are {f'copies of bit {low - 1} of `{x}`' if signed else '0'}.",
        ),
        reference=lambda: Combinational(
            lambda i: {y.name: to_signed(i[x.name], low) if signed else i[x.name]}
        ),
    )


@family("slice_join")
def slice_join(d: Draw) -> Design:
    """Splits a word into fields, or joins fields into a word."""
    widths = [d.width(1, 16) for _ in range(d.integer(2, 4))]
    stem = d.pick(("part", "field", "lane", "f"))
    join = d.chance(0.5)
    word_size, names = Size(sum(widths)), [f"{stem}{n}" for n in range(len(widths))]
    if join:
        fields = [d.input(name, w, "field") for name, w in zip(names, widths, strict=True)]
        word = d.output("result", word_size, "all fields, the first in the high bits")
    else:
        word = d.input("data", word_size, "word, the first field in the high bits")
        fields = [d.output(name, w, "field") for name, w in zip(names, widths, strict=True)]
    m = d.module("concat" if join else "splitter", "packer" if join else "unpack", "fields")
    both = "{" + ", ".join(f.name for f in fields) + "}"
    m.assign(*((word, both) if join else (both, word)))
    listed = ", ".join(f"`{f}` ({f.width} bit{'s' if f.width > 1 else ''})" for f in fields)

    def value(i: Inputs) -> Outputs:
        result, rest = 0, 0 if join else i[word.name]
        split: dict[str, int | None] = {}
        for f in fields if join else reversed(fields):
            result = result << f.width | (i[f.name] if join else 0)
            split[f.name], rest = rest & (1 << f.width) - 1, rest >> f.width
        return {word.name: result} if join else split

    what = f"joins {listed} into `{word}`" if join else f"splits `{word}` into {listed}"
    return m.design(
        summaries=(f"a module that {what}, the first field in the most significant bits",),
        behaviour=(f"The module {what}; the first field named has the most significant bits.",),
        reference=lambda: Combinational(value),
    )


@family("bit_interleave")
def bit_interleave(d: Draw) -> Design:
    """Interleaves the bits of two vectors."""
    bits = d.pick((2, 4, 8, 16))
    a, b = d.input("left", bits, "odd bits"), d.input("right", bits, "even bits")
    y = d.output("result", 2 * bits, "interleaved bits")
    m = d.module("interleave", "morton", "bit_mixer")
    m.comb([m.loop(str(bits), [f"{y}[2 * i] = {b}[i];", f"{y}[2 * i + 1] = {a}[i];"])])

    def value(i: Inputs) -> Outputs:
        return {y.name: sum((i[b.name] >> n & 1 | (i[a.name] >> n & 1) << 1) << 2 * n for n in range(bits))}

    return m.design(
        summaries=(f"a bit interleaver: even bits of `{y}` come from `{b}`, odd bits from `{a}`",),
        behaviour=(f"Bit 2n of `{y}` is bit n of `{b}`.", f"Bit 2n+1 of `{y}` is bit n of `{a}`."),
        reference=lambda: Combinational(value),
    )
