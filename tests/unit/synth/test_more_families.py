"""State machines, memories, sequential blocks and protocols: each verifies, in one batch."""

from __future__ import annotations

from random import Random

from rtlwright.training.synth.design import Design
from rtlwright.training.synth.families import Family, all_families
from rtlwright.training.synth.testbench import steps_for
from rtlwright.training.synth.verify import Job, verify

_PREFIXES = ("fsm_", "mem_", "proto_", "seq_")
_SEEDS = 3


def _families() -> list[Family]:
    return [f for f in all_families().values() if f.name.startswith(_PREFIXES)]


def _jobs() -> list[Job]:
    designs = [f.design(Random(f"{f.name}#{n}")) for f in _families() for n in range(_SEEDS)]
    return [Job(d, steps_for(d, Random(n)), yosys=True) for n, d in enumerate(designs)]


def test_every_family_verifies() -> None:
    jobs = _jobs()
    verdicts = zip(jobs, verify(jobs), strict=True)
    assert not [f"{j.design.family}: {v.stage}: {v.message}" for j, v in verdicts if not v.ok]


def test_vectors_exercise_every_output() -> None:
    """An output that the reference never moves in any of the seeds is not tested."""
    moved: dict[str, set[int]] = {}
    for job in _jobs():
        ones = zeros = 0
        for step in job.steps:
            ones |= step.expected & step.care
            zeros |= ~step.expected & step.care
        moved.setdefault(job.design.family, set()).update(_moving(job.design, ones & zeros))
    for family in _families():
        outputs = range(len(family.design(Random(f"{family.name}#0")).outputs))
        assert moved[family.name] >= set(outputs), family.name


def _moving(design: Design, both: int) -> set[int]:
    """Which outputs, by number, have a bit seen as 0 and as 1; the last output has the lowest bits."""
    found, shift = set(), 0
    for number, port in reversed(list(enumerate(design.outputs))):
        if both >> shift & ((1 << port.width) - 1):
            found.add(number)
        shift += port.width
    return found


def test_some_are_held_out() -> None:
    held = {f.name for f in _families() if f.held_out}
    assert {"fsm_traffic_light", "mem_tag_match", "proto_frame_shifter", "seq_mac"} <= held


def test_specifications_tell_what_a_reset_does() -> None:
    for family in _families():
        design = family.design(Random(f"{family.name}#1"))
        assert bool(design.reset_effect) or not design.reset, family.name
        assert design.behaviour and all(s.endswith(".") for s in design.behaviour), family.name
        assert not any(s.endswith(".") for s in design.summaries), family.name
