"""Comparators, minimum and maximum, ALUs, shifters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rtlwright.training.synth.design import Design, Inputs, Outputs, Port, Size, Table
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families import family
from rtlwright.training.synth.reference import Combinational, to_signed
from rtlwright.training.synth.rtl import case, lit


def _reading(size: Size, signed: bool) -> Callable[[int], int]:
    return (lambda v: to_signed(v, size.bits)) if signed else (lambda v: v)


@family("comparator")
def comparator(d: Draw) -> Design:
    """Greater, equal, less; signed or unsigned."""
    size, signed = d.size(1, 64), d.chance(0.35)
    signed = signed and size.bits > 1
    a = d.input("left", size, "first operand", signed=signed)
    b = d.input("right", size, "second operand", signed=signed)
    relations = (("greater", ">", "greater than"), ("equal", "==", "equal to"), ("less", "<", "less than"))
    chosen = relations if d.chance(0.6) else tuple(d.rng.sample(relations, 2))
    outs = [(d.output(role, 1, f"high when {a} is {words} {b}"), op, words) for role, op, words in chosen]
    m = d.module("comparator", "cmp", "compare", "mag_comparator")
    for out, op, _ in outs:
        m.assign(out, f"{a} {op} {b}")
    read, kind = _reading(size, signed), "signed" if signed else "unsigned"

    def value(i: Inputs) -> Outputs:
        x, y = read(i[a.name]), read(i[b.name])
        facts = {">": x > y, "==": x == y, "<": x < y}
        return {out.name: int(facts[op]) for out, op, _ in outs}

    facts = [f"`{out}` is 1 when `{a}` is {words} `{b}`" for out, _, words in outs]
    return m.design(
        summaries=(
            f"a {kind} {size.words} comparator: {', '.join(facts)}",
            f"a comparator of the {kind} {size.words} inputs `{a}` and `{b}` where {' and '.join(facts)}",
        ),
        behaviour=(f"`{a}` and `{b}` are compared as {kind} numbers.", *(f"{fact}." for fact in facts)),
        equations=tuple(f"{out} = ({a} {op} {b})" for out, op, _ in outs) if not signed else (),
        reference=lambda: Combinational(value),
    )


@family("min_max")
def min_max(d: Draw) -> Design:
    """Minimum and maximum of two numbers."""
    size, signed = d.size(2, 64), d.chance(0.3)
    a = d.input("left", size, "first operand", signed=signed)
    b = d.input("right", size, "second operand", signed=signed)
    kinds = d.pick((("min",), ("max",), ("min", "max")))
    outs = [(kind, d.output(kind, size, f"{kind}imum", signed=signed)) for kind in kinds]
    m = d.module("_".join(kinds), "minmax" if len(kinds) == 2 else f"{kinds[0]}_unit", f"{kinds[0]}_of_two")
    for kind, out in outs:
        m.assign(out, f"({a} {'<' if kind == 'min' else '>'} {b}) ? {a} : {b}", f"{kind}imum")
    read, pick = _reading(size, signed), {"min": min, "max": max}
    sign = "signed" if signed else "unsigned"
    facts = [f"`{out}` is the {kind}imum of `{a}` and `{b}`" for kind, out in outs]
    return m.design(
        summaries=(f"a {sign} {size.words} {'/'.join(kinds)} unit: {' and '.join(facts)}",),
        behaviour=(*(f"{fact}." for fact in facts), f"The comparison is {sign}."),
        reference=lambda: Combinational(
            lambda i: {out.name: pick[kind](read(i[a.name]), read(i[b.name])) for kind, out in outs}
        ),
    )


@dataclass(frozen=True)
class _Op:
    """An ALU operation: its name, its expression and its meaning."""

    name: str
    text: str
    value: Callable[[int, int, int], int]


_OPS = (
    _Op("add", "{a} + {b}", lambda a, b, w: a + b),
    _Op("subtract", "{a} - {b}", lambda a, b, w: a - b),
    _Op("AND", "{a} & {b}", lambda a, b, w: a & b),
    _Op("OR", "{a} | {b}", lambda a, b, w: a | b),
    _Op("XOR", "{a} ^ {b}", lambda a, b, w: a ^ b),
    _Op("NOT", "~{a}", lambda a, b, w: ~a),
    _Op("shift left by one", "{a} << 1", lambda a, b, w: a << 1),
    _Op("shift right by one", "{a} >> 1", lambda a, b, w: a >> 1),
    _Op("pass", "{b}", lambda a, b, w: b),
    _Op("NOR", "~({a} | {b})", lambda a, b, w: ~(a | b)),
)


@family("alu")
def alu(d: Draw) -> Design:
    """An ALU with an opcode table and an optional zero flag."""
    size, bits = d.size(4, 32, share=0.1), d.pick((2, 3, 3))
    a, b = d.input("left", size, "first operand"), d.input("right", size, "second operand")
    op = d.input("opcode", bits, "operation")
    y = d.output("result", size, "result")
    zero = d.output("zero", 1, "high when the result is 0") if d.chance(0.5) else None
    ops = d.rng.sample(_OPS, (1 << bits) if bits == 2 or d.chance(0.6) else d.integer(5, 7))
    m = d.module("alu", f"alu{size.bits}", "simple_alu", "arith_unit")
    texts = [o.text.format(a=a, b=b) for o in ops]
    arms = [(lit(n, bits, "b"), [f"{y} = {text};"]) for n, text in enumerate(texts)]
    complete = len(ops) == 1 << bits
    m.comb([case(op.name, arms, [f"{y} = {m.zero(size)};"])], "select the operation")
    if zero:
        m.assign(zero, f"{y} == {m.zero(size)}", "zero flag")

    def value(i: Inputs) -> Outputs:
        code = i[op.name]
        result = ops[code].value(i[a.name], i[b.name], size.bits) if code < len(ops) else 0
        result &= (1 << size.bits) - 1
        return {y.name: result, **({zero.name: int(result == 0)} if zero else {})}

    rows = tuple((f"{n:0{bits}b}", f"{y} = {text}") for n, text in enumerate(texts))
    rows += () if complete else (("others", f"{y} = 0"),)
    tail = f" and a zero flag `{zero}`" if zero else ""
    return m.design(
        summaries=(
            f"a {size.words} ALU with {len(ops)} operations selected by `{op}`{tail}",
            f"an arithmetic logic unit on `{a}` and `{b}` with the result `{y}`{tail}",
        ),
        behaviour=(
            *(
                f"`{op}` = {lit(n, bits, 'b')}: `{y} = {text}` ({o.name})."
                for n, (o, text) in enumerate(zip(ops, texts, strict=True))
            ),
            *(() if complete else (f"For other values of `{op}`, `{y}` is 0.",)),
            *((f"`{zero}` is 1 when `{y}` is 0.",) if zero else ()),
        ),
        brief=False,
        table=None if zero else Table((op.name, "operation"), rows),
        vectors=96,
        reference=lambda: Combinational(value),
    )


def _amount(d: Draw) -> tuple[Size, Port, Port]:
    """Width, data and shift amount of a shifter."""
    size = Size(d.pick((4, 8, 8, 16, 16, 32, 64)))
    data = d.input("data", size, "data to shift")
    return size, data, d.input("amount", size.bits.bit_length() - 1, "number of positions")


@family("shifter")
def shifter(d: Draw) -> Design:
    """A left, logical right or arithmetic right shifter by a variable amount."""
    size, x, n = _amount(d)
    y = d.output("result", size, "shifted data")
    kind = d.pick(("left", "logical right", "arithmetic right"))
    m = d.module("shifter", "barrel_shifter", "shift_unit", f"shift_{kind.split()[-1]}")
    texts = {
        "left": f"{x} << {n}",
        "logical right": f"{x} >> {n}",
        "arithmetic right": f"$signed({x}) >>> {n}",
    }
    m.assign(y, texts[kind], f"{kind} shift")
    values: dict[str, Callable[[int, int], int]] = {
        "left": lambda v, s: v << s,
        "logical right": lambda v, s: v >> s,
        "arithmetic right": lambda v, s: to_signed(v, size.bits) >> s,
    }
    fill = "copies of the sign bit enter" if kind == "arithmetic right" else "zeros enter"
    return m.design(
        summaries=(
            f"a {size.words} {kind} shifter: `{y}` is `{x}` shifted by `{n}` positions",
            f"a combinational {kind} shift of `{x}` by `{n}` on `{y}`",
        ),
        behaviour=(f"`{y}` is `{x}` shifted by `{n}` positions, {kind}; {fill}.",),
        reference=lambda: Combinational(lambda i: {y.name: values[kind](i[x.name], i[n.name])}),
    )


@family("rotator")
def rotator(d: Draw) -> Design:
    """A barrel rotator."""
    size, x, n = _amount(d)
    y, left = d.output("result", size, "rotated data"), d.chance(0.5)
    side = "left" if left else "right"
    m = d.module("rotator", "barrel_rotate", f"rotate_{side}", "rot_unit")
    wide = m.signal("twice", 2 * size.bits)
    m.assign(wide, f"{{{x}, {x}}} {'<<' if left else '>>'} {n}", "the doubled word shifts its ends together")
    m.assign(y, f"{wide}[{2 * size.bits - 1}:{size.bits}]" if left else f"{wide}[{size.bits - 1}:0]")
    ones = (1 << size.bits) - 1

    def value(i: Inputs) -> Outputs:
        v, s = i[x.name], i[n.name] if left else -i[n.name] % size.bits
        return {y.name: (v << s | v >> (size.bits - s)) & ones}

    return m.design(
        summaries=(
            f"a {size.words} barrel rotator: `{y}` is `{x}` rotated {side} by `{n}` positions",
            f"a rotate-{side} of `{x}` by `{n}` on `{y}`",
        ),
        behaviour=(
            f"`{y}` is `{x}` rotated {side} by `{n}`; bits that leave at one end enter at the other.",
        ),
        reference=lambda: Combinational(value),
    )
