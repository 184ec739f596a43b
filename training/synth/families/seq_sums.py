"""Accumulators, moving sums, running extremes, serial addition."""

from __future__ import annotations

from rtlwright.training.synth.design import Design, Size
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families import family
from rtlwright.training.synth.reference import Clocked, to_signed
from rtlwright.training.synth.rtl import when


@family("seq_accumulator")
def seq_accumulator(d: Draw) -> Design:
    """An accumulator with clear and optional enable."""
    size = d.size(4, 32)
    wide = Size(size.bits + d.pick((0, 2, 4, 8))) if not size.param else size
    d.clock()
    rst = d.reset()
    clear = d.input("clear", 1, "synchronous clear", bias=0.06)
    en = d.input("enable", 1, "add enable", bias=0.75) if d.chance(0.6) else None
    x = d.input("data", size, "value to add")
    acc = d.output("acc sum total accum acc_out", wide, "running sum")
    m = d.module("accumulator", "acc", "accum", "running_sum", "integrator")
    add, zero = [f"{acc} <= {acc} + {x};"], m.zero(wide)
    if en:
        body = when(clear.name, [f"{acc} <= {zero};"], (en.name, add))
    else:
        body = when(clear.name, [f"{acc} <= {zero};"], otherwise=add)
    m.clocked([body], [f"{acc} <= {zero};"], "clear or add")
    mask = (1 << wide.bits) - 1
    gated = f" with `{en}` high" if en else ""

    def step(s: int, i) -> int:
        if i[clear.name]:
            return 0
        return s + i[x.name] & mask if en is None or i[en.name] else s

    return m.design(
        summaries=(
            f"a {wide.words} accumulator: every clock edge{gated} adds `{x}` to `{acc}`; `{clear}` zeroes it",
            f"an unsigned accumulator of {size.words} values into the {wide.words} sum `{acc}`, with "
            f"`{clear}`",
        ),
        behaviour=(
            f"At a clock edge with `{clear}` high, `{acc}` becomes 0; this goes before adding.",
            f"Otherwise a clock edge{gated} adds the unsigned `{x}` to `{acc}`, which wraps around on "
            "overflow.",
        ),
        brief=False,
        reset_effect=f"clears `{acc}` to 0",
        vectors=80,
        reference=lambda: Clocked(step, lambda s, i: {acc.name: s}, reset=rst, init=0),
    )


@family("seq_mac")
def seq_mac(d: Draw) -> Design:
    """A multiply-accumulate unit, signed or unsigned."""
    size, signed = Size(d.width(4, 16)), d.chance(0.4)
    wide = Size(2 * size.bits + d.pick((0, 2, 4, 8)))
    d.clock()
    rst = d.reset()
    clear = d.input("clear", 1, "starts a new sum", bias=0.1)
    en = d.input("enable valid", 1, "operands are valid", bias=0.8)
    a = d.input("left", size, "first factor", signed=signed)
    b = d.input("right", size, "second factor", signed=signed)
    acc = d.output("acc mac_out sum result total", wide, "sum of products", signed=signed)
    m = d.module("mac", "mult_acc", "mac_unit", "dot_product", "fir_tap")
    m.clocked(
        [when(clear.name, [f"{acc} <= {m.zero(wide)};"], (en.name, [f"{acc} <= {acc} + {a} * {b};"]))],
        [f"{acc} <= {m.zero(wide)};"],
        "clear or accumulate",
    )
    read = (lambda v: to_signed(v, size.bits)) if signed else (lambda v: v)
    mask, kind = (1 << wide.bits) - 1, "signed" if signed else "unsigned"

    def step(s: int, i) -> int:
        if i[clear.name]:
            return 0
        return s + read(i[a.name]) * read(i[b.name]) & mask if i[en.name] else s

    return m.design(
        summaries=(
            f"{'a' if signed else 'an'} {kind} {size.bits} x {size.bits} multiply-accumulate unit with the "
            f"{wide.bits}-bit sum `{acc}`",
            f"a MAC: `{acc}` adds the {kind} product of `{a}` and `{b}` while `{en}` is high",
        ),
        behaviour=(
            f"At a clock edge with `{clear}` high, `{acc}` becomes 0, whatever `{en}` is.",
            f"Otherwise, with `{en}` high, the full {kind} product of `{a}` and `{b}` is added to `{acc}`.",
            f"`{acc}` wraps around on overflow and holds when both are low.",
        ),
        brief=False,
        reset_effect=f"clears `{acc}` to 0",
        vectors=72,
        reference=lambda: Clocked(step, lambda s, i: {acc.name: s}, reset=rst, init=0),
    )


@family("seq_moving_sum")
def seq_moving_sum(d: Draw) -> Design:
    """The sum or the average of the last 2 or 4 samples."""
    taps, size, average = d.pick((2, 4)), Size(d.width(4, 24)), d.chance(0.4)
    shift = taps.bit_length() - 1
    wide = Size(size.bits + shift)
    d.clock()
    rst = d.reset()
    en = d.input("valid enable", 1, "sample is valid", bias=0.75) if d.chance(0.5) else None
    x = d.input("sample data din x", size, "sample")
    y = d.output("average avg y mean" if average else "sum total y window_sum", size if average else wide,
                 f"{'average' if average else 'sum'} of the last {taps} samples")  # fmt: skip
    m = d.module("moving_average" if average else "moving_sum", "boxcar", "window_sum", "smooth", "fir_box")
    taps_ = [m.signal(f"s{n}", size) for n in range(taps)]
    moves = [f"{to} <= {source};" for to, source in zip(taps_, [x.name, *taps_], strict=False)]
    m.clocked([when(en.name, moves)] if en else moves, [f"{t} <= {m.zero(size)};" for t in taps_], "window")
    if average:
        total = m.signal("total", wide)
        m.assign(total, " + ".join(taps_), "sum")
        m.assign(y, f"{total}[{wide.bits - 1}:{shift}]", "divide by a power of two")
    else:
        m.assign(y, " + ".join(taps_), "sum")
    gated = f" with `{en}` high" if en else ""
    what = f"sum divided by {taps} (rounded down)" if average else "sum"
    return m.design(
        summaries=(
            f"a moving {'average' if average else 'sum'}: `{y}` is the {what} of the last {taps} samples "
            f"of `{x}`",
            f"a boxcar filter over {taps} samples of `{x}`; `{y}` is their {what}",
        ),
        behaviour=(
            f"Every clock edge{gated} takes `{x}` into a window of the last {taps} samples.",
            f"`{y}` is the {what} of the {taps} unsigned samples in the window, without loss of carries.",
        ),
        brief=en is None,
        reset_effect=f"clears all {taps} samples to 0",
        vectors=72,
        reference=lambda: Clocked(
            lambda s, i: (i[x.name], *s[:-1]) if en is None or i[en.name] else s,
            lambda s, i: {y.name: sum(s) // taps if average else sum(s)},
            reset=rst,
            init=(0,) * taps,
        ),
    )


@family("seq_running_extreme")
def seq_running_extreme(d: Draw) -> Design:
    """The running maximum or minimum."""
    size, largest, signed = d.size(4, 32, share=0.0), d.chance(0.5), d.chance(0.25)
    edge = 1 << size.bits - 1
    lowest, highest = (edge, edge - 1) if signed else (0, 2 * edge - 1)
    start = lowest if largest else highest
    d.clock()
    rst = d.reset()
    clear = d.input("clear", 1, "restarts the search", bias=0.06)
    valid = d.input("valid enable", 1, "sample is valid", bias=0.75) if d.chance(0.6) else None
    x = d.input("sample data x value", size, "sample", signed=signed)
    y = d.output("max" if largest else "min", size, "extreme so far", signed=signed)
    name = "max" if largest else "min"
    m = d.module(f"running_{name}", f"{name}_tracker", f"peak_{name}", f"{name}_hold", f"{name}_finder")
    wanted = f"{x} {'>' if largest else '<'} {y}"
    begin = f"{y} <= {size.bits}'h{start:X};"
    m.clocked(
        [when(clear.name, [begin], (f"{valid} && {wanted}" if valid else wanted, [f"{y} <= {x};"]))],
        [begin],
        "keep the extreme",
    )
    read = (lambda v: to_signed(v, size.bits)) if signed else (lambda v: v)
    choose = max if largest else min

    def step(s: int, i) -> int:
        if i[clear.name]:
            return start
        return choose(s, i[x.name], key=read) if valid is None or i[valid.name] else s

    kind = "signed" if signed else "unsigned"
    word = "maximum" if largest else "minimum"
    gated = f" with `{valid}` high" if valid else ""
    return m.design(
        summaries=(
            f"a running {kind} {word}: `{y}` is the {word} of all `{x}` sampled{gated} since the last "
            f"`{clear}`",
            f"a {word} tracker for {kind} {size.words} samples of `{x}`",
        ),
        behaviour=(
            f"At a clock edge with `{clear}` high, `{y}` becomes 0x{start:X} and `{x}` is ignored.",
            f"Otherwise a clock edge{gated} replaces `{y}` by `{x}` if `{x}` is "
            f"{'greater' if largest else 'less'} ({kind}).",
        ),
        brief=False,
        reset_effect=f"sets `{y}` to 0x{start:X}",
        vectors=80,
        reference=lambda: Clocked(step, lambda s, i: {y.name: s}, reset=rst, init=start),
    )


@family("seq_serial_adder")
def seq_serial_adder(d: Draw) -> Design:
    """A bit-serial adder or subtractor, least significant bit first."""
    subtract = d.chance(0.3)
    d.clock()
    rst = d.reset()
    start = d.input("start first clr sync_start frame", 1, "high with the first bits", bias=0.15)
    a = d.input("left", 1, "bit of the first operand")
    b = d.input("right", 1, "bit of the second operand")
    y = d.output("difference" if subtract else "sum", 1, "bit of the result")
    m = d.module("serial_sub" if subtract else "serial_adder", "bit_serial", "serial_alu", "serial_unit")
    carry, cin = m.signal("borrow" if subtract else "carry"), m.signal("bin" if subtract else "cin")
    m.assign(cin, f"{start} ? 1'b0 : {carry}", "the first bits have none")
    m.assign(y, f"{a} ^ {b} ^ {cin}")
    left = f"~{a}" if subtract else a.name
    m.clocked(
        [f"{carry} <= ({left} & {b}) | ({left} & {cin}) | ({b} & {cin});"],
        [f"{carry} <= 1'b0;"],
        "keep for the next bits",
    )

    def total(s: int, i) -> int:
        given = 0 if i[start.name] else s
        return i[a.name] - i[b.name] - given if subtract else i[a.name] + i[b.name] + given

    word, verb = ("borrow", "subtractor") if subtract else ("carry", "adder")
    return m.design(
        summaries=(
            f"a bit-serial {verb}: `{y}` is the {'difference' if subtract else 'sum'} of `{a}` and "
            f"`{b}`, least "
            "significant bits first",
            f"a serial {verb} with a stored {word}, restarted by `{start}`",
        ),
        behaviour=(
            "Operands arrive one bit per clock cycle, the least significant first.",
            f"The {word} in is 0 while `{start}` is high and the stored {word} otherwise.",
            f"`{y}` is combinational: `{a}` {'minus' if subtract else 'plus'} `{b}` "
            f"{'minus' if subtract else 'plus'} the {word} in, modulo 2.",
            f"Every clock edge stores the {word} out of this {'subtraction' if subtract else 'addition'}.",
        ),
        brief=False,
        reset_effect=f"clears the stored {word}",
        vectors=80,
        reference=lambda: Clocked(
            lambda s, i: int(total(s, i) < 0 if subtract else total(s, i) > 1),
            lambda s, i: {y.name: total(s, i) & 1},
            reset=rst,
            init=0,
        ),
    )
