"""Division and decimal digits."""

from __future__ import annotations

from rtlwright.training.synth.design import Design, Inputs, Outputs
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families import family
from rtlwright.training.synth.reference import Combinational


@family("divider_comb")
def divider_comb(d: Draw) -> Design:
    """An unsigned divider with quotient and remainder."""
    size = d.size(2, 16, share=0.1)
    a, b = d.input("dividend num a x", size, "dividend"), d.input("divisor den b y", size, "divisor")
    q = d.output("quotient quot q div_out", size, "quotient")
    r = d.output("remainder rem r mod_out", size, "remainder")
    m = d.module("divider", "div", "div_unit", "divide")
    zero = f"{b} == {m.zero(size)}"
    m.assign(q, f"({zero}) ? {m.ones(size)} : {a} / {b}", "all ones for a zero divisor")
    m.assign(r, f"({zero}) ? {a} : {a} % {b}")
    ones = (1 << size.bits) - 1

    def value(i: Inputs) -> Outputs:
        x, y = i[a.name], i[b.name]
        return {q.name: x // y if y else ones, r.name: x % y if y else x}

    special = f"a zero `{b}` gives all ones on `{q}` and `{a}` on `{r}`"
    return m.design(
        summaries=(
            f"an unsigned {size.words} divider of `{a}` by `{b}` with quotient `{q}` and remainder `{r}`; "
            f"{special}",
            f"a combinational division: `{q}` is `{a}` / `{b}` and `{r}` is `{a}` % `{b}`, but {special}",
        ),
        behaviour=(
            f"`{q}` is the quotient and `{r}` the remainder of `{a}` divided by `{b}`, unsigned.",
            f"When `{b}` is 0, `{q}` is all ones and `{r}` is `{a}`.",
        ),
        reference=lambda: Combinational(value),
    )


@family("bcd_adder")
def bcd_adder(d: Draw) -> Design:
    """Adds two decimal digits with a carry."""
    a, b = d.input("left", 4, "first digit"), d.input("right", 4, "second digit")
    cin = d.input("carry_in", 1, "carry in")
    s, cout = d.output("sum", 4, "sum digit"), d.output("carry_out", 1, "decimal carry out")
    m = d.module("bcd_adder", "bcd_add", "decimal_adder", "bcd_digit_adder")
    raw = m.signal("raw", 5)
    over = m.signal("over")
    m.assign(raw, f"{a} + {b} + {cin}", "binary sum")
    m.assign(over, f"{raw} > 5'd9")
    m.assign(s, f"{over} ? {raw} - 5'd10 : {raw}", "decimal correction")
    m.assign(cout, over)

    def value(i: Inputs) -> Outputs:
        if i[a.name] > 9 or i[b.name] > 9:
            return {}
        total = i[a.name] + i[b.name] + i[cin.name]
        return {s.name: total % 10, cout.name: total // 10}

    return m.design(
        summaries=(
            f"a one-digit BCD adder: `{s}` is the decimal digit of `{a}` + `{b}` + `{cin}` and `{cout}` the "
            "carry",
            f"a decimal adder for the BCD digits `{a}` and `{b}` with carry in `{cin}`, digit `{s}` "
            "and carry "
            f"out `{cout}`",
        ),
        behaviour=(
            f"If `{a}` + `{b}` + `{cin}` is above 9, `{s}` is that sum minus 10 and `{cout}` is 1.",
            f"Otherwise `{s}` is the sum and `{cout}` is 0. Both inputs are at most 9.",
        ),
        reference=lambda: Combinational(value),
    )


@family("binary_to_bcd")
def binary_to_bcd(d: Draw) -> Design:
    """A binary number as two or three decimal digits."""
    bits = d.pick((4, 5, 6, 7, 8, 8))
    top = (1 << bits) - 1
    x = d.input("binary", bits, "binary number")
    digits = [d.output("ones units lsd digit0", 4, "ones digit"), d.output("tens digit1 d1", 4, "tens digit")]
    if top > 99:
        digits.append(d.output("hundreds digit2 msd", 4, "hundreds digit"))
    m = d.module("bin_to_bcd", "binary_to_bcd", "bin2bcd", "decimal_split")
    m.assign(digits[0], f"{x} % 10", "decimal digits")
    m.assign(digits[1], f"({x} / 10) % 10" if top > 99 else f"{x} / 10")
    if top > 99:
        m.assign(digits[2], f"{x} / 100")
    words = ("ones", "tens", "hundreds")
    facts = [f"`{p}` is the {w} digit" for p, w in zip(digits, words, strict=False)]
    return m.design(
        summaries=(
            f"a {bits}-bit binary to BCD converter for `{x}`: {', '.join(facts)}",
            f"a converter of the {bits}-bit number `{x}` to decimal digits where {' and '.join(facts)}",
        ),
        behaviour=(*(f"{fact} of `{x}`." for fact in facts),),
        reference=lambda: Combinational(
            lambda i: {p.name: int(f"{i[x.name]:03d}"[-1 - n]) for n, p in enumerate(digits)}
        ),
    )


@family("bcd_to_binary")
def bcd_to_binary(d: Draw) -> Design:
    """Two decimal digits as a binary number."""
    tens, ones = d.input("tens digit1 d1 msd", 4, "tens digit"), d.input("ones units d0 lsd", 4, "ones digit")
    y = d.output("binary", 7, "binary value")
    m = d.module("bcd_to_bin", "bcd2bin", "decimal_to_binary", "digits_to_bin")
    m.assign(y, f"{tens} * 7'd10 + {ones}", "ten times the tens, plus the ones")
    return m.design(
        summaries=(
            f"a two-digit BCD to binary converter: `{y}` is 10 times `{tens}` plus `{ones}`",
            f"a converter from the decimal digits `{tens}` and `{ones}` to the 7-bit number `{y}`",
        ),
        behaviour=(f"`{y}` is `{tens}` * 10 + `{ones}`.", "Both digits are at most 9."),
        reference=lambda: Combinational(
            lambda i: {y.name: 10 * i[tens.name] + i[ones.name]} if max(i.values()) <= 9 else {}
        ),
    )
