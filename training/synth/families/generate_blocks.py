"""Designs written with generate loops, and hierarchies of instances."""

from __future__ import annotations

from rtlwright.training.synth.design import Design, Inputs, Size
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families import family
from rtlwright.training.synth.families.seq_helpers import calm
from rtlwright.training.synth.families.seq_hierarchy import _helper, _in, _interface, _out, _place
from rtlwright.training.synth.reference import Clocked, Combinational
from rtlwright.training.synth.rtl import Module, case, lit, when


def _generate(m: Module, stop: str, label: str, lines: list[str], start: str = "0") -> None:
    """A generate loop over `g`."""
    body = "\n".join(f"\t\t\t{line}" for line in lines)
    m.raw(
        f"\tgenvar g;\n\tgenerate\n\t\tfor (g = {start}; g < {stop}; g = g + 1) begin : {label}\n{body}\n"
        "\t\tend\n\tendgenerate"
    )


@family("gen_gray_to_binary")
def gen_gray_to_binary(d: Draw) -> Design:
    """Gray to binary with a generate loop."""
    size = d.size(3, 16, share=0.5)
    gray, out = d.input("gray g_in code", size, "Gray code"), d.output("binary", size, "binary number")
    m = d.module("gray2bin", "gray_to_bin", "gray_decode", "g2b_gen")
    last = f"{size.text}-1" if size.param else str(size.bits - 1)
    m.assign(f"{out}[{last}]", f"{gray}[{last}]", "the top bit is the same")
    _generate(m, last, "gen_bit", [f"assign {out}[g] = {out}[g+1] ^ {gray}[g];"])

    def value(i: Inputs) -> dict[str, int | None]:
        x, shift = i[gray.name], 1
        while shift < size.bits:
            x ^= x >> shift
            shift *= 2
        return {out.name: x}

    return m.design(
        summaries=(
            f"a {size.words} Gray to binary converter from `{gray}` to `{out}`, written with a generate loop",
            f"a Gray code decoder with a generate loop: each bit of `{out}` is the bit above it XOR "
            "the same bit "
            f"of `{gray}`",
        ),
        behaviour=(
            f"The top bit of `{out}` is the top bit of `{gray}`.",
            f"Every other bit of `{out}` is the XOR of the next higher bit of `{out}` and the same bit of "
            f"`{gray}`. Use a generate loop.",
        ),
        reference=lambda: Combinational(value),
    )


@family("gen_ripple_adder")
def gen_ripple_adder(d: Draw) -> Design:
    """A ripple-carry adder of full-adder equations in a generate loop."""
    size = d.size(2, 32, share=0.5)
    a, b = d.input("left", size, "first operand"), d.input("right", size, "second operand")
    cin = d.input("carry_in", 1, "carry in")
    s, cout = d.output("sum", size, "sum"), d.output("carry_out", 1, "carry out")
    m = d.module("ripple_adder", "gen_adder", "rca", "ripple_gen")
    carry = m.signal("carry", Size(size.bits + 1) if not size.param else _Wide(size.bits + 1, size.param))
    m.assign(f"{carry}[0]", cin.name)
    m.assign(cout, f"{carry}[{size.text}]")
    _generate(
        m,
        size.text,
        "gen_fa",
        [
            f"assign {s}[g] = {a}[g] ^ {b}[g] ^ {carry}[g];",
            f"assign {carry}[g+1] = ({a}[g] & {b}[g]) | ({a}[g] & {carry}[g]) | ({b}[g] & {carry}[g]);",
        ],
    )
    add = lambda i: i[a.name] + i[b.name] + i[cin.name]  # noqa: E731
    return m.design(
        summaries=(
            f"a {size.words} ripple-carry adder with a generate loop: `{s}` and `{cout}` are `{a}` + `{b}` + "
            f"`{cin}`",
            f"a generated ripple-carry adder of `{a}`, `{b}` and `{cin}` with sum `{s}` and carry out "
            f"`{cout}`",
        ),
        behaviour=(
            f"A generate loop has one full adder for each bit, the first with the carry `{cin}`.",
            f"`{s}` holds the sum bits and `{cout}` the last carry.",
        ),
        reference=lambda: Combinational(lambda i: {s.name: add(i), cout.name: add(i) >> size.bits}),
    )


class _Wide(Size):
    """One bit more than a parameter: `[WIDTH:0]`."""

    @property
    def range(self) -> str:
        return f"[{self.param}:0]"


@family("gen_bitwise")
def gen_bitwise(d: Draw) -> Design:
    """A bitwise operation with a generate loop."""
    name, op = d.pick(
        (("AND", "&"), ("OR", "|"), ("XOR", "^"), ("NAND", "~&"), ("NOR", "~|"), ("XNOR", "~^"))
    )
    size = d.size(2, 64, share=0.5)
    a, b = d.input("left", size, "first operand"), d.input("right", size, "second operand")
    y = d.output("result", size, "result")
    m = d.module(f"gen_{name.lower()}", "bitwise_gen", "vector_gate", f"{name.lower()}_array")
    text = f"~({a}[g] {op[1]} {b}[g])" if len(op) == 2 else f"{a}[g] {op} {b}[g]"
    _generate(m, size.text, "gen_gate", [f"assign {y}[g] = {text};"])
    ones = (1 << size.bits) - 1

    def value(i: Inputs) -> dict[str, int | None]:
        x, w = i[a.name], i[b.name]
        r = {"&": x & w, "|": x | w, "^": x ^ w}[op[-1]]
        return {y.name: r ^ ones if len(op) == 2 else r}

    return m.design(
        summaries=(
            f"a {size.words} bitwise {name} of `{a}` and `{b}` on `{y}`, written with a generate loop",
            f"an array of {name} gates, one for each bit of `{a}` and `{b}`, made by a generate loop; "
            "the output "
            f"is `{y}`",
        ),
        behaviour=(f"A generate loop makes each bit of `{y}` the {name} of the bits of `{a}` and `{b}`.",),
        reference=lambda: Combinational(value),
    )


@family("gen_reverse")
def gen_reverse(d: Draw) -> Design:
    """Bit reversal with a generate loop."""
    size = d.size(3, 32, share=0.5)
    x, y = d.input("data", size, "word"), d.output("result", size, "reversed word")
    m = d.module("gen_reverse", "mirror_gen", "flip_gen")
    _generate(m, size.text, "gen_bit", [f"assign {y}[g] = {x}[{size.text}-1-g];"])
    return m.design(
        summaries=(f"a reversal of the {size.words} `{x}` on `{y}` with a generate loop",),
        behaviour=(f"A generate loop makes bit n of `{y}` bit {size.text}-1-n of `{x}`.",),
        reference=lambda: Combinational(lambda i: {y.name: int(f"{i[x.name]:0{size.bits}b}"[::-1], 2)}),
    )


@family("gen_pipeline")
def gen_pipeline(d: Draw) -> Design:
    """A pipeline of registers in a generate loop, the depth a parameter."""
    data, depth = d.size(1, 32, share=0.0), d.integer(2, 6)
    stages = d.parameter(d.pick(("STAGES", "DEPTH", "LATENCY")), depth, "number of registers").name
    d.clock()
    rst = d.reset()
    x, y = d.input("data", data, "input"), d.output("result", data, "delayed input")
    m = d.module("gen_pipeline", "delay_gen", "pipe_gen", "latency_pipe")
    pipe = m.signal("pipe", data, array=f"[0:{stages}]")
    m.assign(f"{pipe}[0]", x.name, "first in, last out")
    m.assign(y, f"{pipe}[{stages}]")
    edges = f"{m.clk.edge} {m.clk}"  # type: ignore[union-attr]
    register = m.signal("stage", data, array=f"[0:{stages}-1]")
    keyword = "always_ff" if d.style.systemverilog else "always"
    if rst and rst.asynchronous:
        edges += f" or {'negedge' if rst.active_low else 'posedge'} {rst}"
    lines = [f"assign {pipe}[g+1] = {register}[g];", f"{keyword} @({edges}) begin"]
    if rst:
        condition = f"!{rst}" if rst.active_low else f"{rst}"
        lines += [
            f"\tif ({condition}) begin", f"\t\t{register}[g] <= {m.zero(data)};", "\tend else begin",
            f"\t\t{register}[g] <= {pipe}[g];", "\tend",
        ]  # fmt: skip
    else:
        lines += [f"\t{register}[g] <= {pipe}[g];"]
    _generate(m, stages, "gen_stage", [*lines, "end"])
    m._procedural.add(register)
    return m.design(
        summaries=(
            f"a pipeline of `{stages}` registers from `{x}` to `{y}` in a generate loop",
            f"a generated delay of `{stages}` clock cycles for the {data.words} `{x}`, with output `{y}`",
        ),
        behaviour=(
            f"A generate loop makes `{stages}` registers in a row; the first takes `{x}` at every "
            "clock edge and "
            f"the last drives `{y}`.",
        ),
        reset_effect="clears every register to 0",
        vectors=60,
        reference=lambda: Clocked(
            lambda s, i: (i[x.name], *s[:-1]), lambda s, i: {y.name: s[-1]}, reset=rst, init=(0,) * depth
        ),
    )


@family("hier_mux4")
def hier_mux4(d: Draw) -> Design:
    """A 4-to-1 multiplexer made of three 2-to-1 multiplexers."""
    size = d.size(1, 32, share=0.0)
    stem = d.pick(("in", "d", "data", "src"))
    ins = [d.input(f"{stem}{n}", size, f"data {n}") for n in range(4)]
    sel, y = d.input("select", 2, "select"), d.output("result", size, "selected data")
    mux = _helper(d, "mux2 mux2to1 sel2", _in("a", size), _in("b", size), _in("s"), _out("y", size))
    m = d.module("mux4", "mux4_tree", "mux_tree", "hier_mux")
    low, high = m.signal("low", size), m.signal("high", size)
    for label, a, b, s, out in (
        ("u_low", ins[0].name, ins[1].name, f"{sel}[0]", low),
        ("u_high", ins[2].name, ins[3].name, f"{sel}[0]", high),
        ("u_out", low, high, f"{sel}[1]", y.name),
    ):
        _place(m, mux, {"a": a, "b": b, "s": s, "y": out}, label)
    mux.assign("y", "s ? b : a")
    m.submodule(mux)
    names = ", ".join(f"`{p}`" for p in ins)
    return m.design(
        summaries=(
            f"a 4-to-1 multiplexer of {names} on `{y}`, made of three instances of `{mux.name}`",
            f"a multiplexer tree of three `{mux.name}`: `{sel}` selects one of {names} as `{y}`",
        ),
        behaviour=(
            f"{_interface(mux)}: `y` is `b` when `s` is 1, else `a`.",
            f"Two instances select by `{sel}[0]`, the third selects between them by `{sel}[1]`.",
        ),
        brief=False,
        vectors=60,
        reference=lambda: Combinational(lambda i: {y.name: i[ins[i[sel.name]].name]}),
    )


@family("hier_alu")
def hier_alu(d: Draw) -> Design:
    """An arithmetic unit, a logic unit and the choice between them."""
    size = d.size(4, 32, share=0.0)
    a, b = d.input("left", size, "first operand"), d.input("right", size, "second operand")
    op, y = d.input("opcode", 2, "operation"), d.output("result", size, "result")
    arith = _helper(d, "arith_unit add_sub au", _in("a", size), _in("b", size), _in("sub"), _out("y", size))
    logic = _helper(d, "logic_unit and_or lu", _in("a", size), _in("b", size), _in("sel"), _out("y", size))
    m = d.module("alu_top", "hier_alu", "alu", "small_alu")
    ya, yl = m.signal("arith_y", size), m.signal("logic_y", size)
    _place(m, arith, {"a": a.name, "b": b.name, "sub": f"{op}[0]", "y": ya})
    _place(m, logic, {"a": a.name, "b": b.name, "sel": f"{op}[0]", "y": yl})
    m.assign(y, f"{op}[1] ? {yl} : {ya}", "choice")
    arith.assign("y", "sub ? a - b : a + b")
    logic.assign("y", "sel ? a | b : a & b")
    m.submodule(arith)
    m.submodule(logic)

    def value(i: Inputs) -> dict[str, int | None]:
        x, w = i[a.name], i[b.name]
        return {y.name: (x + w, x - w, x & w, x | w)[i[op.name]]}

    return m.design(
        summaries=(
            f"a {size.words} ALU made of `{arith.name}` and `{logic.name}`: `{op}` = 0, 1, 2, 3 gives "
            f"`{a}` + "
            f"`{b}`, `{a}` - `{b}`, `{a}` & `{b}`, `{a}` | `{b}` on `{y}`",
        ),
        behaviour=(
            f"{_interface(arith)}: `y` is `a` - `b` when `sub` is 1, else `a` + `b`.",
            f"{_interface(logic)}: `y` is `a` | `b` when `sel` is 1, else `a` & `b`.",
            f"Both get `{op}[0]`; `{y}` is the logic result when `{op}[1]` is 1, else the arithmetic one.",
        ),
        vectors=60,
        reference=lambda: Combinational(value),
    )


@family("hier_prescaled_counter")
def hier_prescaled_counter(d: Draw) -> Design:
    """A tick generator that enables a counter."""
    divide, size = d.integer(3, 12), d.size(2, 8, share=0.0)
    bits = (divide - 1).bit_length()
    d.clock()
    rst = d.reset()
    q = d.output("count", size, "slow count")
    pre = _helper(d, "prescaler tick_gen divider", _out("tick"), clocked=True)
    counter = _helper(d, "counter en_counter slow_counter", _in("en"), _out("q", size), clocked=True)
    m = d.module("slow_counter", "timer_top", "prescaled_counter", "tick_counter")
    tick = m.signal("tick")
    _place(m, pre, {"tick": tick})
    _place(m, counter, {"en": tick, "q": q.name})
    cnt = pre.signal("cnt", bits)
    last = f"{cnt} == {lit(divide - 1, bits)}"
    pre.clocked(
        [when(last, [f"{cnt} <= {lit(0, bits)};"], otherwise=[f"{cnt} <= {cnt} + {lit(1, bits)};"])],
        [f"{cnt} <= {lit(0, bits)};"],
    )
    pre.assign("tick", last)
    counter.clocked([when("en", [f"q <= q + {lit(1, size)};"])], [f"q <= {m.zero(size)};"])
    m.submodule(pre)
    m.submodule(counter)
    return m.design(
        summaries=(
            f"a {size.words} counter `{q}` that advances every {divide} clock cycles, made of "
            f"`{pre.name}` and "
            f"`{counter.name}`",
        ),
        behaviour=(
            f"{_interface(pre)}: counts 0 to {divide - 1}; `tick` is 1 while the count is {divide - 1}.",
            f"{_interface(counter)}: `q` increases by 1 at a clock edge with `en` high.",
            f"The top connects `tick` to `en` and `q` to `{q}`.",
        ),
        brief=False,
        reset_effect="clears both counters to 0",
        stimulus=calm(d, 90, resets=0.01),
        reference=lambda: Clocked(
            lambda s, i: s + 1,
            lambda s, i: {q.name: s // divide},
            reset=rst,
            init=0,
        ),
    )


@family("hier_decimal_display")
def hier_decimal_display(d: Draw) -> Design:
    """A decimal counter that drives a one-digit display through a decoder."""
    d.clock()
    rst = d.reset()
    en = d.input("enable", 1, "count enable", bias=0.8)
    seg = d.output("segments", 7, "segments {g,f,e,d,c,b,a}")
    counter = _helper(d, "decade_counter bcd_counter digit_counter", _in("en"), _out("q", 4), clocked=True)
    decoder = _helper(d, "seg_decoder hex7 digit_decoder", _in("d", 4), _out("seg", 7))
    m = d.module("digit_display", "counter_display", "seg_counter", "display_top")
    digit = m.signal("digit", 4)
    _place(m, counter, {"en": en.name, "q": digit})
    _place(m, decoder, {"d": digit, "seg": seg.name})
    up = when("q == 4'd9", ["q <= 4'd0;"], otherwise=["q <= q + 4'd1;"])
    counter.clocked([when("en", [up])], ["q <= 4'd0;"])
    lit_by_digit = ["abcdef", "bc", "abged", "abgcd", "fgbc", "afgcd", "afgedc", "abc", "abcdefg", "abcdfg"]
    codes = [sum(1 << "abcdefg".index(s) for s in shown) for shown in lit_by_digit]
    arms = [(lit(n, 4), [f"seg = {lit(code, 7, 'b')};"]) for n, code in enumerate(codes)]
    decoder.comb([case("d", arms, ["seg = 7'b0000000;"])])
    m.submodule(counter)
    m.submodule(decoder)
    return m.design(
        summaries=(
            f"a decimal digit counter with display: `{counter.name}` counts 0 to 9 while `{en}` is high and "
            f"`{decoder.name}` drives the active-high segments `{seg}` ({{g,f,e,d,c,b,a}})",
        ),
        behaviour=(
            f"{_interface(counter)}: `q` counts 0 to 9 and wraps, at clock edges with `en` high.",
            f"{_interface(decoder)}: the segments of the digit, bit 0 being segment a, active high.",
        ),
        reset_effect="clears the digit to 0",
        stimulus=calm(d, 60, resets=0.02),
        reference=lambda: Clocked(
            lambda s, i: (s + i[en.name]) % 10, lambda s, i: {seg.name: codes[s]}, reset=rst, init=0
        ),
    )


@family("hier_two_registers")
def hier_two_registers(d: Draw) -> Design:
    """Two enabled registers and an adder module."""
    size = d.size(4, 16, share=0.0)
    d.clock()
    rst = d.reset()
    x = d.input("data", size, "data")
    la, lb = d.input("load_a ld_a", 1, "load the first"), d.input("load_b ld_b", 1, "load the second")
    y = d.output("sum", size, "sum of both registers")
    reg = _helper(d, "en_reg register_en", _in("en"), _in("d", size), _out("q", size), clocked=True)
    add = _helper(d, "adder add_unit", _in("a", size), _in("b", size), _out("y", size))
    m = d.module("two_regs_add", "acc_pair", "pair_sum")
    qa, qb = m.signal("qa", size), m.signal("qb", size)
    _place(m, reg, {"en": la.name, "d": x.name, "q": qa}, "u_a")
    _place(m, reg, {"en": lb.name, "d": x.name, "q": qb}, "u_b")
    _place(m, add, {"a": qa, "b": qb, "y": y.name})
    reg.clocked([when("en", ["q <= d;"])], [f"q <= {m.zero(size)};"])
    add.assign("y", "a + b")
    m.submodule(reg)
    m.submodule(add)
    return m.design(
        summaries=(
            f"two instances of `{reg.name}` that load `{x}` by `{la}` and `{lb}`, and an instance of "
            f"`{add.name}` that adds them to `{y}`",
        ),
        behaviour=(
            f"{_interface(reg)}: `q` takes `d` at a clock edge with `en` high.",
            f"{_interface(add)}: `y` is `a` + `b`.",
            f"One register is enabled by `{la}`, the other by `{lb}`; `{y}` is their sum.",
        ),
        brief=False,
        reset_effect="clears both registers to 0",
        vectors=60,
        reference=lambda: Clocked(
            lambda s, i: (i[x.name] if i[la.name] else s[0], i[x.name] if i[lb.name] else s[1]),
            lambda s, i: {y.name: sum(s)},
            reset=rst,
            init=(0, 0),
        ),
    )
