"""What the product would show: the same samples through its own gate and vote."""

from __future__ import annotations

import json
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from rtlwright.eval.harness import Harness
from rtlwright.eval.meter import Meter
from rtlwright.eval.passk import Interval, interval
from rtlwright.eval.record import Record
from rtlwright.server.config import Config
from rtlwright.server.local import LocalService
from rtlwright.server.types import Cancel, GenerateRequest


def picked(harness: Harness, records: Sequence[Record]) -> Mapping[str, Interval]:
    """Share of specifications whose chosen sample passes its testbench, by way of choosing.

    `first`: the first sample, unchecked. `gate`: the first that compiles. `vote`: what `rtlwright generate`
    puts first, given the same samples: gate, interface, behaviour, agreement. `any`: an oracle's choice.
    """
    groups: defaultdict[str, list[Record]] = defaultdict(list)
    for record in sorted(records, key=lambda record: record.sample.index):
        groups[record.sample.problem].append(record)
    choices: dict[str, list[float]] = {"first": [], "gate": [], "vote": [], "any": []}
    specs = {problem.id: problem.description for problem in harness.problems}
    shown = _shown({specs[name]: group for name, group in groups.items()})
    for name, group in groups.items():
        compiled = [r for r in group if r.score.compiled]
        voted = [r for r in group if _bare(r.sample.text) == _bare(shown[specs[name]])]
        choices["first"].append(float(group[0].score.passed))
        choices["gate"].append(float(bool(compiled) and compiled[0].score.passed))
        choices["vote"].append(float(bool(voted) and voted[0].score.passed))
        choices["any"].append(float(any(r.score.passed for r in group)))
    return {f"picked {name}": interval(values) for name, values in choices.items()}


def _shown(groups: Mapping[str, Sequence[Record]]) -> dict[str, str]:
    """Specification → the text that the service puts first; empty where it shows none."""
    found = {}
    with (
        tempfile.TemporaryDirectory(prefix="rtlwright-") as folder,
        Meter("gate and vote", len(groups)) as meter,
    ):
        script = Path(folder) / "script.json"
        answers = [{"spec": s, "answers": [r.sample.text for r in group]} for s, group in groups.items()]
        script.write_text(json.dumps(answers))
        overrides = {"model": {"engine": "scripted", "script": str(script)}, "feedback": {"capture": "off"}}
        service = LocalService(Config.load(Path(folder), overrides), Path(folder))
        try:
            for spec, group in groups.items():
                answer = service.generate(GenerateRequest(spec, n=len(group)), Cancel())
                found[spec] = answer.suggestions[0].text if answer.suggestions else ""
                meter.step(bool(answer.suggestions))
        finally:
            service.close()
    return found


def _bare(text: str) -> str:
    return " ".join(text.split())
