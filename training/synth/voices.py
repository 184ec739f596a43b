"""Describes a design as different people would.

Every voice names the module, its ports with their widths, and the reset; what cannot be said in words
(explicit net kinds, wide indentation) is only drawn together with the voice that shows the header.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from rtlwright.training.synth.design import Design, Port


@dataclass(frozen=True)
class Voice:
    name: str
    weight: float
    render: Callable[[Design, Random], str]
    applies: Callable[[Design], bool] = lambda design: True


_VOICES: list[Voice] = []


def _voice(name: str, weight: float, applies: Callable[[Design], bool] = lambda design: True):
    def register(render: Callable[[Design, Random], str]) -> Callable[[Design, Random], str]:
        _VOICES.append(Voice(name, weight, render, applies))
        return render

    return register


# -- sentences ----------------------------------------------------------------------------------------


def _language(design: Design) -> str:
    return "SystemVerilog" if design.style.systemverilog else "Verilog"


def _count(number: int | str) -> str:
    return "1 bit" if number in (1, "1") else f"{number} bits"


def _summary(design: Design, rng: Random) -> str:
    return rng.choice(design.summaries)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _reset(design: Design, rng: Random) -> list[str]:
    if not design.reset:
        return ["There is no reset."] if design.clock and rng.random() < 0.3 else []
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


def _clock(design: Design, rng: Random) -> list[str]:
    if not design.clock:
        return []
    if not design.clock.positive:
        return [f"Registers are clocked on the falling edge of `{design.clock}`."]
    edge = rng.choice(("rising", "positive"))
    return [f"Registers are clocked on the {edge} edge of `{design.clock}`."] if rng.random() < 0.35 else []


def _extras(design: Design) -> list[str]:
    """What follows from the style or the parameters and would otherwise be a guess."""
    said = [f"`{p.name}` is a parameter with default {p.value}." for p in design.params]
    if not design.style.ansi:
        said.append("Use non-ANSI port declarations.")
    if design.style.comments:
        said.append("Comment the code.")
    return said


def _behaviour(design: Design, rng: Random) -> list[str]:
    return list(design.behaviour) if not design.brief or rng.random() < 0.4 else []


def _rest(design: Design, rng: Random) -> list[str]:
    """Everything that follows the summary: behaviour, clock, reset, extras."""
    sentences = (*_behaviour(design, rng), *_clock(design, rng), *_reset(design, rng), *_extras(design))
    return list(sentences)


# -- ports --------------------------------------------------------------------------------------------


def _inline(port: Port) -> str:
    return ("signed " if port.signed else "") + f"`{port}{port.range_text}`"


def _port_format(rng: Random) -> Callable[[Port], str]:
    def sign(p: Port) -> str:
        return "signed " if p.signed else ""

    return rng.choice(
        (
            lambda p: (
                " ".join(w for w in (p.direction, sign(p).strip(), p.range_text, f"`{p}`") if w)
                + f": {p.doc}"
            ),
            lambda p: f"`{p}` ({p.direction}, {sign(p)}{_count(p.size.text)}): {p.doc}",
            lambda p: f"{p.direction} {sign(p)}`{p}` ({_count(p.size.text)})",
            lambda p: f"{p.direction} {sign(p)}`{p}{p.range_text}` - {p.doc}",
        )
    )


def _port_lines(design: Design, rng: Random, lead: str = "- ") -> str:
    render = _port_format(rng)
    return "\n".join(lead + render(p) for p in design.ports)


def _port_prose(design: Design) -> str:
    inputs, outputs = (", ".join(map(_inline, ports)) for ports in (design.inputs, design.outputs))
    return f"inputs {inputs}; {'outputs' if len(design.outputs) > 1 else 'output'} {outputs}"


# -- voices -------------------------------------------------------------------------------------------


@_voice("terse", 1.2)
def _terse(design: Design, rng: Random) -> str:
    word = f"{_language(design)} module" if not design.style.systemverilog or rng.random() < 0.4 else "module"
    lead = rng.choice((f"{_capital(word)} `{design.name}`: ", f"`{design.name}` ({word}): "))
    extra = [] if design.brief else list(design.behaviour)
    tail = [
        *extra,
        *_clock(design, rng)[: 0 if design.clock and design.clock.positive else 1],
        *_reset(design, rng),
    ]
    ports = _capital(_port_prose(design))
    return " ".join([lead + _summary(design, rng) + ".", ports + ".", *tail, *_extras(design)])


@_voice("hdlbits", 1.2)
def _hdlbits(design: Design, rng: Random) -> str:
    if rng.random() < 0.5:
        lead = f"I would like you to implement a {_language(design)} module named `{design.name}` with the "
        lead += "following interface. All input and output ports are one bit unless otherwise specified."
        ports = "\n".join(
            f" - {p.direction} {'signed ' if p.signed else ''}`{p}`"
            + (f" ({_count(p.size.text)})" if p.width > 1 else "")
            for p in design.ports
        )
        body = "The module should implement " + _summary(design, rng) + "."
        return f"{lead}\n\n{ports}\n\n{' '.join([body, *_rest(design, rng)])}"
    lead = f"Build {_summary(design, rng)}. The {_language(design)} module is called `{design.name}`."
    return f"{' '.join([lead, *_rest(design, rng)])}\n\n{_port_lines(design, rng)}"


@_voice("paragraph", 1.6)
def _paragraph(design: Design, rng: Random) -> str:
    lang = _language(design)
    lead = rng.choice(
        (
            f"Please act as a professional {lang} designer. Create a module `{design.name}` that implements ",
            f"Write a {lang} module named `{design.name}` that implements ",
            f"Design a {lang} module `{design.name}`: ",
            f"Create {lang} code for a module called `{design.name}`, which is ",
            f"I need a {lang} module `{design.name}`. It implements ",
        )
    )
    ports = (
        rng.choice(("The module has ", "It has ", "The ports are: ", "Interface: "))
        + _port_prose(design)
        + "."
    )
    return " ".join([lead + _summary(design, rng) + ".", ports, *_rest(design, rng)])


@_voice("sections", 0.8)
def _sections(design: Design, rng: Random) -> str:
    render = _port_format(rng)
    blocks = [
        f"Please act as a professional {_language(design)} designer.",
        f"Implement {_summary(design, rng)}.",
        f"Module name:\n    `{design.name}`",
        "Input ports:\n" + "\n".join("    " + render(p) for p in design.inputs),
        "Output ports:\n" + "\n".join("    " + render(p) for p in design.outputs),
        "Implementation:\n" + " ".join([*design.behaviour, *_clock(design, rng), *_reset(design, rng)]),
    ]
    extras = _extras(design)
    return "\n\n".join(blocks + ([" ".join(extras)] if extras else []))


@_voice("bullets", 1.2)
def _bullets(design: Design, rng: Random) -> str:
    lead = rng.choice(("Module", f"{_language(design)} module", "Implement"))
    if not design.style.systemverilog:
        lead = "Verilog module"
    points = [*design.behaviour, *_clock(design, rng), *_reset(design, rng), *_extras(design)]
    head = f"{lead} `{design.name}`: {_summary(design, rng)}."
    return f"{head}\n\nPorts:\n{_port_lines(design, rng)}\n\nBehaviour:\n" + "\n".join(
        f"- {p}" for p in points
    )


@_voice("header", 2.2, lambda design: design.style.ansi)
def _header(design: Design, rng: Random) -> str:
    lead = rng.choice(("Implement ", "Complete this module: ", "Build ", "Write ", ""))
    text = _capital(" ".join([lead + _summary(design, rng) + ".", *_rest(design, rng)]))
    joint = rng.choice(("\n\n", "\n\nUse this module header:\n\n", "\n\nModule header:\n"))
    return f"{text}{joint}{design.header}"


@_voice("table", 1.5, lambda design: design.table is not None)
def _table(design: Design, rng: Random) -> str:
    table = design.table
    assert table is not None
    rows = "\n".join("| " + " | ".join(row) + " |" for row in (table.columns, *table.rows))
    lead = f"Write a {_language(design)} module `{design.name}` that implements this table."
    tail = [*_clock(design, rng), *_reset(design, rng), *_extras(design)]
    return f"{lead}\n\n{rows}\n\n{_port_lines(design, rng)}" + ("\n\n" + " ".join(tail) if tail else "")


@_voice("equation", 1.0, lambda design: bool(design.equations))
def _equation(design: Design, rng: Random) -> str:
    lead = rng.choice(("implements", "computes"))
    text = f"{_language(design)} module `{design.name}` that {lead}:\n"
    text += "\n".join("    " + equation for equation in design.equations)
    tail = [_capital(_port_prose(design)) + ".", *_clock(design, rng), *_reset(design, rng), *_extras(design)]
    return f"{text}\n" + " ".join(tail)


@_voice("comment", 1.2)
def _comment(design: Design, rng: Random) -> str:
    word = f" ({_language(design)})" if not design.style.systemverilog else ""
    lines = [f"`{design.name}`{word}: {_summary(design, rng)}."]
    lines += [] if design.brief else design.behaviour
    lines += [*_clock(design, rng), *_reset(design, rng), *_extras(design)]
    lines.append(_capital(_port_prose(design)) + ".")
    return "\n".join(f"// {line}" for line in lines)


# -- entry --------------------------------------------------------------------------------------------


def _finish(text: str, rng: Random) -> str:
    """Settle backticks and articles."""
    quote = rng.choices(("", "`", '"', "'"), (0.62, 0.3, 0.04, 0.04))[0]
    text = re.sub(r"\b([Aa]) (?=(8|11|18|8\d)-bit)", r"\1n ", text)
    return text.replace("`", quote)


def speak(design: Design, rng: Random, voice: str = "") -> tuple[str, str]:
    """(voice name, specification); styles that words cannot express get the header voice."""
    known = {v.name: v for v in _VOICES}
    if not voice:
        fitting = [v for v in _VOICES if v.applies(design)]
        voice = rng.choices(fitting, [v.weight for v in fitting])[0].name
        voice = voice if design.style.spoken else "header"
    return voice, _finish(known[voice].render(design, rng), rng)


def voice_names() -> tuple[str, ...]:
    return tuple(v.name for v in _VOICES)
