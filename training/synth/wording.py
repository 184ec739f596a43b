"""Sentences and port lists from which the voices are made."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from rtlwright.training.synth.design import Design, Port

# -- sentences ----------------------------------------------------------------------------------------


def language(design: Design) -> str:
    return "SystemVerilog" if design.style.systemverilog else "Verilog"


def count(number: int | str) -> str:
    return "1 bit" if number in (1, "1") else f"{number} bits"


def summary(design: Design, rng: Random) -> str:
    return rng.choice(design.summaries)


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def reset(design: Design, rng: Random) -> list[str]:
    if not design.reset:
        none = design.clock and not any("reset" in port.doc for port in design.ports)
        return ["There is no reset."] if none and rng.random() < 0.3 else []
    r, effect = design.reset, design.reset_effect
    base = re.sub(r"^(\w+?)s\b", r"\1", effect)
    level = "low" if r.active_low else "high"
    return [
        rng.choice(
            (
                f"The {r.kind} {r.level} reset `{r}` {effect}.",
                f"The {r.level} {r.kind} reset `{r}` {effect}.",
                f"Reset: `{r}`, {r.kind}, active {level}; it {effect}.",
                f"Use the {r.kind} reset `{r}` (active {level}) to {base}.",
                f"`{r}` is a {r.kind} reset, active {level}, that {effect}.".replace("a a", "an a"),
            )
        )
    ]


def clock(design: Design, rng: Random) -> list[str]:
    own = next((port.doc for port in design.ports if port.name == str(design.clock)), "")
    if not design.clock or not own.startswith("clock"):  # none, or one of several
        return []
    if not design.clock.positive:
        return [f"Registers are clocked on the falling edge of `{design.clock}`."]
    edge = rng.choice(("rising", "positive"))
    return [f"Registers are clocked on the {edge} edge of `{design.clock}`."] if rng.random() < 0.35 else []


def extras(design: Design) -> list[str]:
    """What follows from the style or the parameters and would otherwise be a guess."""
    said = [f"`{p.name}` is a parameter with default {p.value}." for p in design.params]
    if not design.style.ansi:
        said.append("Use non-ANSI port declarations.")
    if design.style.comments:
        said.append("Comment the code.")
    return said


def behaviour(design: Design, rng: Random) -> list[str]:
    return list(design.behaviour) if not design.brief or rng.random() < 0.4 else []


def rest(design: Design, rng: Random) -> list[str]:
    """Everything that follows the summary: behaviour, clock, reset, extras."""
    sentences = (*behaviour(design, rng), *clock(design, rng), *reset(design, rng), *extras(design))
    return list(sentences)


# -- ports --------------------------------------------------------------------------------------------


def inline(port: Port) -> str:
    return ("signed " if port.signed else "") + f"`{port}{port.range_text}`"


def port_format(rng: Random) -> Callable[[Port], str]:
    def sign(p: Port) -> str:
        return "signed " if p.signed else ""

    return rng.choice(
        (
            lambda p: (
                " ".join(w for w in (p.direction, sign(p).strip(), p.range_text, f"`{p}`") if w)
                + f": {p.doc}"
            ),
            lambda p: f"`{p}` ({p.direction}, {sign(p)}{count(p.size.text)}): {p.doc}",
            lambda p: f"{p.direction} {sign(p)}`{p}` ({count(p.size.text)})",
            lambda p: f"{p.direction} {sign(p)}`{p}{p.range_text}` - {p.doc}",
        )
    )


def port_lines(design: Design, rng: Random, lead: str = "- ") -> str:
    render = port_format(rng)
    return "\n".join(lead + render(p) for p in design.ports)


def port_prose(design: Design) -> str:
    inputs, outputs = (", ".join(map(inline, ports)) for ports in (design.inputs, design.outputs))
    return f"inputs {inputs}; {'outputs' if len(design.outputs) > 1 else 'output'} {outputs}"
