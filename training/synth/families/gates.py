"""Gates, Boolean equations and truth tables."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

from rtlwright.training.synth.design import Design, Inputs, Port, Table
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families import family
from rtlwright.training.synth.phrases import listing
from rtlwright.training.synth.reference import Combinational
from rtlwright.training.synth.rtl import case, lit


@dataclass(frozen=True)
class _Gate:
    name: str
    operator: str
    inverted: bool

    def value(self, bits: list[int], ones: int) -> int:
        fold = {"&": int.__and__, "|": int.__or__, "^": int.__xor__}[self.operator]
        result = reduce(fold, bits)
        return result ^ ones if self.inverted else result

    def text(self, names: list[str]) -> str:
        joined = f" {self.operator} ".join(names)
        return f"~({joined})" if self.inverted else joined


_GATES = tuple(
    _Gate(name, operator, inverted)
    for name, operator, inverted in (
        ("AND", "&", False), ("OR", "|", False), ("XOR", "^", False),
        ("NAND", "&", True), ("NOR", "|", True), ("XNOR", "^", True),
    )
)  # fmt: skip


@family("gate")
def gate(d: Draw) -> Design:
    """A gate of two to four inputs, bitwise on vectors."""
    kind, number, size = d.pick(_GATES), d.pick((2, 2, 2, 3, 4)), d.size(1, 32)
    ins = [d.input(name, size, "operand") for name in ("a", "b", "c", "d")[:number]]
    y = d.output("result", size, "result")
    m = d.module(f"{kind.name.lower()}_gate", f"{kind.name.lower()}{number}", "gate")
    m.assign(y, kind.text([p.name for p in ins]), f"{kind.name} of the inputs")
    width = "" if size.bits == 1 else f"bitwise {size.words} "
    return m.design(
        summaries=(
            f"a {width}{kind.name} gate: `{y}` is the {kind.name} of {listing(ins)}",
            f"a {number}-input {width}{kind.name} of {listing(ins)} on `{y}`",
        ),
        behaviour=(f"`{y}` is the {width}{kind.name} of {listing(ins)}.",),
        equations=(f"{y} = {kind.text([p.name for p in ins])}",),
        reference=lambda: Combinational(
            lambda i: {y.name: kind.value([i[p.name] for p in ins], (1 << size.bits) - 1)}
        ),
    )


@family("gate_set")
def gate_set(d: Draw) -> Design:
    """Several gates on the same two inputs, one output each."""
    a, b = d.input("left", 1, "first input"), d.input("right", 1, "second input")
    kinds = d.rng.sample(_GATES, d.integer(2, 6))
    outs = [d.output(f"out_{k.name.lower()}", 1, f"{a} {k.name} {b}") for k in kinds]
    m = d.module("gates", "logic_gates", "basic_gates")
    for out, kind in zip(outs, kinds, strict=True):
        m.assign(out, kind.text([a.name, b.name]))
    facts = [f"`{o}` is `{a}` {k.name} `{b}`" for o, k in zip(outs, kinds, strict=True)]
    return m.design(
        summaries=(f"a set of gates on `{a}` and `{b}`: {', '.join(facts)}",),
        behaviour=tuple(f"{fact}." for fact in facts),
        equations=tuple(f"{o} = {k.text([a.name, b.name])}" for o, k in zip(outs, kinds, strict=True)),
        reference=lambda: Combinational(
            lambda i: {o.name: k.value([i[a.name], i[b.name]], 1) for o, k in zip(outs, kinds, strict=True)}
        ),
    )


def _term(literals: list[tuple[Port, bool]]) -> str:
    return " & ".join(port.name if positive else f"~{port}" for port, positive in literals)


@family("boolean_equation")
def boolean_equation(d: Draw) -> Design:
    """A random sum of products."""
    ins = [d.input(name, 1, "input") for name in ("a", "b", "c", "d")[: d.integer(3, 4)]]
    f = d.output("result", 1, "function value")
    terms: list[list[tuple[Port, bool]]] = []
    for _ in range(d.integer(2, 3)):
        chosen = sorted(d.rng.sample(range(len(ins)), d.integer(2, len(ins) - 1)))
        terms.append([(ins[n], d.chance(0.6)) for n in chosen])
    equation = " | ".join(f"({_term(term)})" for term in terms)
    m = d.module("logic_func", "sop", "bool_func", "comb_logic")
    m.assign(f, equation, "sum of products")
    return m.design(
        summaries=(
            f"the Boolean function `{f} = {equation}`",
            f"the combinational equation `{f} = {equation}`",
        ),
        behaviour=(f"`{f}` equals `{equation}`.",),
        equations=(f"{f} = {equation}",),
        reference=lambda: Combinational(
            lambda i: {f.name: int(any(all(i[p.name] == int(pos) for p, pos in term) for term in terms))}
        ),
    )


def _lookup(ins: list[Port], f: Port, values: list[int]) -> Combinational:
    """The reference of a function given by its values, the first input being the highest bit of the index."""

    def value(i: Inputs) -> dict[str, int | None]:
        index = 0
        for p in ins:
            index = 2 * index + i[p.name]
        return {f.name: values[index]}

    return Combinational(value)


def _random_function(d: Draw) -> tuple[list[Port], Port, list[int]]:
    """Inputs, output and the value for each input combination, not all of them 0."""
    number = d.pick((2, 3, 3, 4))
    ins = [d.input(name, 1, "input") for name in ("a", "b", "c", "d")[:number]]
    f = d.output("result", 1, "function value")
    values = [d.integer(0, 1) for _ in range(1 << number)]
    values[d.integer(0, len(values) - 1)] = 1
    return ins, f, values


@family("truth_table")
def truth_table(d: Draw) -> Design:
    """A random function given row by row; the code has one arm for each row."""
    ins, f, values = _random_function(d)
    m = d.module("truth_table", "lut", "logic_func", "lookup")
    bus = "{" + ", ".join(p.name for p in ins) + "}"
    arms = [(lit(n, len(ins), "b"), [f"{f} = 1'b{value};"]) for n, value in enumerate(values)]
    m.comb([case(bus, arms, [f"{f} = 1'b0;"])], "one arm for each row")
    codes = [f"{n:0{len(ins)}b}" for n in range(len(values))]
    order = ", ".join(f"`{p}`" for p in ins)
    shown = ", ".join(f"{code}: {value}" for code, value in zip(codes, values, strict=True))
    return m.design(
        summaries=(
            f"the truth table of `{f}` over ({order}): {shown}",
            f"a function of ({order}) with the output `{f}` = {shown}",
        ),
        behaviour=(f"For the inputs {order}, in this order, `{f}` is {shown}.",),
        table=Table(
            (*(p.name for p in ins), f.name),
            tuple((*code, str(value)) for code, value in zip(codes, values, strict=True)),
        ),
        reference=lambda: _lookup(ins, f, values),
    )


@family("minterms")
def minterms(d: Draw) -> Design:
    """A random function given by the input combinations for which it is 1."""
    ins, f, values = _random_function(d)
    ones = [lit(n, len(ins), "b") for n, value in enumerate(values) if value]
    m = d.module("minterms", "on_set", "logic_func", "comb_func")
    bus = "{" + ", ".join(p.name for p in ins) + "}"
    m.comb(
        [case(bus, [(", ".join(ones), [f"{f} = 1'b1;"])], [f"{f} = 1'b0;"])], "one for the listed minterms"
    )
    listed = ", ".join(one.split("b")[1] for one in ones)
    order = ", ".join(f"`{p}`" for p in ins)
    return m.design(
        summaries=(
            f"the function `{f}` of ({order}) that is 1 for the input combinations {listed} and 0 otherwise",
            f"a logic function: with inputs {order} in this order, `{f}` is 1 for {listed} and 0 for others",
        ),
        behaviour=(f"`{f}` is 1 when {order}, in this order, are one of {listed}; otherwise it is 0.",),
        reference=lambda: _lookup(ins, f, values),
    )


@family("majority")
def majority(d: Draw) -> Design:
    """Majority vote of three inputs."""
    size = d.size(1, 16, share=0.0)
    a, b, c = (d.input(name, size, "vote") for name in ("a", "b", "c"))
    y = d.output("result", size, "majority")
    m = d.module("majority", "voter", "tmr_vote", "maj3")
    m.assign(y, f"({a} & {b}) | ({a} & {c}) | ({b} & {c})", "two of three")
    return m.design(
        summaries=(
            f"a {size.words} majority voter: each bit of `{y}` is the majority of {listing((a, b, c))}",
        ),
        behaviour=(f"Each bit of `{y}` is 1 when at least two of {listing((a, b, c))} have a 1 there.",),
        reference=lambda: Combinational(
            lambda i: {
                y.name: sum(
                    1 << n for n in range(size.bits) if sum(i[p.name] >> n & 1 for p in (a, b, c)) >= 2
                )
            }
        ),
    )
