"""Memory over many checks: `python tests/bench/gate_memory.py [--checks N] [--json FILE]`.

A document that changes all the time, in a project that is edited now and then; a third of the candidates is
broken. Prints what the parent has grown by since the first tenth, and what all of the workers hold.
"""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from gate_cases import CASES, Case

from rtlwright.server.check.gate import Gate
from rtlwright.server.config import CheckConfig
from rtlwright.server.types import Cancel, Candidate, ProjectView, SourceFile

PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20
EDIT_EVERY = 50
"""Checks between two edits of another file of the project."""


@dataclass(frozen=True)
class Sample:
    """Resident memory after so many checks, in MB."""

    checks: int
    parent: float
    workers: float
    """Of all processes below the parent; what they share is counted in each."""


def resident_mb(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_MB
    except (OSError, IndexError):
        return 0.0


def below(pid: int) -> list[int]:
    """Every process below `pid`."""
    try:
        found = [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += [int(each) for each in (task / "children").read_text().split()]
    except OSError:
        return []
    return [each for child in set(found) for each in (child, *below(child))]


def sample(checks: int) -> Sample:
    own = os.getpid()
    return Sample(checks, resident_mb(own), sum(map(resident_mb, below(own))))


def edited(view: ProjectView, number: int) -> ProjectView:
    """One file has another comment."""
    if not view.sources:
        return view
    index = number % len(view.sources)
    files = list(view.sources)
    text = files[index].text.split("\n// edit")[0]
    files[index] = SourceFile.of(files[index].path, f"{text}\n// edit {number}\n")
    return replace(view, sources=tuple(files))


def measure(checks: int, cases: tuple[Case, ...] = CASES) -> list[Sample]:
    """Ten samples, the first after a tenth of the checks."""
    single = [case for case in cases if case.candidates == 1]
    views = {case.name: case.view for case in single}
    gate, samples = Gate(CheckConfig()), []
    try:
        for number in range(checks):
            case = single[number % len(single)]
            if number % EDIT_EVERY == 0:
                views = {name: edited(view, number // EDIT_EVERY) for name, view in views.items()}
            document, position = case.document(number)
            (given,) = case.given(number, position)
            if number % 3 == 0:
                given = Candidate(given.text.replace("=", "= nowhere +", 1), given.range, given.source)
            gate.check(document, [given], views[case.name], deadline_s=10, best=1, cancel=Cancel())
            if (number + 1) % max(1, checks // 10) == 0:
                samples.append(sample(number + 1))
    finally:
        gate.close()
    return samples


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--checks", type=int, default=1000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    samples = measure(options.checks)
    first, last = samples[0], samples[-1]
    grown, workers = last.parent - first.parent, last.workers - first.workers
    most = max(each.workers for each in samples)
    print(f"memory over {options.checks} checks, MB")
    print(f"  parent   {first.parent:6.1f} -> {last.parent:6.1f}  ({grown:+.1f}, bar < 20)")
    print(f"  workers  {first.workers:6.1f} -> {last.workers:6.1f}  ({workers:+.1f}), at most {most:.1f}")
    if options.json:
        options.json.write_text(json.dumps([asdict(each) for each in samples], indent=1))


if __name__ == "__main__":
    main()
