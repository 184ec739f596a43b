"""Two kinds of picture as SVG text: curves with bands, and stacked bars. No library, nothing to load."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

COLOURS = ("#3366aa", "#cc6633", "#449955", "#994488", "#888833", "#447788", "#aa4455", "#777777")
_WIDTH, _HEIGHT, _LEFT, _TOP = 640, 320, 52, 16
_PLOT_W, _PLOT_H = 420, 256


@dataclass(frozen=True, slots=True)
class Curve:
    """Points (x, y) with y within 0 … 1."""

    label: str
    points: Sequence[tuple[float, float]]
    band: Sequence[tuple[float, float, float]] = ()
    """(x, low, high)."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of parts that sum to at most 1."""

    label: str
    parts: Sequence[tuple[str, float]]


def curves(title: str, lines: Sequence[Curve], x_name: str) -> str:
    """Shares over a number, from 0 to 100%."""
    top = max([x for line in lines for x, _ in line.points], default=1.0)
    body = [
        _axis(x_name, [(x, f"{x:g}") for x in sorted({x for line in lines for x, _ in line.points})], top)
    ]
    for number, line in enumerate(lines):
        colour = COLOURS[number % len(COLOURS)]
        if line.band:
            upper = [_at(x, high, top) for x, _, high in line.band]
            lower = [_at(x, low, top) for x, low, _ in reversed(line.band)]
            body.append(f'<polygon points="{" ".join((*upper, *lower))}" fill="{colour}" opacity="0.15"/>')
        path = " ".join(_at(x, y, top) for x, y in line.points)
        body.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for x, y in line.points:
            centre = _at(x, y, top).split(",")
            body.append(
                f'<circle cx="{centre[0]}" cy="{centre[1]}" r="3" fill="{colour}">'
                f"<title>{escape(line.label)}: {y:.1%} at {x:g}</title></circle>"
            )
        body.append(_legend(number, line.label, colour))
    return _picture(title, body, _HEIGHT)


def bars(title: str, rows: Sequence[Bar]) -> str:
    """One horizontal bar a row, its parts side by side."""
    names = list(dict.fromkeys(name for row in rows for name, _ in row.parts))
    colour = {name: COLOURS[number % len(COLOURS)] for number, name in enumerate(names)}
    body = []
    for number, row in enumerate(rows):
        y, x = _TOP + 24 * number, 150.0
        body.append(f'<text x="144" y="{y + 14}" text-anchor="end">{escape(row.label[:24])}</text>')
        for name, share in row.parts:
            width = 322 * share
            body.append(
                f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="18" fill="{colour[name]}">'
                f"<title>{escape(row.label)}: {escape(name)} {share:.1%}</title></rect>"
            )
            x += width
    body += [_legend(number, name, colour[name]) for number, name in enumerate(names)]
    return _picture(title, body, max(24 * len(rows), 18 * len(names)) + 2 * _TOP)


def _picture(title: str, body: Sequence[str], height: int) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'font-family="sans-serif" font-size="12"><title>{escape(title)}</title>{"".join(body)}</svg>'
    )


def _axis(name: str, marks: Sequence[tuple[float, str]], top: float) -> str:
    out = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = _TOP + _PLOT_H * (1 - share)
        out.append(f'<line x1="{_LEFT}" x2="{_LEFT + _PLOT_W}" y1="{y}" y2="{y}" stroke="#ddd"/>')
        out.append(f'<text x="{_LEFT - 6}" y="{y + 4}" text-anchor="end">{share:.0%}</text>')
    for x, word in marks:
        place = _at(x, 0.0, top).split(",")
        out.append(
            f'<text x="{place[0]}" y="{_TOP + _PLOT_H + 18}" text-anchor="middle">{escape(word)}</text>'
        )
    middle = _LEFT + _PLOT_W // 2
    return "".join(out) + f'<text x="{middle}" y="{_HEIGHT - 8}" text-anchor="middle">{escape(name)}</text>'


def _at(x: float, y: float, top: float) -> str:
    return f"{_LEFT + _PLOT_W * x / top:.1f},{_TOP + _PLOT_H * (1 - y):.1f}"


def _legend(number: int, label: str, colour: str) -> str:
    y = _TOP + 18 * number
    return (
        f'<rect x="484" y="{y}" width="10" height="10" fill="{colour}"/>'
        f'<text x="500" y="{y + 9}">{escape(label[:24])}</text>'
    )
