"""The first blocks of a textbook: wires, reductions, half and full adders, threshold checks."""

from __future__ import annotations

from rtlwright.training.synth.design import Design, Inputs, Outputs, Size
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families import family
from rtlwright.training.synth.phrases import listing
from rtlwright.training.synth.reference import Combinational
from rtlwright.training.synth.rtl import case, lit, when


@family("wires")
def wires(d: Draw) -> Design:
    """Connects inputs to outputs, some of them inverted."""
    number, size = d.integer(1, 3), d.size(1, 16, share=0.0)
    ins = [d.input(role, size, "input") for role in ("data", "left", "right")[:number]]
    links = [(d.pick(ins), d.chance(0.4)) for _ in range(d.integer(number, number + 1))]
    outs = [d.output(f"{d.pick(('w', 'out', 'y', 'net'))}{n}", size, "output") for n in range(len(links))]
    m = d.module(
        "wires", "connect", "inverter" if links[0][1] and len(links) == 1 else "passthrough", "buffer"
    )
    texts = [f"{'~' if inverted else ''}{source}" for source, inverted in links]
    for out, text in zip(outs, texts, strict=True):
        m.assign(out, text)
    facts = [
        f"`{out}` is {'the inverse of ' if inverted else ''}`{source}`"
        for out, (source, inverted) in zip(outs, links, strict=True)
    ]
    ones = (1 << size.bits) - 1
    return m.design(
        summaries=(f"a set of connections: {', '.join(facts)}", f"wiring in which {' and '.join(facts)}"),
        behaviour=tuple(f"{fact}." for fact in facts),
        equations=tuple(f"{out} = {text}" for out, text in zip(outs, texts, strict=True)),
        reference=lambda: Combinational(
            lambda i: {
                o.name: i[s.name] ^ (ones if inv else 0) for o, (s, inv) in zip(outs, links, strict=True)
            }
        ),
    )


@family("constant")
def constant(d: Draw) -> Design:
    """Selects between two constants."""
    size = Size(d.width(2, 32))
    sel = d.input("select", 1, "select")
    y = d.output("result", size, "constant")
    low, high = d.integer(0, (1 << size.bits) - 1), d.integer(0, (1 << size.bits) - 1)
    m = d.module("const_sel", "constants", "magic", "id_rom")
    off, on = lit(low, size, "h"), lit(high, size, "h")
    m.assign(y, f"{sel} ? {on} : {off}")
    return m.design(
        summaries=(f"a constant source: `{y}` is {on} when `{sel}` is 1 and {off} when `{sel}` is 0",),
        behaviour=(f"When `{sel}` is 1, `{y}` is {on}.", f"When `{sel}` is 0, `{y}` is {off}."),
        reference=lambda: Combinational(lambda i: {y.name: high if i[sel.name] else low}),
    )


@family("reduction")
def reduction(d: Draw) -> Design:
    """AND, OR and XOR of all bits of a vector."""
    size = d.size(2, 64)
    x = d.input("data", size, "vector")
    kinds = d.rng.sample(
        (("AND", "&"), ("OR", "|"), ("XOR", "^"), ("NOR", "~|"), ("NAND", "~&")), d.integer(1, 3)
    )
    outs = [
        (d.output(f"{name.lower()}_out all_{name.lower()}", 1, f"{name} of all bits"), name, op)
        for name, op in kinds
    ]
    m = d.module("reduce", "reduction", "vector_gates", "all_bits")
    for out, _, op in outs:
        m.assign(out, f"{op}{x}")
    ones = (1 << size.bits) - 1

    def value(i: Inputs) -> Outputs:
        v = i[x.name]
        every, some = int(v == ones), int(v != 0)
        results = {"AND": every, "NAND": 1 - every, "OR": some, "NOR": 1 - some, "XOR": v.bit_count() % 2}
        return {out.name: results[name] for out, name, _ in outs}

    facts = [f"`{out}` is the {name} of all bits of `{x}`" for out, name, _ in outs]
    return m.design(
        summaries=(
            f"a reduction of the {size.words} input `{x}`: {', '.join(facts)}",
            f"reduction operators on {size.words} data where {' and '.join(facts)}",
        ),
        behaviour=tuple(f"{fact}." for fact in facts),
        equations=tuple(f"{out} = {op}{x}" for out, _, op in outs),
        reference=lambda: Combinational(value),
    )


@family("bit_adder")
def bit_adder(d: Draw) -> Design:
    """A half or full adder, written with gates."""
    full = d.chance(0.5)
    a, b = d.input("left", 1, "first bit"), d.input("right", 1, "second bit")
    c = d.input("carry_in", 1, "carry in") if full else None
    s, cout = d.output("sum", 1, "sum bit"), d.output("carry_out", 1, "carry out")
    kind = "full" if full else "half"
    m = d.module(f"{kind}_adder", f"{kind[0]}a", f"{kind}_add", "bit_adder")
    sum_text = f"{a} ^ {b} ^ {c}" if full else f"{a} ^ {b}"
    carry_text = f"({a} & {b}) | ({a} & {c}) | ({b} & {c})" if full else f"{a} & {b}"
    m.assign(s, sum_text)
    m.assign(cout, carry_text)
    ins = [p for p in (a, b, c) if p]
    return m.design(
        summaries=(
            f"a {kind} adder for the bits {listing(ins)} with sum `{s}` and carry out `{cout}`",
            f"a one-bit {kind} adder: `{cout}` and `{s}` are the two-bit sum of {listing(ins)}",
        ),
        behaviour=(f"`{s}` is the XOR of {listing(ins)}.", f"`{cout}` is 1 when at least two inputs are 1."),
        equations=(f"{s} = {sum_text}", f"{cout} = {carry_text}"),
        reference=lambda: Combinational(
            lambda i: {s.name: sum(i[p.name] for p in ins) % 2, cout.name: sum(i[p.name] for p in ins) // 2}
        ),
    )


@family("range_check")
def range_check(d: Draw) -> Design:
    """Whether a value lies in a fixed range."""
    size = Size(d.width(3, 16))
    low = d.integer(1, (1 << size.bits) - 3)
    high = d.integer(low + 1, (1 << size.bits) - 2)
    x, y = d.input("data", size, "value"), d.output("flag", 1, "high inside the range")
    m = d.module("range_check", "in_range", "window_cmp", "addr_match")
    m.assign(y, f"({x} >= {lit(low, size)}) && ({x} <= {lit(high, size)})", "inside the range")
    return m.design(
        summaries=(
            f"a range check: `{y}` is 1 when the {size.words} input `{x}` is from {low} to {high}, both "
            "included",
            f"a window comparator that sets `{y}` when {low} <= `{x}` <= {high}",
        ),
        behaviour=(f"`{y}` is 1 when `{x}` is at least {low} and at most {high}, otherwise 0.",),
        reference=lambda: Combinational(lambda i: {y.name: int(low <= i[x.name] <= high)}),
    )


@family("clamp")
def clamp(d: Draw) -> Design:
    """Limits a value to a fixed range."""
    size = Size(d.width(4, 16))
    low = d.integer(1, (1 << size.bits) // 2)
    high = d.integer(low + 1, (1 << size.bits) - 2)
    x, y = d.input("data", size, "value"), d.output("result", size, "limited value")
    m = d.module("clamp", "limiter", "saturate", "clip")
    least, most = lit(low, size), lit(high, size)
    body = when(
        f"{x} < {least}",
        [f"{y} = {least};"],
        (f"{x} > {most}", [f"{y} = {most};"]),
        otherwise=[f"{y} = {x};"],
    )
    m.comb([body], "limit the value")
    return m.design(
        summaries=(
            f"a limiter: `{y}` is the {size.words} input `{x}` limited to the range from {low} to {high}",
            f"a clamp of `{x}` between {low} and {high} on `{y}`",
        ),
        behaviour=(
            f"When `{x}` is less than {low}, `{y}` is {low}.",
            f"When `{x}` is greater than {high}, `{y}` is {high}.",
            f"Otherwise `{y}` equals `{x}`.",
        ),
        reference=lambda: Combinational(lambda i: {y.name: min(max(i[x.name], low), high)}),
    )


@family("mux_onehot")
def mux_onehot(d: Draw) -> Design:
    """A multiplexer with a one-hot select; other selects give zero."""
    number, size = d.pick((2, 3, 4)), d.size(1, 32, share=0.15)
    stem = d.pick(("in", "d", "src", "data"))
    data = [d.input(f"{stem}{n}", size, f"data input {n}") for n in range(number)]
    sel = d.input("onehot", number, "one-hot select")
    y = d.output("result", size, "selected data")
    m = d.module("onehot_mux", "mux_oh", "mux_onehot")
    arms = [(lit(1 << n, number, "b"), [f"{y} = {p};"]) for n, p in enumerate(data)]
    m.comb([case(sel.name, arms, [f"{y} = {m.zero(size)};"])], "one-hot select")

    def value(i: Inputs) -> Outputs:
        s = i[sel.name]
        return {y.name: i[data[s.bit_length() - 1].name] if s.bit_count() == 1 else 0}

    return m.design(
        summaries=(
            f"a {size.words} multiplexer with the one-hot select `{sel}`: bit n selects input n of "
            f"{listing(data)} "
            f"as `{y}`; any other select gives 0",
        ),
        behaviour=(
            *(f"When `{sel}` is {lit(1 << n, number, 'b')}, `{y}` equals `{p}`." for n, p in enumerate(data)),
            f"For any other `{sel}`, `{y}` is 0.",
        ),
        reference=lambda: Combinational(value),
    )
