"""Shift registers."""

from __future__ import annotations

from rtlwright.training.synth.design import Design, Inputs, Size
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families import family
from rtlwright.training.synth.phrases import during, gated, on
from rtlwright.training.synth.reference import Clocked
from rtlwright.training.synth.rtl import case, when


@family("shift_sipo")
def shift_sipo(d: Draw) -> Design:
    """A serial-in shift register with a parallel or serial output."""
    size, left, whole = Size(d.width(2, 32)), d.chance(0.6), d.chance(0.75)
    d.clock()
    rst = d.reset()
    en = d.input("shift_enable", 1, "shift enable", bias=0.8) if d.chance(0.6) else None
    sin = d.input("serial_in", 1, "serial input")
    out = d.output(
        "parallel" if whole else "serial_out", size if whole else 1, "register" if whole else "last bit"
    )
    m = d.module("shift_reg", "sipo", "shift_register", "serial_in_reg")
    q = out.name if whole else m.signal("shift_reg", size)
    top = size.bits - 1
    turn = f"{{{q}[{top - 1}:0], {sin}}}" if left else f"{{{sin}, {q}[{top}:1]}}"
    m.clocked(gated(en, [f"{q} <= {turn};"]), [f"{q} <= {m.zero(size)};"], "shift by one")
    if not whole:
        m.assign(out, f"{q}[{top if left else 0}]", "the oldest bit leaves")

    def step(s: int, i: Inputs) -> int:
        if not on(en, i):
            return s
        return (s << 1 | i[sin.name]) & (1 << size.bits) - 1 if left else s >> 1 | i[sin.name] << top

    side, end = ("left", "least") if left else ("right", "most")
    kind = f"parallel output `{out}`" if whole else f"serial output `{out}`"
    return m.design(
        summaries=(
            f"a {size.words} shift register with serial input `{sin}` and {kind} that shifts "
            f"{side}{during(en)}",
            f"a {size.words} {side}-shifting register: `{sin}` enters at the {end} significant "
            f"bit{during(en)}; "
            f"{kind}",
        ),
        behaviour=(
            f"On every clock edge{during(en)}, the register shifts {side} by one and `{sin}` enters at "
            f"the {end} "
            "significant bit.",
            *(() if whole else (f"`{out}` is the bit that will leave next.",)),
        ),
        reset_effect="clears the register to 0",
        reference=lambda: Clocked(
            step,
            lambda s, i: {out.name: s if whole else s >> (top if left else 0) & 1},
            reset=rst,
            init=0,
        ),
    )


@family("shift_piso")
def shift_piso(d: Draw) -> Design:
    """A parallel-in, serial-out shift register."""
    size, msb = Size(d.width(2, 32)), d.chance(0.5)
    d.clock()
    rst = d.reset()
    load = d.input("load", 1, "load the register", bias=0.2)
    data, sout = d.input("data", size, "data to send"), d.output("serial_out", 1, "serial output")
    m = d.module("piso", "serializer", "shift_out", "parallel_to_serial")
    q, top = m.signal("shift_reg", size), size.bits - 1
    turn = f"{q} <= {{{q}[{top - 1}:0], 1'b0}};" if msb else f"{q} <= {{1'b0, {q}[{top}:1]}};"
    m.clocked(
        [when(load.name, [f"{q} <= {data};"], otherwise=[turn])], [f"{q} <= {m.zero(size)};"], "load or shift"
    )
    m.assign(sout, f"{q}[{top if msb else 0}]")

    def step(s: int, i: Inputs) -> int:
        if i[load.name]:
            return i[data.name]
        return s << 1 & (1 << size.bits) - 1 if msb else s >> 1

    order = "most" if msb else "least"
    return m.design(
        summaries=(
            f"a {size.words} parallel-in serial-out shift register: `{load}` loads `{data}`, then the "
            "bits leave on "
            f"`{sout}`, {order} significant bit first",
            f"a serializer that loads `{data}` when `{load}` is high and sends it on `{sout}`, "
            f"{'MSB' if msb else 'LSB'} first",
        ),
        behaviour=(
            f"When `{load}` is high, the register takes `{data}` on the clock edge.",
            f"Otherwise it shifts by one per clock edge towards `{sout}`, {order} significant bit first; "
            "zeros enter.",
        ),
        reset_effect="clears the register to 0",
        reference=lambda: Clocked(
            step, lambda s, i: {sout.name: s >> (top if msb else 0) & 1}, reset=rst, init=0
        ),
    )


@family("shift_universal")
def shift_universal(d: Draw) -> Design:
    """A universal shift register: hold, shift either way, load."""
    size = Size(d.width(3, 32))
    d.clock()
    rst = d.reset()
    mode = d.input("select", 2, "0 hold, 1 shift right, 2 shift left, 3 load")
    left = d.input("left_in sin_left sl", 1, "serial input of the left shift")
    right = d.input("right_in sin_right sr", 1, "serial input of the right shift")
    data, q = d.input("data", size, "data to load"), d.output("result", size, "register")
    m = d.module("universal_shift", "univ_shift_reg", "usr", "shift_register")
    top = size.bits - 1
    arms = [
        ("2'd1", [f"{q} <= {{{right}, {q}[{top}:1]}};"]),
        ("2'd2", [f"{q} <= {{{q}[{top - 1}:0], {left}}};"]),
        ("2'd3", [f"{q} <= {data};"]),
    ]
    m.clocked([case(mode.name, arms, [f"{q} <= {q};"])], [f"{q} <= {m.zero(size)};"], "hold, shift or load")

    def step(s: int, i: Inputs) -> int:
        moves = (s, s >> 1 | i[right.name] << top, s << 1 | i[left.name], i[data.name])
        return moves[i[mode.name]] & (1 << size.bits) - 1

    return m.design(
        summaries=(
            f"a {size.words} universal shift register `{q}` with mode `{mode}`: 0 holds, 1 shifts right with "
            f"`{right}` entering, 2 shifts left with `{left}` entering, 3 loads `{data}`",
        ),
        behaviour=(
            f"`{mode}` = 0: `{q}` holds.",
            f"`{mode}` = 1: `{q}` shifts right and `{right}` enters at the most significant bit.",
            f"`{mode}` = 2: `{q}` shifts left and `{left}` enters at the least significant bit.",
            f"`{mode}` = 3: `{q}` takes `{data}`.",
        ),
        reset_effect=f"clears `{q}` to 0",
        reference=lambda: Clocked(step, lambda s, i: {q.name: s}, reset=rst, init=0),
    )
