"""Do simulation and proof agree on whether two designs are the same?

`python tests/unit/check/against_report.py [--count N] [--seed S] [--show]`: modules of the generator, each
against itself and against a mutant (an operator or a constant changed), by the stages of `rtlwright check
--against`. A mutant may well do the same as its original; no verdict is known beforehand.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from rtlwright.server.check.gate import Gate
from rtlwright.server.comparison import Against
from rtlwright.server.config import CheckConfig
from rtlwright.server.types import Cancel, CheckReport, Document, ProjectView, Status
from rtlwright.training.synth.families import all_families

ROOT = Path("/project")
_SWAPS = {
    "+": "-", "-": "+", "&": "|", "|": "&", "^": "&", "==": "!=", "!=": "==", "<": "<=", ">": ">=",
    "&&": "||", "||": "&&", "<<": ">>", ">>": "<<", "~": "", "!": "", "1'b0": "1'b1", "1'b1": "1'b0",
}  # fmt: skip
_TOKEN = re.compile(r"\d+'[bdh][\da-fA-F_]+|\d+|&&|\|\||[=!]=|<<|>>|<=|>=|[-+&|^<>~!]|[A-Za-z_$][\w$]*")


@dataclass(frozen=True)
class Case:
    """A module and what is compared with it."""

    family: str
    reference: str
    candidate: str
    mutant: bool


def cases(count: int, seed: int) -> Iterator[Case]:
    """`count` mutants of different designs, and a quarter as many designs against themselves."""
    families = [each for _, each in sorted(all_families().items())]
    for number in range(count):
        rng = Random(f"{seed}/{number}")
        family = families[number % len(families)]
        text = family.design(rng).rtl
        yield Case(family.name, text, mutated(text, rng), True)
        if number % 4 == 0:
            yield Case(family.name, text, f"// again\n{text}", False)


def mutated(text: str, rng: Random) -> str:
    """One change behind the header that keeps the text's form."""
    begin = text.index(";", text.index("module")) + 1
    places = [m for m in _TOKEN.finditer(text, begin) if _changed(text, m) is not None]
    if not places:
        return text
    match = rng.choice(places)
    changed = _changed(text, match)
    assert changed is not None
    return text[: match.start()] + changed + text[match.end() :]


def _changed(text: str, match: re.Match[str]) -> str | None:
    token, line = match[0], text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
    if re.search(r"\b(?:input|output|wire|reg|logic|localparam|parameter|integer)\b|//|\[[^\]]*$", line):
        return None
    if token == "<=" or (token in ("<", ">") and "for" in line):
        return None
    if token in _SWAPS:
        return _SWAPS[token]
    number = re.fullmatch(r"(\d+)'d(\d+)", token)
    if number and int(number[2]) + 1 < 1 << int(number[1]):
        return f"{number[1]}'d{int(number[2]) + 1}"
    return None


def compare(gate: Gate, case: Case) -> CheckReport:
    document = Document.of(ROOT / "new.sv", case.candidate)
    reference = Document.of(ROOT / "old.sv", case.reference)
    view = ProjectView(ROOT, "new.sv")
    return gate.check_files(
        [document], view, top=None, testbench=None, reference=reference, timeout_s=60, cancel=Cancel()
    )


def words(report: CheckReport) -> tuple[str, str]:
    """(what simulation says, what the proof says)."""
    status = {stage.name: stage.status for stage in report.verdict.stages}.get("comparison", Status.UNCHECKED)
    simulated = {Status.PASS: "equal", Status.FAIL: "different"}.get(status, "unknown")
    found = (report.against or Against("")).equivalence
    return simulated, f"{found.result} ({found.proof})" if found.proof else str(found.result)


def run(gate: Gate, given: Sequence[Case]) -> Iterator[tuple[Case, CheckReport]]:
    """The cases whose texts both pass the gate: others have nothing to compare."""
    for case in given:
        report = compare(gate, case)
        if not any(s.status is Status.FAIL for s in report.verdict.stages if s.name in ("syntax", "icarus")):
            yield case, report


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=120)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", action="store_true", help="print what they disagree on")
    options = parser.parse_args()
    gate = Gate(CheckConfig())
    table: Counter[tuple[str, str, str]] = Counter()
    try:
        for case, report in run(gate, list(cases(options.count, options.seed))):
            said = words(report)
            table["mutant" if case.mutant else "itself", *said] += 1
            if options.show and (said[0] != said[1].split(" ")[0] or "unknown" in said):
                _show(case, report, said)
    finally:
        gate.close()
    print(f"{'compared with':14} {'simulation':11} {'proof':20} count")
    for (kind, simulated, proven), number in sorted(table.items()):
        print(f"{kind:14} {simulated:11} {proven:20} {number:5}")


def _show(case: Case, report: CheckReport, said: tuple[str, str]) -> None:
    print("=" * 20, case.family, *said)
    old, new = case.reference.splitlines(), case.candidate.splitlines()
    print("\n".join(f"- {a}\n+ {b}" for a, b in zip(old, new, strict=False) if a != b))
    for stage in report.verdict.stages[-2:]:
        print(stage.name, stage.reason, [d.message for d in stage.diagnostics])


if __name__ == "__main__":
    main()
