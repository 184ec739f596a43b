"""Designs of a top module that only connects helper modules."""

from __future__ import annotations

from rtlwright.training.synth.design import Design, Port, Size
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families import family
from rtlwright.training.synth.families.seq_helpers import calm
from rtlwright.training.synth.reference import Clocked, Combinational
from rtlwright.training.synth.rtl import Module, lit, when


def _in(name: str, size: Size | int = 1) -> Port:
    return Port(name, "input", Size(size) if isinstance(size, int) else size, "")


def _out(name: str, size: Size | int = 1) -> Port:
    return Port(name, "output", Size(size) if isinstance(size, int) else size, "")


def _helper(d: Draw, stems: str, *ports: Port, clocked: bool = False) -> Module:
    """A helper in the style of the top; a clocked one has the top's clock and reset under their names."""
    shared = [p for p in d.ports if p.name in (str(d.clk), str(d.rst))] if clocked else []
    clk, rst = (d.clk, d.rst) if clocked else (None, None)
    return Module(d.name(stems), d.family, d.style, (*shared, *ports), (), clk, rst, lambda name: name)


def _place(top: Module, helper: Module, pins: dict[str, str], label: str = "") -> None:
    """Instantiate a helper as `u_<name>`; clock and reset connect to themselves."""
    nets = [(p.name, pins.get(p.name, p.name)) for p in helper.ports]
    top.raw(top.instance(helper.name, label or f"u_{helper.name}", nets))


def _interface(helper: Module) -> str:
    """`name` with its ports, so that a stranger can write it."""
    sides = {"input": [], "output": []}
    for p in helper.ports:
        sides[p.direction].append(f"`{p}{p.range_text}`")
    return (
        f"Helper module `{helper.name}` (in: {', '.join(sides['input'])}; out: {', '.join(sides['output'])})"
    )


@family("seq_hier_pwm")
def seq_hier_pwm(d: Draw) -> Design:
    """A counter and a comparator that make a PWM."""
    size = d.size(3, 10, share=0.0)
    d.clock()
    rst = d.reset()
    level = d.input("level duty threshold compare", size, "threshold")
    out = d.output("pwm out wave active", 1, "high while the count is less than the threshold")
    counter = _helper(d, "counter up_counter ramp", _out("q", size), clocked=True)
    less = _helper(d, "comparator less_than cmp", _in("a", size), _in("b", size), _out("lt"))
    m = d.module("pwm_top", "pwm", "ramp_compare", "threshold_gen")
    count = m.signal("count", size)
    _place(m, counter, {"q": count})
    _place(m, less, {"a": count, "b": level.name, "lt": out.name})
    counter.clocked([f"q <= q + {lit(1, size)};"], [f"q <= {m.zero(size)};"])
    less.assign("lt", "a < b")
    m.submodule(counter)
    m.submodule(less)
    return m.design(
        summaries=(
            f"a {size.words} PWM made of a counter `{counter.name}` and a comparator `{less.name}`",
            f"a hierarchical design: `{counter.name}` counts, `{less.name}` compares with `{level}` and "
            f"drives `{out}`",
        ),
        behaviour=(
            f"{_interface(counter)}: `q` increases by 1 at every clock edge and wraps.",
            f"{_interface(less)}: `lt` is 1 when `a` is less than `b`, unsigned.",
            f"The top instantiates both, compares the count as `a` with `{level}` as `b`, and drives "
            f"`{out}`.",
        ),
        brief=False,
        reset_effect="clears the counter to 0",
        stimulus=calm(d, 90, resets=0.02),
        reference=lambda: Clocked(
            lambda s, i: (s + 1) % (1 << size.bits),
            lambda s, i: {out.name: int(s < i[level.name])},
            reset=rst,
            init=0,
        ),
    )


@family("seq_hier_edge_counter")
def seq_hier_edge_counter(d: Draw) -> Design:
    """An edge detector and an enabled counter."""
    size, falling = d.size(2, 12, share=0.0), d.chance(0.35)
    d.clock()
    rst = d.reset()
    x = d.input("signal", 1, "monitored signal")
    total = d.output("count", size, "number of edges")
    kind = "falling" if falling else "rising"
    edge = _helper(d, f"edge_detect {kind}_edge pulse_gen", _in("d"), _out("pulse"), clocked=True)
    counter = _helper(d, "counter en_counter up_counter", _in("en"), _out("q", size), clocked=True)
    m = d.module("edge_counter", "pulse_count", "transition_counter", "edge_count")
    pulse = m.signal("pulse")
    _place(m, edge, {"d": x.name, "pulse": pulse})
    _place(m, counter, {"en": pulse, "q": total.name})
    prev = edge.signal("d_prev")
    edge.clocked([f"{prev} <= d;"], [f"{prev} <= 1'b0;"])
    edge.assign("pulse", f"!d && {prev}" if falling else f"d && !{prev}")
    counter.clocked([when("en", [f"q <= q + {lit(1, size)};"])], [f"q <= {m.zero(size)};"])
    m.submodule(edge)
    m.submodule(counter)

    def step(s: tuple[int, int], i) -> tuple[int, int]:
        now, before = i[x.name], s[0]
        return now, s[1] + int(before > now if falling else before < now)

    changed = "low after the previous edge sampled it high" if falling else "high after it was sampled low"
    return m.design(
        summaries=(
            f"a counter of {kind} edges of `{x}` made of `{edge.name}` and `{counter.name}`",
            f"a {size.words} {kind}-edge counter which connects the detector `{edge.name}` to "
            f"`{counter.name}`",
        ),
        behaviour=(
            f"{_interface(edge)}: `pulse` is combinational, 1 while `d` is {'0' if falling else '1'} and was "
            f"{'1' if falling else '0'} at the previous clock edge; the reset clears the stored `d` to 0.",
            f"{_interface(counter)}: `q` increases by 1 at a clock edge with `en` high and wraps.",
            f"The top instantiates both: `{total}` counts the clock edges that sample `{x}` {changed}.",
        ),
        brief=False,
        reset_effect=f"clears `{total}` and the previous value of `{x}` to 0",
        stimulus=calm(d, 90, resets=0.02),
        reference=lambda: Clocked(step, lambda s, i: {total.name: s[1]}, reset=rst, init=(0, 0)),
    )


@family("seq_hier_pipeline")
def seq_hier_pipeline(d: Draw) -> Design:
    """Two or three instances of one register module in a row."""
    size, stages = d.size(1, 32, share=0.0), d.pick((2, 2, 3))
    d.clock()
    rst = d.reset()
    x = d.input("data", size, "input data")
    y = d.output("result", size, f"input data of {stages} edges ago")
    reg = _helper(d, "register stage dff d_reg", _in("d", size), _out("q", size), clocked=True)
    m = d.module("pipeline", "reg_chain", "delay_chain", "stages")
    nets = [x.name, *(m.signal(f"stage{n}", size) for n in range(1, stages)), y.name]
    for n in range(stages):
        _place(m, reg, {"d": nets[n], "q": nets[n + 1]}, f"u_stage{n}")
    reg.clocked(["q <= d;"], [f"q <= {m.zero(size)};"])
    m.submodule(reg)
    return m.design(
        summaries=(
            f"a chain of {stages} instances of the {size.words} register module `{reg.name}` from `{x}` "
            f"to `{y}`",
            f"a hierarchical delay of {stages} clock cycles from `{x}` to `{y}` made of `{reg.name}` "
            "instances",
        ),
        behaviour=(
            f"{_interface(reg)}: `q` takes `d` at every clock edge.",
            f"The top connects {stages} instances in a row, so `{y}` is `{x}` of {stages} clock edges ago.",
        ),
        brief=False,
        reset_effect="clears every register to 0",
        vectors=64,
        reference=lambda: Clocked(
            lambda s, i: (i[x.name], *s[:-1]), lambda s, i: {y.name: s[-1]}, reset=rst, init=(0,) * stages
        ),
    )


@family("seq_hier_mux_register")
def seq_hier_mux_register(d: Draw) -> Design:
    """A multiplexer module in front of a register module."""
    size = d.size(2, 32, share=0.0)
    d.clock()
    rst = d.reset()
    a = d.input("left", size, "data for select 0")
    b = d.input("right", size, "data for select 1")
    sel = d.input("select", 1, "select")
    y = d.output("result", size, "registered selected data")
    mux = _helper(d, "mux2 mux selector", _in("a", size), _in("b", size), _in("sel"), _out("y", size))
    reg = _helper(d, "register dff d_reg", _in("d", size), _out("q", size), clocked=True)
    m = d.module("mux_reg", "select_stage", "input_stage", "reg_mux")
    chosen = m.signal("chosen", size)
    _place(m, mux, {"a": a.name, "b": b.name, "sel": sel.name, "y": chosen})
    _place(m, reg, {"d": chosen, "q": y.name})
    mux.assign("y", "sel ? b : a")
    reg.clocked(["q <= d;"], [f"q <= {m.zero(size)};"])
    m.submodule(mux)
    m.submodule(reg)
    return m.design(
        summaries=(
            f"a registered {size.words} 2-to-1 multiplexer made of the modules `{mux.name}` and `{reg.name}`",
            f"a hierarchy in which `{mux.name}` selects `{a}` or `{b}` by `{sel}` and `{reg.name}` "
            f"stores it in `{y}`",
        ),
        behaviour=(
            f"{_interface(mux)}: `y` is `b` when `sel` is 1, else `a`.",
            f"{_interface(reg)}: `q` takes `d` at every clock edge.",
            f"At each clock edge `{y}` takes `{b}` if `{sel}` is 1, else `{a}`.",
        ),
        brief=False,
        reset_effect=f"clears `{y}` to 0",
        vectors=64,
        reference=lambda: Clocked(
            lambda s, i: i[(b if i[sel.name] else a).name], lambda s, i: {y.name: s}, reset=rst, init=0
        ),
    )


@family("seq_hier_ripple_adder")
def seq_hier_ripple_adder(d: Draw) -> Design:
    """A ripple-carry adder of full-adder instances."""
    bits = d.integer(2, 4)
    size = Size(bits)
    a, b = d.input("left", size, "first operand"), d.input("right", size, "second operand")
    cin = d.input("carry_in", 1, "carry in")
    total, cout = d.output("sum", size, "sum"), d.output("carry_out", 1, "carry out")
    full = _helper(
        d, "full_adder fa add1 adder_cell", _in("a"), _in("b"), _in("cin"), _out("sum"), _out("cout")
    )
    m = d.module("ripple_adder", f"adder{bits}", "rca", "ripple_carry")
    carry = m.signal("carry", bits - 1)
    inner = [carry if bits == 2 else f"{carry}[{n}]" for n in range(bits - 1)]
    carries = [cin.name, *inner, cout.name]
    for n in range(bits):
        pins = {p.name: f"{net}[{n}]" for p, net in zip(full.ports, (a, b), strict=False)}
        pins |= {"cin": carries[n], "sum": f"{total}[{n}]", "cout": carries[n + 1]}
        _place(m, full, pins, f"u_fa{n}")
    full.assign("sum", "a ^ b ^ cin")
    full.assign("cout", "(a & b) | (a & cin) | (b & cin)")
    m.submodule(full)
    add = lambda i: i[a.name] + i[b.name] + i[cin.name]  # noqa: E731
    return m.design(
        summaries=(
            f"a {bits}-bit ripple-carry adder made of {bits} instances of the full adder `{full.name}`",
            f"a hierarchical adder of `{a}`, `{b}` and `{cin}` from {bits} `{full.name}` instances",
        ),
        behaviour=(
            f"{_interface(full)}: a one-bit full adder.",
            f"Instance n adds bit n of `{a}` and `{b}` with the carry of instance n-1, the first with "
            f"`{cin}`.",
            f"The sum bits form `{total}`, the last carry is `{cout}`.",
        ),
        brief=False,
        vectors=64,
        reference=lambda: Combinational(lambda i: {total.name: add(i), cout.name: add(i) >> bits}),
    )
