"""Arithmetic over several clock cycles: dividers, multipliers, filters, systolic cells."""

from __future__ import annotations

from rtlwright.training.synth.design import Design, Inputs, Size
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families import family
from rtlwright.training.synth.families.seq_helpers import calm, log2
from rtlwright.training.synth.phrases import during, gated, on
from rtlwright.training.synth.reference import Clocked, to_signed
from rtlwright.training.synth.rtl import lit, when


@family("seq_divider")
def seq_divider(d: Draw) -> Design:
    """A restoring divider, one bit per clock."""
    bits = d.pick((4, 6, 8, 8, 10))
    size, width = Size(bits), log2(bits + 1)
    d.clock()
    rst = d.reset()
    start = d.input("start", 1, "starts a division", bias=0.3)
    a, b = d.input("dividend num a", size, "dividend"), d.input("divisor den b", size, "divisor")
    q = d.output("quotient quot q", size, "quotient")
    r = d.output("remainder rem r", size, "remainder")
    busy = d.output("busy", 1, "high during a division")
    m = d.module("divider", "seq_divider", "restoring_div", "div_unit")
    den, left, trial = m.signal("den", size), m.signal("steps_left", width), m.signal("trial", bits + 1)
    m.assign(trial, f"{{{r}, {q}[{bits - 1}]}} - {den}", "try to subtract the divisor")
    m.assign(busy, f"{left} != {lit(0, width)}")
    load = [f"{q} <= {a};", f"{r} <= {lit(0, bits)};", f"{den} <= {b};", f"{left} <= {lit(bits, width)};"]
    m.clocked(
        [
            when(
                busy.name,
                [
                    f"{q} <= {{{q}[{bits - 2}:0], ~{trial}[{bits}]}};",
                    f"{r} <= {trial}[{bits}] ? {{{r}[{bits - 2}:0], {q}[{bits - 1}]}} : "
                    f"{trial}[{bits - 1}:0];",
                    f"{left} <= {left} - {lit(1, width)};",
                ],
                (start.name, load),
            )
        ],
        [*(f"{x} <= {lit(0, bits)};" for x in (q, r, den)), f"{left} <= {lit(0, width)};"],
        "one quotient bit for each clock edge",
    )

    def step(s: tuple[int, int, int, int], i: Inputs) -> tuple[int, int, int, int]:
        left, x, y, _done = s
        if left:
            return left - 1, x, y, int(left == 1)
        return (bits, i[a.name], i[b.name], 0) if i[start.name] else s

    def view(s: tuple[int, int, int, int], i: Inputs) -> dict[str, int | None]:
        left, x, y, done = s
        known = done and y
        return {
            busy.name: int(left > 0),
            q.name: x // y if known else None,
            r.name: x % y if known else None,
        }

    return m.design(
        summaries=(
            f"a restoring {bits}-bit divider that takes {bits} clock cycles, one quotient bit each",
            f"a sequential unsigned divider of `{a}` by `{b}` with `{start}` and `{busy}`",
        ),
        behaviour=(
            f"At a clock edge with `{start}` high and `{busy}` low, `{a}` and `{b}` are taken.",
            f"`{busy}` is then high for {bits} clock cycles, one step of restoring division each.",
            f"After them `{q}` is the quotient and `{r}` the remainder (the divisor must not be 0); "
            "both hold "
            "until the next start.",
            f"`{start}` is ignored while `{busy}` is high.",
        ),
        brief=False,
        reset_effect="ends the division and clears all registers to 0",
        stimulus=calm(d, 12 * bits),
        reference=lambda: Clocked(step, view, reset=rst, init=(0, 0, 0, 0)),
    )


@family("seq_shift_multiplier")
def seq_shift_multiplier(d: Draw) -> Design:
    """A shift-and-add multiplier, one bit per clock."""
    bits = d.pick((4, 4, 6, 8, 8))
    wide, width = 2 * bits, log2(bits + 1)
    d.clock()
    rst = d.reset()
    start = d.input("start", 1, "starts a multiplication", bias=0.3)
    a, b = d.input("left", bits, "first factor"), d.input("right", bits, "second factor")
    p = d.output("product prod p result", wide, "product")
    busy = d.output("busy", 1, "high during a multiplication")
    m = d.module("shift_add_mult", "seq_multiplier", "serial_mult", "mult_unit")
    x, y, left = m.signal("mcand", wide), m.signal("mplier", bits), m.signal("steps_left", width)
    m.assign(busy, f"{left} != {lit(0, width)}")
    m.clocked(
        [
            when(
                busy.name,
                [
                    when(f"{y}[0]", [f"{p} <= {p} + {x};"]),
                    f"{x} <= {x} << 1;",
                    f"{y} <= {y} >> 1;",
                    f"{left} <= {left} - {lit(1, width)};",
                ],
                (
                    start.name,
                    [
                        f"{p} <= {lit(0, wide)};",
                        f"{x} <= {a};",
                        f"{y} <= {b};",
                        f"{left} <= {lit(bits, width)};",
                    ],
                ),
            )
        ],
        [
            f"{p} <= {lit(0, wide)};",
            f"{x} <= {lit(0, wide)};",
            f"{y} <= {lit(0, bits)};",
            f"{left} <= {lit(0, width)};",
        ],
        "shift and add",
    )

    def step(s: tuple[int, int, bool], i: Inputs) -> tuple[int, int, bool]:
        left, product, _known = s
        if left:
            return left - 1, product, left == 1
        return (bits, i[a.name] * i[b.name], False) if i[start.name] else s

    return m.design(
        summaries=(
            f"a shift-and-add multiplier for {bits}-bit factors that takes {bits} clock cycles",
            f"a sequential multiplier of `{a}` and `{b}` with `{start}` and `{busy}`",
        ),
        behaviour=(
            f"At a clock edge with `{start}` high and `{busy}` low, `{a}` and `{b}` are taken.",
            f"`{busy}` is then high for {bits} clock cycles, one bit of `{b}` each, lowest first.",
            f"After them `{p}` is the product and holds; `{start}` is ignored while `{busy}` is high.",
        ),
        brief=False,
        reset_effect="ends the multiplication and clears all registers to 0",
        stimulus=calm(d, 12 * bits),
        reference=lambda: Clocked(
            step,
            lambda s, i: {busy.name: int(s[0] > 0), p.name: s[1] if s[2] else None},
            reset=rst,
            init=(0, 0, True),
        ),
    )


@family("seq_fir")
def seq_fir(d: Draw) -> Design:
    """A FIR filter with small constant coefficients."""
    size, taps = Size(d.pick((4, 8, 8, 10, 12))), d.integer(2, 4)
    coefficients = [d.integer(1, 7) for _ in range(taps)]
    wide = size.bits + sum(coefficients).bit_length()
    d.clock()
    rst = d.reset()
    en = d.input("enable", 1, "sample enable", bias=0.8) if d.chance(0.4) else None
    x = d.input("sample data", size, "input sample")
    y = d.output("filtered result y", wide, "filter output")
    m = d.module("fir", "fir_filter", f"fir{taps}", "weighted_sum")
    line = [m.signal(f"z{n}", size) for n in range(taps)]
    shift = [f"{z} <= {source};" for z, source in zip(line, [x.name, *line], strict=False)]
    m.clocked(gated(en, shift), [f"{z} <= {m.zero(size)};" for z in line], "delay line")
    m.assign(y, " + ".join(f"{lit(c, wide)} * {z}" for c, z in zip(coefficients, line, strict=True)), "taps")
    listed = ", ".join(map(str, coefficients))

    def step(s: tuple[int, ...], i: Inputs) -> tuple[int, ...]:
        return (i[x.name], *s[:-1]) if on(en, i) else s

    return m.design(
        summaries=(
            f"a {taps}-tap FIR filter of `{x}` with the coefficients {listed}, newest sample "
            f"first{during(en)}",
            f"a FIR filter with coefficients {listed}: `{y}` is their weighted sum over the last "
            f"{taps} samples "
            f"of `{x}`{during(en)}",
        ),
        behaviour=(
            f"At each clock edge{during(en)}, `{x}` is shifted into a line of {taps} registers.",
            f"`{y}` is the sum of the registers times {listed}, the newest sample first.",
        ),
        reset_effect="clears the samples to 0",
        reference=lambda: Clocked(
            step,
            lambda s, i: {y.name: sum(c * z for c, z in zip(coefficients, s, strict=True))},
            reset=rst,
            init=(0,) * taps,
        ),
    )


@family("seq_leaky_integrator")
def seq_leaky_integrator(d: Draw) -> Design:
    """A first-order low-pass filter: the state moves by a fraction of the difference."""
    size, shift = Size(d.pick((8, 8, 12, 16))), d.integer(1, 4)
    d.clock()
    rst = d.reset()
    en = d.input("enable", 1, "sample enable", bias=0.8) if d.chance(0.4) else None
    x = d.input("sample data", size, "input sample")
    y = d.output("filtered smooth y result", size, "filter output")
    m = d.module("leaky_integrator", "iir_lowpass", "smoother", "ema_filter")
    move = [f"{y} <= {y} - ({y} >> {shift}) + ({x} >> {shift});"]
    m.clocked(gated(en, move), [f"{y} <= {m.zero(size)};"], "low pass")
    mask = (1 << size.bits) - 1
    return m.design(
        summaries=(
            f"a leaky integrator: at each clock edge{during(en)}, `{y}` becomes `{y}` - (`{y}` >> {shift}) + "
            f"(`{x}` >> {shift})",
            f"a first-order IIR low-pass filter of `{x}` with output `{y}` and shift {shift}{during(en)}",
        ),
        behaviour=(
            f"At each clock edge{during(en)}, `{y}` becomes `{y}` - (`{y}` >> {shift}) + (`{x}` >> {shift}).",
        ),
        reset_effect=f"clears `{y}` to 0",
        reference=lambda: Clocked(
            lambda s, i: (s - (s >> shift) + (i[x.name] >> shift)) & mask if on(en, i) else s,
            lambda s, i: {y.name: s},
            reset=rst,
            init=0,
        ),
    )


@family("seq_difference")
def seq_difference(d: Draw) -> Design:
    """The difference between a sample and the previous one."""
    size = Size(d.width(4, 24))
    d.clock()
    rst = d.reset()
    x = d.input("sample data", size, "input sample")
    y = d.output("delta diff difference dx", size, "change since the previous sample")
    m = d.module("differentiator", "delta", "first_difference", "diff_filter")
    prev = m.signal("prev", size)
    m.clocked(
        [f"{y} <= {x} - {prev};", f"{prev} <= {x};"],
        [f"{y} <= {m.zero(size)};", f"{prev} <= {m.zero(size)};"],
        "difference",
    )
    return m.design(
        summaries=(
            f"a first difference: at each clock edge `{y}` takes `{x}` minus the `{x}` of the edge before",
            f"a {size.words} differentiator of `{x}` with a registered output `{y}`",
        ),
        behaviour=(f"At each clock edge `{y}` takes `{x}` minus the `{x}` sampled at the previous edge.",),
        reset_effect=f"clears `{y}` and the remembered sample to 0",
        reference=lambda: Clocked(
            lambda s, i: (i[x.name], i[x.name] - s[0]), lambda s, i: {y.name: s[1]}, reset=rst, init=(0, 0)
        ),
    )


@family("systolic_cell")
def systolic_cell(d: Draw) -> Design:
    """A cell of a systolic array: multiplies, accumulates, passes its inputs on."""
    size, signed = Size(d.pick((4, 8, 8, 8, 16))), d.chance(0.5)
    wide = Size(2 * size.bits + d.pick((0, 4, 8)))
    d.clock()
    rst = d.reset()
    clear = d.input("clear", 1, "clears the accumulator", bias=0.08) if d.chance(0.6) else None
    a = d.input("a_in west_in left_in row_in", size, "operand from the left", signed=signed)
    b = d.input("b_in north_in top_in col_in", size, "operand from above", signed=signed)
    ao = d.output("a_out east_out right_out row_out", size, "operand to the right", signed=signed)
    bo = d.output("b_out south_out down_out col_out", size, "operand to below", signed=signed)
    acc = d.output("acc sum psum c_out", wide, "accumulated products", signed=signed)
    m = d.module("systolic_cell", "pe", "systolic_pe", "mac_cell", "array_cell")
    passing = [f"{ao} <= {a};", f"{bo} <= {b};"]
    add = f"{acc} <= {acc} + {a} * {b};"
    total = when(clear.name, [f"{acc} <= {m.zero(wide)};"], otherwise=[add]) if clear else add
    m.clocked(
        [*passing, total],
        [f"{ao} <= {m.zero(size)};", f"{bo} <= {m.zero(size)};", f"{acc} <= {m.zero(wide)};"],
        "pass on, multiply, accumulate",
    )

    def step(s: tuple[int, int, int], i: Inputs) -> tuple[int, int, int]:
        x, y = (to_signed(i[p.name], size.bits) if signed else i[p.name] for p in (a, b))
        return i[a.name], i[b.name], 0 if clear and i[clear.name] else s[2] + x * y

    kind = "signed" if signed else "unsigned"
    also = (f"While `{clear}` is high, an edge clears `{acc}` to 0 instead.",) if clear else ()
    return m.design(
        summaries=(
            f"a {kind} systolic array cell: it adds `{a}` * `{b}` to `{acc}` and passes `{a}` to `{ao}` and "
            f"`{b}` to `{bo}`",
            f"a processing element of a systolic array with {size.words} {kind} operands and a {wide.words} "
            "accumulator",
        ),
        behaviour=(
            f"At each clock edge `{ao}` takes `{a}`, `{bo}` takes `{b}`, and `{a}` * `{b}` ({kind}) "
            "is added to "
            f"`{acc}`.",
            *also,
        ),
        brief=clear is None,
        reset_effect=f"clears `{ao}`, `{bo}` and `{acc}` to 0",
        reference=lambda: Clocked(
            step,
            lambda s, i: {ao.name: s[0], bo.name: s[1], acc.name: s[2]},
            reset=rst,
            init=(0, 0, 0),
        ),
    )


@family("seq_phase_accumulator")
def seq_phase_accumulator(d: Draw) -> Design:
    """A phase accumulator, as in a numerically controlled oscillator."""
    size = Size(d.width(6, 32))
    top = d.integer(1, min(size.bits - 1, 8))
    d.clock()
    rst = d.reset()
    en = d.input("enable", 1, "advance", bias=0.8) if d.chance(0.4) else None
    inc = d.input("step_size freq_word increment phase_inc", size, "phase step")
    phase = d.output("phase angle acc_phase", size, "phase")
    high = d.output("msbs rom_addr index top_bits", top, f"the {top} highest bits of the phase")
    m = d.module("phase_acc", "nco", "dds_phase", "phase_accumulator")
    m.clocked(gated(en, [f"{phase} <= {phase} + {inc};"]), [f"{phase} <= {m.zero(size)};"], "advance")
    m.assign(high, f"{phase}[{size.bits - 1}:{size.bits - top}]", "table address")
    return m.design(
        summaries=(
            f"a {size.words} phase accumulator: `{phase}` grows by `{inc}` at each clock "
            f"edge{during(en)}, and "
            f"`{high}` is its top {top} bits",
            f"an NCO phase register `{phase}` that adds `{inc}`{during(en)}; `{high}` shows bits "
            f"{size.bits - 1} to {size.bits - top}",
        ),
        behaviour=(
            f"At each clock edge{during(en)}, `{inc}` is added to `{phase}`, which wraps around.",
            f"`{high}` is the highest {top} bits of `{phase}`.",
        ),
        reset_effect=f"clears `{phase}` to 0",
        reference=lambda: Clocked(
            lambda s, i: (s + i[inc.name]) % (1 << size.bits) if on(en, i) else s,
            lambda s, i: {phase.name: s, high.name: s >> size.bits - top},
            reset=rst,
            init=0,
        ),
    )


@family("seq_sigma_delta")
def seq_sigma_delta(d: Draw) -> Design:
    """A first-order sigma-delta modulator."""
    size = Size(d.width(4, 16))
    d.clock()
    rst = d.reset()
    x = d.input("level data duty", size, "level")
    y = d.output("pdm bitstream out sd_out", 1, "one-bit stream")
    m = d.module("sigma_delta", "pdm_dac", "sd_modulator")
    acc = m.signal("acc", size.bits + 1)
    m.clocked(
        [f"{acc} <= {acc}[{size.bits - 1}:0] + {x};"], [f"{acc} <= {lit(0, size.bits + 1)};"], "accumulate"
    )
    m.assign(y, f"{acc}[{size.bits}]", "the carry is the output")
    mask = (1 << size.bits) - 1
    return m.design(
        summaries=(
            f"a first-order sigma-delta modulator: `{x}` is added to a {size.words} remainder at each "
            "clock edge "
            f"and the carry is the output `{y}`",
        ),
        behaviour=(
            f"At each clock edge `{x}` is added to the low {size.bits} bits of a {size.bits + 1}-bit "
            "register.",
            f"`{y}` is the top bit of that register.",
        ),
        reset_effect="clears the register to 0",
        reference=lambda: Clocked(
            lambda s, i: (s & mask) + i[x.name], lambda s, i: {y.name: s >> size.bits}, reset=rst, init=0
        ),
    )
