"""Samples that exist already: a JSONL file, a folder of designs, or the benchmark's own references."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rtlwright.eval.jsonl import read_jsonl
from rtlwright.eval.problem import Problem
from rtlwright.eval.sample import Sample
from rtlwright.server.errors import UserError
from rtlwright.server.files import decode

REFERENCE = "reference"
_NAME = re.compile(r"(?P<problem>.+?)_sample(?P<index>\d+)\.s?v")


def given_samples(place: str, problems: Sequence[Problem]) -> list[Sample]:
    """The samples at `place`: a file, a folder, or "reference".

    Raises:
        UserError: there are none, or one belongs to no problem.
    """
    known = {problem.id for problem in problems}
    if place == REFERENCE and not Path(place).exists():
        return [Sample(p.id, 0, p.reference) for p in problems if p.reference is not None]
    path = Path(place)
    if path.is_dir():
        return _from_folder(path, known)
    return _from_file(path, known)


def _from_file(file: Path, known: set[str]) -> list[Sample]:
    found, counts = [], Counter[str]()
    for number, row in enumerate(read_jsonl(file, ("task_id", "completion")), 1):
        name = row["task_id"]
        if name not in known:
            raise UserError(f"{file}:{number}: {name!r} is no problem of this benchmark; see --problems")
        found.append(Sample(name, counts[name], row["completion"]))
        counts[name] += 1
    if not found:
        raise UserError(f'{file}: holds no samples; a line is {{"task_id": …, "completion": …}}')
    return found


def _from_folder(folder: Path, known: set[str]) -> list[Sample]:
    """`NAME_sampleMM.sv`, here or in folders below (VerilogEval v2 makes such), or `tM/NAME.v` (RTLLM)."""
    found = []
    for file in sorted([*folder.rglob("*.sv"), *folder.rglob("*.v")]):
        match = _NAME.fullmatch(file.name)
        problem, index = (match["problem"], int(match["index"])) if match else _by_trial(file)
        if problem in known and index is not None:
            text = decode(file.read_bytes().replace(b"\0", b"?"), str(file))
            found.append(Sample(problem, index, text))
    if not found:
        raise UserError(f"{folder}: holds no sample of this benchmark; they are named PROBLEM_sampleMM.sv")
    return found


def _by_trial(file: Path) -> tuple[str, int | None]:
    trial = re.fullmatch(r"t(\d+)", file.parent.name)
    return file.stem, int(trial[1]) if trial else None
