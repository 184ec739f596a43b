"""Multiplexers and demultiplexers."""

from __future__ import annotations

from rtlwright.training.synth.design import Design
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families import family
from rtlwright.training.synth.reference import Combinational
from rtlwright.training.synth.rtl import case, lit


@family("mux2")
def mux2(d: Draw) -> Design:
    """A 2-to-1 multiplexer."""
    size = d.size(1, 64)
    a, b = (
        d.input("left", size, "data selected when the select is 0"),
        d.input("right", size, "data selected when it is 1"),
    )
    sel = d.input("select", 1, "select")
    y = d.output("result", size, "selected data")
    m = d.module("mux2", "mux2to1", "mux_2_1", "mux2x1", "data_mux", "selector")
    m.assign(y, f"{sel} ? {b} : {a}", "pick one of the two inputs")
    return m.design(
        summaries=(
            f"a {size.words} 2-to-1 multiplexer: `{y}` is `{a}` for `{sel}` = 0 and `{b}` for `{sel}` = 1",
            f"a 2:1 mux for {size.words} data that selects `{a}` when `{sel}`=0 and `{b}` when `{sel}`=1",
        ),
        behaviour=(f"When `{sel}` is 0, `{y}` equals `{a}`.", f"When `{sel}` is 1, `{y}` equals `{b}`."),
        equations=(f"{y} = {sel} ? {b} : {a}",),
        reference=lambda: Combinational(lambda i: {y.name: i[b.name] if i[sel.name] else i[a.name]}),
    )


@family("mux4")
def mux4(d: Draw) -> Design:
    """A 4-to-1 multiplexer with separate data inputs."""
    size = d.size(1, 64)
    stem = d.pick(("a b c d", "d0 d1 d2 d3", "in0 in1 in2 in3", "data0 data1 data2 data3", "x0 x1 x2 x3"))
    data = [d.input(name, size, f"data input {n}") for n, name in enumerate(stem.split())]
    sel = d.input("select", 2, "select")
    y = d.output("result", size, "selected data")
    m = d.module("mux4", "mux4to1", "mux_4_1", "mux4x1", "data_mux", "selector")
    arms = [(lit(n, 2), [f"{y} = {port};"]) for n, port in enumerate(data)]
    m.comb([case(sel.name, arms[:3], arms[3][1])], "pick one of the four inputs")
    names = ", ".join(f"`{p}`" for p in data[:3]) + f" or `{data[3]}`"
    return m.design(
        summaries=(
            f"a {size.words} 4-to-1 multiplexer: `{sel}` values 0 to 3 select {names} as `{y}`",
            f"a 4:1 mux that drives `{y}` with {names} for `{sel}` = 0, 1, 2 and 3",
        ),
        behaviour=tuple(f"When `{sel}` is {n}, `{y}` equals `{p}`." for n, p in enumerate(data)),
        reference=lambda: Combinational(lambda i: {y.name: i[data[i[sel.name]].name]}),
    )


@family("mux_wide")
def mux_wide(d: Draw) -> Design:
    """An N-to-1 multiplexer on one packed vector."""
    number, size = d.pick((2, 4, 4, 8, 8, 16)), d.width(1, 16)
    data = d.input("data", number * size, f"{number} packed inputs, number 0 in the low bits")
    sel = d.input("select", (number - 1).bit_length(), "select")
    y = d.output("result", size, "selected input")
    m = d.module(f"mux{number}", f"mux{number}to1", "bus_mux", "vector_mux")
    m.assign(y, f"{data}[{sel}]" if size == 1 else f"{data}[{sel} * {size} +: {size}]", "pick one slice")
    what = (
        f"bit `{sel}` of `{data}`"
        if size == 1
        else f"`{data}` bits [{size}*`{sel}`+{size - 1} : {size}*`{sel}`]"
    )
    return m.design(
        summaries=(
            f"a {size}-bit {number}-to-1 multiplexer: `{y}` is {what}",
            f"a {number}:1 mux on the packed vector `{data}`: `{y}` is {what}",
        ),
        behaviour=(
            f"`{data}` holds {number} values of {size} bit{'s' if size > 1 else ''}, value 0 in the "
            "lowest bits.",
            f"`{y}` is value number `{sel}`.",
        ),
        reference=lambda: Combinational(lambda i: {y.name: i[data.name] >> i[sel.name] * size}),
    )


@family("demux")
def demux(d: Draw) -> Design:
    """A demultiplexer to separate outputs."""
    bits, size = d.pick((1, 2, 2)), d.size(1, 32, share=0.1)
    data, sel = d.input("data", size, "data to route"), d.input("select", bits, "output select")
    stem = d.pick(("y", "out", "dout", "ch"))
    outs = [d.output(f"{stem}{n}", size, f"output {n}") for n in range(1 << bits)]
    m = d.module("demux", f"demux1to{len(outs)}", "router", "distributor")
    for n, out in enumerate(outs):
        m.assign(out, f"({sel} == {lit(n, bits)}) ? {data} : {m.zero(size)}")
    return m.design(
        summaries=(
            f"a {size.words} 1-to-{len(outs)} demultiplexer: `{data}` goes to the output that `{sel}` "
            "selects, "
            f"{', '.join(f'`{p}` for {n}' for n, p in enumerate(outs))}; the others are 0",
        ),
        behaviour=(
            *(f"When `{sel}` is {n}, `{p}` equals `{data}`." for n, p in enumerate(outs)),
            "Outputs that are not selected are 0.",
        ),
        reference=lambda: Combinational(
            lambda i: {p.name: i[data.name] if i[sel.name] == n else 0 for n, p in enumerate(outs)}
        ),
    )
