"""Combinational arithmetic beyond adders: carry networks, fixed point, number formats."""

from __future__ import annotations

from rtlwright.training.synth.design import Design, Inputs, Outputs, Size
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families import family
from rtlwright.training.synth.phrases import listing
from rtlwright.training.synth.reference import Combinational, to_signed
from rtlwright.training.synth.rtl import lit, when


@family("carry_lookahead")
def carry_lookahead(d: Draw) -> Design:
    """A four-bit carry-lookahead adder."""
    a, b = d.input("left", 4, "first operand"), d.input("right", 4, "second operand")
    cin = d.input("carry_in", 1, "carry in")
    s, cout = d.output("sum", 4, "sum"), d.output("carry_out", 1, "carry out")
    m = d.module("cla4", "carry_lookahead", "cla_adder", "lookahead_adder")
    g, p, c = m.signal("g", 4), m.signal("p", 4), m.signal("c", 5)
    m.assign(g, f"{a} & {b}", "generate and propagate")
    m.assign(p, f"{a} ^ {b}")
    m.assign(f"{c}[0]", cin.name)
    for n in range(4):
        terms = [f"{g}[{n}]"]
        for low in range(n - 1, -2, -1):
            factors = [f"{p}[{k}]" for k in range(n, low, -1)]
            terms.append(f"({' & '.join([*factors, f'{g}[{low}]' if low >= 0 else cin.name])})")
        m.assign(f"{c}[{n + 1}]", " | ".join(terms))
    m.assign(s, f"{p} ^ {c}[3:0]", "sum")
    m.assign(cout, f"{c}[4]")
    add = lambda i: i[a.name] + i[b.name] + i[cin.name]  # noqa: E731
    return m.design(
        summaries=(
            f"a 4-bit carry-lookahead adder of `{a}`, `{b}` and `{cin}` with sum `{s}` and carry out "
            f"`{cout}`",
            f"a 4-bit adder with carry lookahead: `{s}` and `{cout}` are `{a}` + `{b}` + `{cin}`",
        ),
        behaviour=(
            f"Generate is `{a}` & `{b}`, propagate is `{a}` ^ `{b}`; every carry is written from them and "
            f"`{cin}`.",
            f"`{s}` is the sum `{a}` + `{b}` + `{cin}`, `{cout}` its carry out.",
        ),
        vectors=128,
        reference=lambda: Combinational(lambda i: {s.name: add(i), cout.name: add(i) >> 4}),
    )


@family("carry_save")
def carry_save(d: Draw) -> Design:
    """A carry-save adder: three numbers in, sum and carry vectors out."""
    size = d.size(2, 32, share=0.15)
    x, y, z = (d.input(role, size, "operand") for role in ("x a op0", "y b op1", "z c op2"))
    s, c = d.output("sum", size, "sum bits"), d.output("carry carry_out cy", size, "carry bits")
    m = d.module("carry_save_adder", "csa", "compressor32", "csa_row")
    m.assign(s, f"{x} ^ {y} ^ {z}", "one full adder for each bit")
    m.assign(c, f"({x} & {y}) | ({x} & {z}) | ({y} & {z})")
    names = listing((x, y, z))

    def value(i: Inputs) -> Outputs:
        column = [sum(i[p.name] >> n & 1 for p in (x, y, z)) for n in range(size.bits)]
        return {
            s.name: sum((k & 1) << n for n, k in enumerate(column)),
            c.name: sum((k >> 1) << n for n, k in enumerate(column)),
        }

    return m.design(
        summaries=(
            f"a {size.words} carry-save adder of {names} with sum bits `{s}` and carry bits `{c}`",
            f"a 3:2 compressor: bit by bit, `{c}` and `{s}` are the two-bit sum of {names}",
        ),
        behaviour=(
            f"Each bit of `{s}` is the XOR of the bits of {names}.",
            f"Each bit of `{c}` is 1 when at least two of the three bits are 1; it is not shifted.",
        ),
        reference=lambda: Combinational(value),
    )


@family("negate")
def negate(d: Draw) -> Design:
    """Two's complement of a number, always or on request."""
    size = d.size(2, 32)
    x = d.input("data", size, "number")
    sel = d.input("neg negate invert_en sub", 1, "negate") if d.chance(0.6) else None
    y = d.output("result", size, "result")
    m = d.module("negate", "twos_complement", "neg_unit", "complement2")
    m.assign(y, f"{sel} ? ~{x} + 1'b1 : {x}" if sel else f"~{x} + 1'b1", "two's complement")
    tail = f" when `{sel}` is 1 and `{x}` itself when it is 0" if sel else ""
    return m.design(
        summaries=(
            f"a {size.words} negation: `{y}` is the two's complement of `{x}`{tail}",
            f"a two's complement unit for `{x}`: `{y}` is -`{x}`{tail}",
        ),
        behaviour=(f"`{y}` is the two's complement of `{x}`{tail}.",),
        reference=lambda: Combinational(
            lambda i: {y.name: -i[x.name] if sel is None or i[sel.name] else i[x.name]}
        ),
    )


@family("multiply_constant")
def multiply_constant(d: Draw) -> Design:
    """Multiplication by a constant with shifts and additions."""
    size, factor = Size(d.width(4, 16)), d.pick((3, 5, 6, 7, 9, 10, 12, 17, 20, 24, 33))
    wide = size.bits + factor.bit_length()
    x = d.input("data", size, "number")
    y = d.output("result", wide, f"{factor} times the number")
    m = d.module(f"times{factor}", "const_mult", f"mul_by_{factor}", "scale")
    shifts = [n for n in range(factor.bit_length() - 1, -1, -1) if factor >> n & 1]
    full = m.signal("wide", wide)
    m.assign(full, x.name)
    m.assign(y, " + ".join(f"({full} << {n})" if n else full for n in shifts), f"times {factor}")
    how = " + ".join(f"(`{x}` << {n})" if n else f"`{x}`" for n in shifts)
    return m.design(
        summaries=(
            f"a multiplication of the {size.words} number `{x}` by {factor} with shifts and adds: "
            f"`{y}` = {how}",
            f"a constant multiplier: `{y}` is {factor} times `{x}`, computed as {how}",
        ),
        behaviour=(f"`{y}` is {how}, that is {factor} times `{x}`, without overflow.",),
        reference=lambda: Combinational(lambda i: {y.name: factor * i[x.name]}),
    )


@family("average")
def average(d: Draw) -> Design:
    """The average of two numbers, rounded down or up."""
    size, up = Size(d.width(2, 32)), d.chance(0.4)
    a, b = d.input("left", size, "first number"), d.input("right", size, "second number")
    y = d.output("avg average mean mid", size, "average")
    m = d.module("average", "avg2", "mean2", "midpoint")
    total = m.signal("total", size.bits + 1)
    m.assign(total, f"{a} + {b} + 1'b1" if up else f"{a} + {b}", "one bit wider")
    m.assign(y, f"{total}[{size.bits}:1]", "half of it")
    way = "up" if up else "down"
    return m.design(
        summaries=(
            f"the average of the {size.words} numbers `{a}` and `{b}` on `{y}`, rounded {way}",
            f"an averaging unit: `{y}` is half of `{a}` + `{b}`, rounded {way}",
        ),
        behaviour=(f"`{y}` is (`{a}` + `{b}`{' + 1' if up else ''}) / 2 without overflow.",),
        reference=lambda: Combinational(lambda i: {y.name: (i[a.name] + i[b.name] + up) // 2}),
    )


@family("sign_magnitude")
def sign_magnitude(d: Draw) -> Design:
    """Two's complement to sign and magnitude."""
    size = Size(d.width(3, 32))
    x = d.input("data", size, "two's complement number", signed=True)
    sign = d.output("sign negative neg s", 1, "1 for a negative number")
    mag = d.output("magnitude mag abs_val m", size, "absolute value")
    m = d.module("sign_mag", "to_sign_magnitude", "tc_to_sm", "magnitude")
    m.assign(sign, f"{x}[{size.bits - 1}]", "sign bit")
    m.assign(mag, f"{sign} ? -{x} : {x}")
    return m.design(
        summaries=(
            f"a converter of the two's complement {size.words} number `{x}` to sign `{sign}` and magnitude "
            f"`{mag}`",
            f"a sign-magnitude converter: `{sign}` is the sign bit of `{x}` and `{mag}` its absolute value",
        ),
        behaviour=(
            f"`{sign}` is 1 when `{x}` is negative.",
            f"`{mag}` is -`{x}` when `{sign}` is 1 and `{x}` otherwise.",
        ),
        reference=lambda: Combinational(
            lambda i: {
                sign.name: int(to_signed(i[x.name], size.bits) < 0),
                mag.name: abs(to_signed(i[x.name], size.bits)),
            }
        ),
    )


@family("saturating_signed")
def saturating_signed(d: Draw) -> Design:
    """A signed adder that sticks at the largest and smallest number."""
    size = Size(d.width(4, 16))
    a = d.input("left", size, "first operand", signed=True)
    b = d.input("right", size, "second operand", signed=True)
    y = d.output("sum", size, "saturated sum", signed=True)
    m = d.module("sat_add_signed", "signed_sat", "sat_adder")
    total = m.signal("total", size.bits + 1, signed=True)
    m.assign(total, f"{a} + {b}", "one bit wider")
    least, most = f"{size.bits}'b1{'0' * (size.bits - 1)}", f"{size.bits}'b0{'1' * (size.bits - 1)}"
    m.comb(
        [
            when(
                f"{total}[{size.bits}:{size.bits - 1}] == 2'b01",
                [f"{y} = {most};"],
                (f"{total}[{size.bits}:{size.bits - 1}] == 2'b10", [f"{y} = {least};"]),
                otherwise=[f"{y} = {total}[{size.bits - 1}:0];"],
            )
        ]
    )
    low, high = -(1 << size.bits - 1), (1 << size.bits - 1) - 1

    def value(i: Inputs) -> Outputs:
        total = to_signed(i[a.name], size.bits) + to_signed(i[b.name], size.bits)
        return {y.name: min(max(total, low), high)}

    return m.design(
        summaries=(
            f"a signed {size.words} saturating adder: `{y}` is `{a}` + `{b}`, limited to the range "
            f"from {low} "
            f"to {high}",
        ),
        behaviour=(
            f"When the signed sum of `{a}` and `{b}` exceeds {high}, `{y}` is {high}.",
            f"When it is below {low}, `{y}` is {low}; otherwise `{y}` is the sum.",
        ),
        reference=lambda: Combinational(value),
    )


@family("fixed_multiply")
def fixed_multiply(d: Draw) -> Design:
    """A fixed-point multiplication that drops fraction bits."""
    size = Size(d.pick((8, 8, 12, 16, 16)))
    fraction = d.integer(2, size.bits - 2)
    signed = d.chance(0.5)
    a = d.input("left", size, "first factor", signed=signed)
    b = d.input("right", size, "second factor", signed=signed)
    y = d.output("result", size, "product", signed=signed)
    m = d.module("fixed_mul", "q_mult", "fxp_multiply", "fixed_point_mult")
    product = m.signal("product", 2 * size.bits, signed=signed)
    m.assign(product, f"{a} * {b}", "full product")
    m.assign(y, f"{product}[{size.bits + fraction - 1}:{fraction}]", "drop the fraction")

    def value(i: Inputs) -> Outputs:
        x, z = (to_signed(i[p.name], size.bits) if signed else i[p.name] for p in (a, b))
        return {y.name: x * z >> fraction}

    kind = "signed" if signed else "unsigned"
    return m.design(
        summaries=(
            f"a {kind} fixed-point multiplier with {fraction} fraction bits: `{y}` is the product of "
            f"`{a}` and "
            f"`{b}` shifted right by {fraction}",
            f"a {kind} {size.words} fixed-point product of `{a}` and `{b}` on `{y}`, with {fraction} "
            "fraction "
            "bits and truncation",
        ),
        behaviour=(
            f"The full product has {2 * size.bits} bits; `{y}` is its bits {size.bits + fraction - 1} to "
            f"{fraction}.",
        ),
        reference=lambda: Combinational(value),
    )


@family("round_shift")
def round_shift(d: Draw) -> Design:
    """Divides by a power of two with rounding to nearest."""
    size = Size(d.width(6, 24))
    drop = d.integer(1, size.bits - 3)
    x = d.input("data", size, "number")
    y = d.output("result", size.bits - drop + 1, "rounded number")
    m = d.module("round_shift", "rounder", "round_half_up", "scale_down")
    total = m.signal("total", size.bits + 1)
    m.assign(total, f"{x} + {lit(1 << drop - 1, size.bits + 1)}", "add one half")
    m.assign(y, f"{total}[{size.bits}:{drop}]", "drop the low bits")
    return m.design(
        summaries=(
            f"a rounding shift: `{y}` is `{x}` divided by 2**{drop}, rounded to nearest by adding "
            f"{1 << drop - 1} "
            "first",
            f"a rounder that adds {1 << drop - 1} to the {size.words} `{x}` and drops the low {drop} bits",
        ),
        behaviour=(f"`{y}` is (`{x}` + {1 << drop - 1}) >> {drop}, without overflow.",),
        reference=lambda: Combinational(lambda i: {y.name: (i[x.name] + (1 << drop - 1)) >> drop}),
    )


@family("median3")
def median3(d: Draw) -> Design:
    """The median of three numbers."""
    size = Size(d.width(2, 16))
    a, b, c = (d.input(role, size, "number") for role in ("a x0 p", "b x1 q", "c x2 r"))
    y = d.output("median med mid y", size, "median")
    m = d.module("median3", "median", "mid_of_three")
    high, low = m.signal("high", size), m.signal("low", size)
    m.assign(high, f"({a} > {b}) ? {a} : {b}", "order the first two")
    m.assign(low, f"({a} > {b}) ? {b} : {a}")
    m.assign(y, f"({c} > {high}) ? {high} : ({c} < {low}) ? {low} : {c}", "limit the third")
    names = listing((a, b, c))
    return m.design(
        summaries=(f"the median of the three unsigned {size.words} numbers {names} on `{y}`",),
        behaviour=(f"`{y}` is the middle one of {names} in order of size.",),
        reference=lambda: Combinational(lambda i: {y.name: sorted(i.values())[1]}),
    )
