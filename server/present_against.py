"""A comparison with a reference, as JSON and for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from rtlwright.server.comparison import Against, Equality, Equivalence, Step, literal, said_of
from rtlwright.server.terminal_text import one_line

_MAX_STEPS = 12
_MAX_INPUTS = 8


def against_json(against: Against) -> dict[str, Any]:
    """`reference`, `outputs`, `equivalence`; values as strings of bits."""
    outputs = [
        {
            "name": each.name,
            "mismatches": each.mismatches,
            "compared": each.compared,
            "unspecified": each.unspecified,
            "first": None if each.first is None else _step_json(each.first),
        }
        for each in against.outputs
    ]
    found = against.equivalence
    equivalence = {
        "result": found.result.value,
        "proof": found.proof,
        "cycles": found.cycles,
        "reason": found.reason,
        "counterexample": [_step_json(step) for step in found.counterexample],
    }
    return {"reference": against.reference, "outputs": outputs, "equivalence": equivalence}


def _step_json(step: Step) -> dict[str, Any]:
    return {
        "cycle": step.cycle,
        "inputs": dict(step.inputs),
        "reference": dict(step.reference),
        "candidate": dict(step.candidate),
    }


def against_view(against: Against) -> RenderableType:
    """A row per output, then what the solver found."""
    parts: list[RenderableType] = []
    if against.outputs:
        parts.append(_outputs(against))
    parts.append(
        Text(one_line(f"equivalence: {said_of(against.equivalence)}"), style=_style(against.equivalence))
    )
    if against.equivalence.counterexample:
        parts.append(_counterexample(against.equivalence.counterexample))
    return Group(*parts)


def _style(found: Equivalence) -> str:
    return {Equality.EQUAL: "green", Equality.DIFFERENT: "red"}.get(found.result, "yellow")


def _outputs(against: Against) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("output", "mismatches", "first in cycle", "with inputs", "reference", "this"):
        table.add_column(title, overflow="fold")
    for each in against.outputs:
        style = "red" if each.mismatches else ""
        count = f"{each.mismatches} of {each.compared}"
        if each.unspecified:
            count += f" (X in the reference: {each.unspecified})"
        row = [one_line(each.name), count]
        if each.first is not None:
            step = each.first
            row += [str(step.cycle), _values(step.inputs)]
            row += [literal(step.reference[each.name]), literal(step.candidate[each.name])]
        table.add_row(*row, style=style)
    return table


def _counterexample(steps: Sequence[Step]) -> Table:
    """Cycle by cycle, of the outputs those that differ in the end."""
    last = steps[-1]
    names = [name for name, value in last.reference.items() if value != last.candidate.get(name)]
    inputs = list(last.inputs)[:_MAX_INPUTS]
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("cycle", *inputs, *_titles(names)):
        table.add_column(one_line(title), overflow="fold")
    for step in steps[-_MAX_STEPS:]:
        values = [literal(step.inputs[name]) for name in inputs]
        for name in names:
            values += [literal(step.reference[name]), literal(step.candidate[name])]
        table.add_row(str(step.cycle), *values, style="red" if step is last else "")
    return table


def _titles(names: Sequence[str]) -> Iterator[str]:
    for name in names:
        yield f"{name} (reference)"
        yield f"{name} (this)"


def _values(inputs: Mapping[str, str]) -> str:
    shown = [f"{one_line(name)}={literal(bits)}" for name, bits in list(inputs.items())[:_MAX_INPUTS]]
    return " ".join([*shown, *(["…"] if len(inputs) > _MAX_INPUTS else [])])
