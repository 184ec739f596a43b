"""Adders, subtractors, multipliers."""

from __future__ import annotations

from rtlwright.training.synth.design import Design, Inputs, Outputs, Port, Size
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families import family
from rtlwright.training.synth.reference import Combinational, to_signed
from rtlwright.training.synth.rtl import Module, when


def _operands(d: Draw, size: Size, signed: bool = False) -> tuple[Port, Port]:
    left = d.input("left", size, "first operand", signed=signed)
    return left, d.input("right", size, "second operand", signed=signed)


@family("adder")
def adder(d: Draw) -> Design:
    """An adder with optional carry in and carry out."""
    size = d.size(1, 64)
    a, b = _operands(d, size)
    cin = d.input("carry_in", 1, "carry in") if d.chance(0.5) else None
    total = d.output("sum", size, "sum")
    cout = d.output("carry_out", 1, "carry out") if d.chance(0.7) else None
    m = d.module("adder", "add", f"adder{size.bits}", "full_adder" if size.bits == 1 else "adder_unit")
    terms = [str(p) for p in (a, b, cin) if p]
    m.assign(f"{{{cout}, {total}}}" if cout else total, " + ".join(terms), "add the operands")
    what = " + ".join(f"`{t}`" for t in terms)
    carry = f" with carry out `{cout}`" if cout else ""
    return m.design(
        summaries=(
            f"a {size.words} adder: `{total}` is {what}{carry}",
            f"an adder for {size.words} operands that computes {what} on `{total}`{carry}",
        ),
        behaviour=(
            f"`{total}` is the sum {what}, modulo 2 to the power {size.text}.",
            *((f"`{cout}` is the carry out of the most significant bit.",) if cout else ()),
        ),
        equations=(f"{f'{{{cout}, {total}}}' if cout else total} = {' + '.join(terms)}",),
        reference=lambda: Combinational(lambda i: _sum(i, terms, total, cout)),
    )


def _sum(i: Inputs, terms: list[str], total: Port, cout: Port | None) -> Outputs:
    value = sum(i[t] for t in terms)
    return {total.name: value, **({cout.name: value >> total.width} if cout else {})}


@family("subtractor")
def subtractor(d: Draw) -> Design:
    """A subtractor with an optional borrow."""
    size = d.size(1, 64)
    a, b = _operands(d, size)
    diff = d.output("difference", size, "difference")
    borrow = d.output("borrow", 1, "high when the result is negative") if d.chance(0.7) else None
    m = d.module("subtractor", "sub", "sub_unit")
    m.assign(diff, f"{a} - {b}", "difference")
    if borrow:
        m.assign(borrow, f"{a} < {b}", "borrow")
    tail = f"; `{borrow}` is 1 when `{a}` is less than `{b}`" if borrow else ""
    return m.design(
        summaries=(
            f"a {size.words} subtractor: `{diff}` is `{a}` - `{b}`{tail}",
            f"an unsigned {size.words} subtraction of `{b}` from `{a}` on `{diff}`{tail}",
        ),
        behaviour=(
            f"`{diff}` is `{a}` - `{b}`.",
            *((f"`{borrow}` is 1 when `{a}` is less than `{b}` (unsigned).",) if borrow else ()),
        ),
        reference=lambda: Combinational(
            lambda i: {
                diff.name: i[a.name] - i[b.name],
                **({borrow.name: int(i[a.name] < i[b.name])} if borrow else {}),
            }
        ),
    )


@family("add_sub")
def add_sub(d: Draw) -> Design:
    """An adder-subtractor with optional signed overflow."""
    size = d.size(2, 32, share=0.1)
    a, b = _operands(d, size)
    sub = d.input("subtract", 1, "0 adds, 1 subtracts")
    y = d.output("result", size, "result")
    ovf = d.output("overflow", 1, "signed overflow") if d.chance(0.5) else None
    m = d.module("add_sub", "addsub", "adder_subtractor", "addsub_unit")
    m.assign(y, f"{sub} ? {a} - {b} : {a} + {b}", "add or subtract")
    if ovf:
        sa, sb, sy = (f"{p}[{size.msb}]" for p in (a, b, y))
        m.assign(ovf, f"({sa} == ({sb} ^ {sub})) && ({sy} != {sa})", "signed overflow")

    def value(i: Inputs) -> Outputs:
        left, right = to_signed(i[a.name], size.bits), to_signed(i[b.name], size.bits)
        exact = left - right if i[sub.name] else left + right
        fits = -(1 << size.bits - 1) <= exact < 1 << size.bits - 1
        return {y.name: exact, **({ovf.name: int(not fits)} if ovf else {})}

    tail = f"; `{ovf}` flags signed overflow" if ovf else ""
    return m.design(
        summaries=(
            f"a {size.words} adder-subtractor: `{y}` is `{a}` + `{b}` when `{sub}` is 0 and `{a}` - "
            f"`{b}` when it "
            f"is 1{tail}",
        ),
        behaviour=(
            f"When `{sub}` is 0, `{y}` is `{a}` + `{b}`.",
            f"When `{sub}` is 1, `{y}` is `{a}` - `{b}`.",
            *((f"`{ovf}` is 1 when the two's complement result overflows.",) if ovf else ()),
        ),
        reference=lambda: Combinational(value),
    )


def _full_adder(d: Draw) -> Module:
    """The cell from which the ripple-carry adder is built."""
    ports = [Port(n, "input", Size(1), "") for n in ("a", "b", "cin")]
    ports += [Port(n, "output", Size(1), "") for n in ("sum", "cout")]
    name = d.pick(("full_adder", "fa", "add1", "fa_cell"))
    cell = Module(d.claim(name), "", d.style, tuple(ports), (), None, None, lambda n: n)
    cell.assign("{cout, sum}", "a + b + cin")
    return cell


@family("ripple_adder")
def ripple_adder(d: Draw) -> Design:
    """A ripple-carry adder of instantiated full adders."""
    size = Size(d.pick((3, 4, 4, 8, 16, 32)))
    a, b = _operands(d, size)
    cin = d.input("carry_in", 1, "carry in")
    total, cout = d.output("sum", size, "sum"), d.output("carry_out", 1, "carry out")
    m = d.module("ripple_adder", "rca", "ripple_carry_adder", f"adder{size.bits}")
    cell = _full_adder(d)
    carry = m.signal("carry", size.bits + 1)
    m.assign(f"{carry}[0]", cin)
    m.assign(cout, f"{carry}[{size.bits}]")
    pins = [("a", f"{a}[i]"), ("b", f"{b}[i]"), ("cin", f"{carry}[i]")]
    pins += [("sum", f"{total}[i]"), ("cout", f"{carry}[i+1]")]
    m.raw(
        f"\tgenvar i;\n\tgenerate\n\t\tfor (i = 0; i < {size.bits}; i = i + 1) begin : stage\n"
        f"{m.instance(cell.name, 'u_fa', pins, 3)}\n\t\tend\n\tendgenerate",
        "one full adder per bit",
    )
    m.submodule(cell)
    return m.design(
        summaries=(
            f"a {size.words} ripple-carry adder built from {size.bits} instances of a full adder module "
            f"`{cell.name}`: `{a}` + `{b}` + `{cin}` gives `{total}` and `{cout}`",
        ),
        behaviour=(
            f"Stage n adds bit n of `{a}` and `{b}` and the carry of the stage below.",
            f"`{cin}` enters the lowest stage and `{cout}` leaves the highest.",
            f"Define `{cell.name}` with ports a, b, cin, sum and cout.",
        ),
        reference=lambda: Combinational(lambda i: _sum(i, [a.name, b.name, cin.name], total, cout)),
    )


@family("saturating_add")
def saturating_add(d: Draw) -> Design:
    """An unsigned adder that sticks at all ones."""
    size = d.size(2, 32)
    a, b = _operands(d, size)
    y = d.output("sum", size, "saturated sum")
    m = d.module("sat_add", "saturating_adder", "adder_sat")
    wide = m.signal("full", Size(size.bits + 1) if not size.param else Size(size.bits + 1, f"{size.param}+1"))
    m.assign(wide, f"{a} + {b}", "one bit more than the operands")
    m.assign(y, f"{wide}[{size.text}] ? {m.ones(size)} : {wide}[{size.msb}:0]", "saturate")
    return m.design(
        summaries=(
            f"an unsigned {size.words} saturating adder: `{y}` is `{a}` + `{b}`, or all ones if that "
            "overflows",
            f"a {size.words} unsigned adder from `{a}` and `{b}` to `{y}` that saturates at the maximum",
        ),
        behaviour=(
            f"`{y}` is `{a}` + `{b}` when the sum fits in {size.text} bits.",
            f"When the sum does not fit, all bits of `{y}` are 1.",
        ),
        reference=lambda: Combinational(lambda i: {y.name: min(i[a.name] + i[b.name], (1 << size.bits) - 1)}),
    )


@family("multiplier")
def multiplier(d: Draw) -> Design:
    """A full-width multiplier, unsigned or signed."""
    bits, signed = d.width(2, 32), d.chance(0.4)
    a, b = _operands(d, Size(bits), signed)
    p = d.output("product prod p result", 2 * bits, "product", signed=signed)
    m = d.module("multiplier", "mult", f"mul{bits}", "mul_unit")
    m.assign(p, f"{a} * {b}", "full-width product")
    kind = "signed" if signed else "unsigned"
    return m.design(
        summaries=(
            f"a {kind} {bits}x{bits} multiplier: the {2 * bits}-bit output `{p}` is `{a}` * `{b}`",
            f"a combinational {kind} multiplier of `{a}` and `{b}` with the {2 * bits}-bit product `{p}`",
        ),
        behaviour=(f"`{p}` is the {kind} product `{a}` * `{b}` in full width.",),
        reference=lambda: Combinational(
            lambda i: {
                p.name: to_signed(i[a.name], bits) * to_signed(i[b.name], bits)
                if signed
                else i[a.name] * i[b.name]
            }
        ),
    )


@family("absolute_value")
def absolute_value(d: Draw) -> Design:
    """The absolute value of a two's complement number."""
    size = d.size(2, 32)
    x = d.input("data", size, "two's complement value")
    y = d.output("abs magnitude mag result", size, "absolute value")
    m = d.module("abs_val", "absolute", "abs_unit", "magnitude")
    m.assign(y, f"{x}[{size.msb}] ? -{x} : {x}", "negate negative values")
    return m.design(
        summaries=(
            f"a {size.words} absolute value: `{y}` is the magnitude of the two's complement input `{x}`",
            f"a module that drives `{y}` with `{x}` if the two's complement {size.words} `{x}` is not "
            "negative, "
            f"else with -`{x}`",
        ),
        behaviour=(
            f"`{x}` is a two's complement number.",
            f"`{y}` is -`{x}` when the sign bit of `{x}` is 1, otherwise `{x}`.",
        ),
        reference=lambda: Combinational(lambda i: {y.name: abs(to_signed(i[x.name], size.bits))}),
    )


@family("absolute_difference")
def absolute_difference(d: Draw) -> Design:
    """The absolute difference of two unsigned numbers."""
    size = d.size(2, 32)
    a, b = _operands(d, size)
    y = d.output("difference", size, "absolute difference")
    m = d.module("abs_diff", "absdiff", "distance")
    m.comb([when(f"{a} > {b}", [f"{y} = {a} - {b};"], otherwise=[f"{y} = {b} - {a};"])])
    return m.design(
        summaries=(f"the absolute difference of the unsigned {size.words} inputs `{a}` and `{b}` on `{y}`",),
        behaviour=(f"`{y}` is the larger of `{a}` and `{b}` minus the smaller.",),
        reference=lambda: Combinational(lambda i: {y.name: abs(i[a.name] - i[b.name])}),
    )
