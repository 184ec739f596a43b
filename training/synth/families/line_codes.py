"""Line codes: Manchester, NRZI, differential."""

from __future__ import annotations

from rtlwright.training.synth.design import Design
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families import family
from rtlwright.training.synth.reference import Clocked
from rtlwright.training.synth.rtl import when


@family("code_manchester")
def code_manchester(d: Draw) -> Design:
    """A Manchester encoder: two half bits for each data bit."""
    ieee = d.chance(0.5)
    d.clock()
    rst = d.reset()
    x = d.input("data_bit bit_in din serial_in", 1, "data bit")
    y = d.output("manchester line_out encoded tx", 1, "line")
    phase = d.output("second_half phase half sub_bit", 1, "1 in the second half of a bit")
    m = d.module("manchester_enc", "manchester", "biphase_encoder", "line_coder")
    m.clocked([f"{phase} <= ~{phase};"], [f"{phase} <= 1'b0;"], "two halves")
    m.assign(y, f"{x} ^ ~{phase}" if ieee else f"{x} ^ {phase}")
    first, kind = ("the inverse of", "IEEE 802.3") if ieee else ("equal to", "G. E. Thomas")
    return m.design(
        summaries=(
            f"a Manchester encoder ({kind}): `{y}` is {first} `{x}` in the first half of a bit and "
            "the opposite "
            f"in the second; `{phase}` is 1 in the second half",
        ),
        behaviour=(
            f"`{phase}` toggles at every clock edge.",
            f"While `{phase}` is 0, `{y}` is {first} `{x}`; while it is 1, the opposite.",
        ),
        reset_effect=f"clears `{phase}` to 0",
        reference=lambda: Clocked(
            lambda s, i: 1 - s,
            lambda s, i: {phase.name: s, y.name: i[x.name] ^ s ^ ieee},
            reset=rst,
            init=0,
        ),
    )


@family("code_nrzi")
def code_nrzi(d: Draw) -> Design:
    """An NRZI encoder: the line toggles for one of the two bit values."""
    on_one = d.chance(0.6)
    d.clock()
    rst = d.reset()
    en = d.input("enable", 1, "bit is valid", bias=0.8) if d.chance(0.4) else None
    x = d.input("data_bit bit_in din serial_in", 1, "data bit")
    y = d.output("nrzi line_out encoded tx", 1, "line")
    m = d.module("nrzi_encoder", "nrzi", "nrzi_tx", "line_coder")
    move = when(x.name if on_one else f"!{x}", [f"{y} <= ~{y};"])
    m.clocked([when(en.name, [move])] if en else [move], [f"{y} <= 1'b0;"], "toggle")
    value, gate = ("1", "high") if on_one else ("0", "low")
    while_ = f" while `{en}` is high" if en else ""
    return m.design(
        summaries=(
            f"an NRZI encoder: at each clock edge{while_}, `{y}` toggles if `{x}` is {value}, else holds",
        ),
        behaviour=(f"At a clock edge with `{x}` {gate}{while_}, `{y}` is inverted; otherwise it holds.",),
        reset_effect=f"clears `{y}` to 0",
        reference=lambda: Clocked(
            lambda s, i: s ^ int((en is None or i[en.name]) and i[x.name] == on_one),
            lambda s, i: {y.name: s},
            reset=rst,
            init=0,
        ),
    )


@family("code_differential")
def code_differential(d: Draw) -> Design:
    """A differential decoder: the XOR of a bit and the bit before."""
    d.clock()
    rst = d.reset()
    x = d.input("data_bit bit_in din serial_in", 1, "received bit")
    y = d.output("decoded bit_out dout result", 1, "decoded bit")
    m = d.module("diff_decoder", "differential", "dbpsk_decode")
    prev = m.signal("prev")
    m.clocked([f"{prev} <= {x};"], [f"{prev} <= 1'b0;"])
    m.assign(y, f"{x} ^ {prev}")
    return m.design(
        summaries=(
            f"a differential decoder: `{y}` is the XOR of `{x}` and its value at the previous clock edge",
        ),
        behaviour=(f"`{y}` is `{x}` XOR the `{x}` that the last clock edge sampled.",),
        reset_effect="clears the remembered bit to 0",
        reference=lambda: Clocked(
            lambda s, i: i[x.name], lambda s, i: {y.name: i[x.name] ^ s}, reset=rst, init=0
        ),
    )
