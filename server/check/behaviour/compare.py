"""A design against its reference on the same vectors, sample by sample. In the worker.

Where the reference is X or Z it says nothing, so that anything goes; where the reference has a value, an X
of the design is a mismatch. Samples of the first reset are not compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Event
from typing import Any

from rtlwright.server.check.behaviour import roles as roles_
from rtlwright.server.check.behaviour import vcd
from rtlwright.server.check.behaviour.drive import Driver, Subject
from rtlwright.server.check.behaviour.stimulus import Stimulus
from rtlwright.server.check.behaviour.traces import known
from rtlwright.server.check.reports import MISBEHAVED
from rtlwright.server.check.slang.ports import Port

_MAX_VCD_BITS = 4096


def compare(params: Mapping[str, Any], scratch: Path, stop: Event) -> dict[str, Any]:
    """`params["designs"]` are the reference and the design; the answer has a row per output.

    With `params["columns"]` ([name, width, values] each) these are the inputs, else the common stimulus is.
    """
    driver = Driver.of(params, scratch, stop)
    subjects = [Subject(tuple((n, t) for n, t in each["files"]), each["top"]) for each in params["designs"]]
    ports = [Port(name, direction, width) for name, direction, width in params["ports"]]
    stimulus = _stimulus(params, ports, subjects)
    found = driver.run(subjects, stimulus)
    for name, each in zip(("the reference", "the design"), found, strict=True):
        if each.samples is None:
            own = name == "the design" and each.reason in MISBEHAVED
            return {"reason": f"{name}: {each.reason}", "misbehaved": own, "outputs": [], "vcd": None}
    reference, design = found[0].samples, found[1].samples
    assert reference is not None and design is not None
    rows = [_row(stimulus, port.name, reference[port.name], design[port.name]) for port in stimulus.outputs]
    waves = None
    if params.get("waves") and sum(port.width for port in ports) <= _MAX_VCD_BITS:
        waves = vcd.text(stimulus, reference, design)
    return {"reason": "", "outputs": rows, "vcd": waves}


def _stimulus(params: Mapping[str, Any], ports: Sequence[Port], subjects: Sequence[Subject]) -> Stimulus:
    roles = roles_.decode(params["roles"])
    if params.get("columns") is None:
        return Stimulus.of(ports, roles, (subject.text for subject in subjects))
    return Stimulus.given(ports, roles, params["columns"])


def _row(stimulus: Stimulus, name: str, expected: Sequence[str], got: Sequence[str]) -> dict[str, Any]:
    begin, end = stimulus.begin, len(expected)
    wrong = [n for n in range(begin, end) if expected[n] != got[n] and differ(expected[n], got[n])]
    first = None
    if wrong:
        n = wrong[0]
        inputs = stimulus.inputs(n // stimulus.per_cycle)
        first = {
            "cycle": n // stimulus.per_cycle, "inputs": inputs, "reference": expected[n], "candidate": got[n],
        }  # fmt: skip
    return {
        "name": name,
        "mismatches": len(wrong),
        "compared": end - begin,
        "unspecified": sum(not known(bits) for bits in expected[begin:]),
        "first": first,
    }


def differ(expected: str, got: str) -> bool:
    """Some bit that the reference knows is another one in the design."""
    return any(e != g for e, g in zip(expected, got, strict=True) if e in "01")
