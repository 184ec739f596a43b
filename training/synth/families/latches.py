"""Latches and the set-reset flip-flop."""

from __future__ import annotations

from rtlwright.training.synth.design import Design, Inputs, Outputs, Port
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families import family
from rtlwright.training.synth.reference import Clocked
from rtlwright.training.synth.rtl import when


@family("flip_flop_sr")
def flip_flop_sr(d: Draw) -> Design:
    """A clocked SR flip-flop."""
    d.clock()
    rst = d.reset()
    s, r = d.input("s set set_i", 1, "set"), d.input("r clr reset_q", 1, "clear")
    q = d.output("q out state_q", 1, "state")
    m = d.module("sr_ff", "sr_flip_flop", "set_reset")
    m.clocked([when(r.name, [f"{q} <= 1'b0;"], (s.name, [f"{q} <= 1'b1;"]))], [f"{q} <= 1'b0;"])
    return m.design(
        summaries=(f"an SR flip-flop `{q}` set by `{s}` and cleared by `{r}`, which wins",),
        behaviour=(
            f"At a clock edge with `{r}` high, `{q}` becomes 0; else with `{s}` high it becomes 1; "
            "else it holds.",
        ),
        reset_effect=f"clears `{q}` to 0",
        reference=lambda: Clocked(
            lambda v, i: 0 if i[r.name] else 1 if i[s.name] else v,
            lambda v, i: {q.name: v},
            reset=rst,
            init=0,
        ),
    )


@family("latch_d")
def latch_d(d: Draw) -> Design:
    """A transparent latch."""
    size = d.size(1, 32, share=0.0)
    en = d.input("gate g en latch_en", 1, "transparent while high")
    x, q = d.input("data", size, "data"), d.output("result", size, "latched data")
    m = d.module("d_latch", "latch", "transparent_latch", "hold_latch")
    head = "always_latch begin" if d.style.systemverilog else "always @(*) begin"
    m._always(head, [when(en.name, [f"{q} = {x};"])], "transparent while enabled")
    return m.design(
        summaries=(
            f"a {size.words} transparent latch: `{q}` follows `{x}` while `{en}` is 1 and holds while "
            "it is 0",
            f"a D latch from `{x}` to `{q}` with the enable `{en}`",
        ),
        behaviour=(f"While `{en}` is 1, `{q}` equals `{x}`; while it is 0, `{q}` keeps its value.",),
        reference=lambda: _Latch(en, x, q),
    )


class _Latch:
    """Level-sensitive, so that it changes when it is looked at."""

    def __init__(self, en: Port, x: Port, q: Port) -> None:
        self._en, self._x, self._q = en.name, x.name, q.name
        self._held: int | None = None

    def outputs(self, inputs: Inputs) -> Outputs:
        if inputs[self._en]:
            self._held = inputs[self._x]
        return {self._q: self._held}

    def clock(self, inputs: Inputs) -> None:
        return None
