"""Designs of a top module and two helper modules."""

from __future__ import annotations

from rtlwright.training.synth.design import Design, Size
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families import family
from rtlwright.training.synth.families.seq_helpers import calm
from rtlwright.training.synth.reference import Clocked, Combinational
from rtlwright.training.synth.rtl import Module, lit, when


def _helper(d: Draw, stems: str, ports: list[tuple[str, str, Size | int]], *, clocked: bool = False) -> Module:
    """A helper module in the style of the top, with plain port names; its clock and reset are the top's."""
    sub = Draw(d.rng, d.family, d.style)
    if clocked:
        sub.clk, sub.rst = d.clk, d.rst
        for p in d.ports:
            if p.name in (str(d.clk), str(d.rst)):
                sub.port(p)
                sub._taken.add(p.name)
    for direction, name, size in ports:
        size = Size(size) if isinstance(size, int) else size
        sub.port(_plain(name, direction, size))
        sub._taken.add(name)
    module = sub.module(stems)
    module.name = d.name(stems)
    return module
