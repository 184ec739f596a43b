"""Decoders and encoders."""

from __future__ import annotations

from rtlwright.training.synth.design import Design, Inputs, Outputs, Table
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families import family
from rtlwright.training.synth.reference import Combinational
from rtlwright.training.synth.rtl import case, lit, when


@family("decoder")
def decoder(d: Draw) -> Design:
    """A binary to one-hot decoder with an optional enable."""
    bits = d.pick((2, 3, 3, 4, 5))
    en = d.input("enable", 1, "enable", bias=0.8) if d.chance(0.6) else None
    code = d.input("address", bits, "binary code")
    y = d.output("onehot", 1 << bits, "one-hot output")
    m = d.module("decoder", f"dec{bits}to{1 << bits}", f"decoder_{bits}_{1 << bits}", "onehot_decoder")
    one = f"{lit(1, 1 << bits)} << {code}"
    m.assign(y, f"{en} ? ({one}) : {lit(0, 1 << bits)}" if en else one, "one-hot")
    extra = f"; all bits are 0 when `{en}` is low" if en else ""
    return m.design(
        summaries=(
            f"a {bits}-to-{1 << bits} decoder: bit `{code}` of `{y}` is 1 and the others are 0{extra}",
            f"a {bits}:{1 << bits} one-hot decoder from `{code}` to "
            f"`{y}`{f' with enable `{en}`' if en else ''}",
        ),
        behaviour=(
            f"Only the bit of `{y}` whose number is `{code}` is 1.",
            *((f"When `{en}` is low, `{y}` is 0.",) if en else ()),
        ),
        reference=lambda: Combinational(
            lambda i: {y.name: 1 << i[code.name] if en is None or i[en.name] else 0}
        ),
    )


@family("encoder")
def encoder(d: Draw) -> Design:
    """A one-hot to binary encoder."""
    bits = d.pick((2, 2, 3))
    lines, code = d.input("onehot", 1 << bits, "one-hot input"), d.output("binary", bits, "binary code")
    m = d.module("encoder", f"enc{1 << bits}to{bits}", "onehot_encoder", f"encoder_{1 << bits}_{bits}")
    arms = [(lit(1 << n, 1 << bits, "b"), [f"{code} = {lit(n, bits)};"]) for n in range(1 << bits)]
    m.comb([case(lines.name, arms, [f"{code} = {lit(0, bits)};"])], "one-hot to binary")

    def value(i: Inputs) -> Outputs:
        v = i[lines.name]
        return {code.name: v.bit_length() - 1 if v.bit_count() == 1 else 0}

    return m.design(
        summaries=(
            f"a {1 << bits}-to-{bits} encoder: `{code}` is the number of the only set bit of `{lines}`, "
            "or 0 if "
            f"`{lines}` is not one-hot",
        ),
        behaviour=(
            f"When exactly one bit of `{lines}` is set, `{code}` is its number.",
            f"For every other value of `{lines}`, `{code}` is 0.",
        ),
        reference=lambda: Combinational(value),
    )


def _patterns(number: int, high: bool) -> list[str]:
    """casez labels from the highest priority down."""
    if high:
        return [f"{number}'b" + "0" * (number - 1 - n) + "1" + "?" * n for n in reversed(range(number))]
    return [f"{number}'b" + "?" * (number - 1 - n) + "1" + "0" * n for n in range(number)]


@family("priority_encoder")
def priority_encoder(d: Draw) -> Design:
    """A priority encoder with an optional valid output."""
    number, high = d.pick((4, 4, 8, 8)), d.chance(0.5)
    bits = number.bit_length() - 1
    lines, code = d.input("request", number, "request lines"), d.output("binary", bits, "winning line")
    valid = d.output("valid", 1, "high when any line is set") if d.chance(0.7) else None
    m = d.module("priority_encoder", "prio_enc", f"pri_enc{number}", "priority_enc")
    order = list(reversed(range(number))) if high else list(range(number))
    arms = [
        (pattern, [f"{code} = {lit(n, bits)};"])
        for pattern, n in zip(_patterns(number, high), order, strict=True)
    ]
    m.comb([case(lines.name, arms, [f"{code} = {lit(0, bits)};"], "casez")], "first set bit wins")
    if valid:
        m.assign(valid, f"|{lines}", "any request")

    def value(i: Inputs) -> Outputs:
        v = i[lines.name]
        index = (v.bit_length() if high else (v & -v).bit_length()) - 1
        return {code.name: max(index, 0), **({valid.name: int(v != 0)} if valid else {})}

    which = ("highest", "most") if high else ("lowest", "least")
    tail = f"; `{valid}` is high when any bit is set" if valid else ""
    return m.design(
        summaries=(
            f"a {number}-bit priority encoder: `{code}` is the number of the {which[0]} set bit of "
            f"`{lines}`, "
            f"or 0 if none is set{tail}",
            f"a priority encoder where the {which[1]} significant set bit of `{lines}` wins; `{code}` is its "
            f"number (0 if there is none){tail}",
        ),
        behaviour=(
            f"`{code}` is the number of the {which[0]}-numbered bit of `{lines}` that is 1.",
            f"When no bit of `{lines}` is set, `{code}` is 0.",
            *((f"`{valid}` is 1 when at least one bit of `{lines}` is set.",) if valid else ()),
        ),
        reference=lambda: Combinational(value),
    )


@family("thermometer")
def thermometer(d: Draw) -> Design:
    """Binary to thermometer code."""
    bits = d.pick((2, 3, 3, 4))
    top = (1 << bits) - 1
    code, y = d.input("binary", bits, "binary value"), d.output("thermo therm y", top, "thermometer code")
    m = d.module("thermometer", "bin2therm", "therm_enc", "thermo_code")
    m.assign(y, f"({lit(1, top + 1)} << {code}) - 1'b1", "as many ones as the value")
    return m.design(
        summaries=(
            f"a binary to thermometer converter: the `{code}` lowest bits of `{y}` are 1, the others 0",
            f"a {bits}-bit thermometer encoder from `{code}` to `{y}`",
        ),
        behaviour=(f"Bit n of `{y}` is 1 exactly when n is less than `{code}`.",),
        reference=lambda: Combinational(lambda i: {y.name: sum(1 << n for n in range(i[code.name]))}),
    )


@family("onehot_check")
def onehot_check(d: Draw) -> Design:
    """Whether a vector is one-hot."""
    size = d.size(2, 32)
    x, y = d.input("onehot", size, "vector to check"), d.output("flag", 1, "high when exactly one bit is set")
    m = d.module("onehot_check", "is_onehot", "one_hot_chk")
    m.assign(y, f"({x} != {m.zero(size)}) && (({x} & ({x} - 1'b1)) == {m.zero(size)})", "exactly one bit")
    return m.design(
        summaries=(
            f"a one-hot checker: `{y}` is 1 when exactly one bit of the {size.words} input `{x}` is set",
            f"a check that `{x}` is one-hot, reported on `{y}`",
        ),
        behaviour=(f"`{y}` is 1 when exactly one bit of `{x}` is 1, otherwise 0.",),
        reference=lambda: Combinational(lambda i: {y.name: int(i[x.name].bit_count() == 1)}),
    )


@family("leading_zeros")
def leading_zeros(d: Draw) -> Design:
    """Counts leading (or trailing) zeros."""
    number, leading = d.pick((8, 8, 16, 32)), d.chance(0.6)
    bits = number.bit_length()
    x, n = d.input("data", number, "value"), d.output("zeros lz nz count", bits, "number of zeros")
    kind = "leading" if leading else "trailing"
    m = d.module(f"{kind}_zeros", "clz" if leading else "ctz", f"{kind}_zero_count")
    bit, zeros = ("i", f"{number - 1} - i") if leading else (f"{number - 1} - i", f"{number - 1} - i")
    find = m.loop(str(number), [when(f"{x}[{bit}]", [f"{n} = {zeros};"])])
    m.comb([f"{n} = {lit(number, bits)};", find], "the last hit wins")

    def value(i: Inputs) -> Outputs:
        v = i[x.name]
        return {n.name: number - v.bit_length() if leading else (v & -v).bit_length() - 1 if v else number}

    return m.design(
        summaries=(
            f"a {kind} zero counter: `{n}` is the number of {kind} zeros of `{x}`, {number} when `{x}` is 0",
            f"a count of the {kind} zeros of the {number}-bit input `{x}` on `{n}` ({number} if `{x}` is 0)",
        ),
        behaviour=(
            f"`{n}` is the number of consecutive 0 bits of `{x}` from the {'most' if leading else 'least'} "
            "significant bit.",
            f"When `{x}` is 0, `{n}` is {number}.",
        ),
        reference=lambda: Combinational(value),
    )


@family("seven_segment")
def seven_segment(d: Draw) -> Design:
    """A BCD or hexadecimal digit to seven segments."""
    hexa, low = d.chance(0.5), d.chance(0.4)
    digit, seg = d.input("digit", 4, "digit"), d.output("segments", 7, "segments {g,f,e,d,c,b,a}")
    codes = [0x3F, 0x06, 0x5B, 0x4F, 0x66, 0x6D, 0x7D, 0x07, 0x7F, 0x6F]
    codes += [0x77, 0x7C, 0x39, 0x5E, 0x79, 0x71] if hexa else []
    shown = [code ^ 0x7F if low else code for code in codes]
    blank = 0x7F if low else 0
    m = d.module("seven_seg", "bcd_to_7seg", "seg7_decoder", "hex7seg" if hexa else "bcd7seg")
    arms = [(lit(n, 4), [f"{seg} = {lit(code, 7, 'b')};"]) for n, code in enumerate(shown)]
    m.comb([case(digit.name, arms, [f"{seg} = {lit(blank, 7, 'b')};"])], "segments {g,f,e,d,c,b,a}")
    kind, level = "hexadecimal" if hexa else "BCD", "active-low" if low else "active-high"
    rest = "" if hexa else "; digits above 9 are blank"
    rows = [(f"{n:04b}", f"{code:07b}") for n, code in enumerate(shown)]
    rows += [] if hexa else [("others", f"{blank:07b}")]
    return m.design(
        summaries=(
            f"a {kind} to seven-segment decoder from `{digit}` to `{seg}`, {level}, bits in the order "
            f"gfedcba{rest}",
            f"a 7-segment decoder ({kind}, {level} segments): `{seg}` is {{g,f,e,d,c,b,a}} for "
            f"`{digit}`{rest}",
        ),
        behaviour=(
            f"`{seg}` shows the {kind} digit `{digit}`; bit 0 is segment a and bit 6 segment g.",
            f"The segments are {level}.",
            *(() if hexa else (f"When `{digit}` is above 9, all segments are off.",)),
        ),
        table=Table((digit.name, seg.name), tuple(rows)),
        reference=lambda: Combinational(
            lambda i: {seg.name: shown[i[digit.name]] if i[digit.name] < len(shown) else blank}
        ),
    )
