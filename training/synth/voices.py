"""Describes a design as different people would.

Every voice names the module, its ports with their widths, and the reset; what cannot be said in words
(explicit net kinds, wide indentation) is only drawn together with the voice that shows the header.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from rtlwright.training.synth.design import Design
from rtlwright.training.synth.wording import (
    capital,
    clock,
    count,
    extras,
    language,
    port_format,
    port_lines,
    port_prose,
    reset,
    rest,
    summary,
)

Render = Callable[[Design, Random], str]


@dataclass(frozen=True)
class Voice:
    name: str
    weight: float
    render: Render
    applies: Callable[[Design], bool] = lambda design: True


_VOICES: list[Voice] = []


def _voice(
    name: str, weight: float, applies: Callable[[Design], bool] = lambda design: True
) -> Callable[[Render], Render]:
    def register(render: Render) -> Render:
        _VOICES.append(Voice(name, weight, render, applies))
        return render

    return register


# -- voices -------------------------------------------------------------------------------------------


@_voice("terse", 1.2)
def _terse(design: Design, rng: Random) -> str:
    word = f"{language(design)} module" if not design.style.systemverilog or rng.random() < 0.4 else "module"
    lead = rng.choice((f"{capital(word)} `{design.name}`: ", f"`{design.name}` ({word}): "))
    extra = [] if design.brief else list(design.behaviour)
    tail = [
        *extra,
        *clock(design, rng)[: 0 if design.clock and design.clock.positive else 1],
        *reset(design, rng),
    ]
    ports = capital(port_prose(design))
    return " ".join([lead + summary(design, rng) + ".", ports + ".", *tail, *extras(design)])


@_voice("hdlbits", 1.2)
def _hdlbits(design: Design, rng: Random) -> str:
    if rng.random() < 0.5:
        lead = f"Implement a {language(design)} module named `{design.name}` with this interface; "
        lead += "a port without a width is one bit wide."
        ports = "\n".join(
            f" - {p.direction} {'signed ' if p.signed else ''}`{p}`"
            + (f" ({count(p.size.text)})" if p.width > 1 else "")
            for p in design.ports
        )
        body = "It is " + summary(design, rng) + "."
        return f"{lead}\n\n{ports}\n\n{' '.join([body, *rest(design, rng)])}"
    lead = f"Build {summary(design, rng)}. The {language(design)} module is called `{design.name}`."
    return f"{' '.join([lead, *rest(design, rng)])}\n\n{port_lines(design, rng)}"


@_voice("paragraph", 1.6)
def _paragraph(design: Design, rng: Random) -> str:
    lang = language(design)
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
        + port_prose(design)
        + "."
    )
    return " ".join([lead + summary(design, rng) + ".", ports, *rest(design, rng)])


@_voice("named", 1.2)
def _named(design: Design, rng: Random) -> str:
    lead = rng.choice(("", "Write ", "I need ", "Design ", "Please write "))
    if not design.style.systemverilog:
        lead = rng.choice(("In Verilog: ", "Verilog: "))
    ports = rng.choice((" with ports ", " with the ports ", "; ports: "))
    listed = ", ".join(f"`{p}{p.range_text}`" for p in design.ports)
    name = rng.choice(
        (f", named `{design.name}`,", f" called `{design.name}`,", f" (module `{design.name}`)")
    )
    text = f"{lead}{summary(design, rng)}{name}{ports}{listed}."
    return " ".join([capital(text), *rest(design, rng)])


@_voice("sections", 0.8)
def _sections(design: Design, rng: Random) -> str:
    render = port_format(rng)
    blocks = [
        f"Please act as a professional {language(design)} designer.",
        f"Implement {summary(design, rng)}.",
        f"Module name:\n    `{design.name}`",
        "Input ports:\n" + "\n".join("    " + render(p) for p in design.inputs),
        "Output ports:\n" + "\n".join("    " + render(p) for p in design.outputs),
        "Implementation:\n" + " ".join([*design.behaviour, *clock(design, rng), *reset(design, rng)]),
    ]
    tail = extras(design)
    return "\n\n".join(blocks + ([" ".join(tail)] if tail else []))


@_voice("bullets", 1.2)
def _bullets(design: Design, rng: Random) -> str:
    lead = rng.choice(("Module", f"{language(design)} module", "Implement"))
    if not design.style.systemverilog:
        lead = "Verilog module"
    points = [*design.behaviour, *clock(design, rng), *reset(design, rng), *extras(design)]
    head = f"{lead} `{design.name}`: {summary(design, rng)}."
    return f"{head}\n\nPorts:\n{port_lines(design, rng)}\n\nBehaviour:\n" + "\n".join(
        f"- {p}" for p in points
    )


@_voice("header", 2.2, lambda design: design.style.ansi)
def _header(design: Design, rng: Random) -> str:
    lead = rng.choice(("Implement ", "Complete this module: ", "Build ", "Write ", ""))
    text = capital(" ".join([lead + summary(design, rng) + ".", *rest(design, rng)]))
    joint = rng.choice(("\n\n", "\n\nUse this module header:\n\n", "\n\nModule header:\n"))
    return f"{text}{joint}{design.header}"


@_voice("table", 4.0, lambda design: design.table is not None)
def _table(design: Design, rng: Random) -> str:
    table = design.table
    assert table is not None
    rows = "\n".join("| " + " | ".join(row) + " |" for row in (table.columns, *table.rows))
    lead = f"Write a {language(design)} module `{design.name}` that implements this table."
    tail = [*clock(design, rng), *reset(design, rng), *extras(design)]
    return f"{lead}\n\n{rows}\n\n{port_lines(design, rng)}" + ("\n\n" + " ".join(tail) if tail else "")


@_voice("equation", 1.6, lambda design: bool(design.equations))
def _equation(design: Design, rng: Random) -> str:
    lead = rng.choice(("implements", "computes"))
    text = f"{language(design)} module `{design.name}` that {lead}:\n"
    text += "\n".join("    " + equation for equation in design.equations)
    tail = [capital(port_prose(design)) + ".", *clock(design, rng), *reset(design, rng), *extras(design)]
    return f"{text}\n" + " ".join(tail)


@_voice("comment", 1.2)
def _comment(design: Design, rng: Random) -> str:
    word = f" ({language(design)})" if not design.style.systemverilog else ""
    lines = [f"`{design.name}`{word}: {summary(design, rng)}."]
    lines += [] if design.brief else design.behaviour
    lines += [*clock(design, rng), *reset(design, rng), *extras(design)]
    lines.append(capital(port_prose(design)) + ".")
    return "\n".join(f"// {line}" for line in lines)


# -- entry --------------------------------------------------------------------------------------------


def _finish(text: str, rng: Random) -> str:
    """Settle backticks and articles."""
    quote = rng.choices(("", "`", '"', "'"), (0.62, 0.3, 0.04, 0.04))[0]
    text = re.sub(r"\b([Aa]) (?=unsigned|(8|11|18|8\d)-bit)", r"\1n ", text)
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
