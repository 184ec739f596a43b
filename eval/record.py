"""One line of a log: a sample, its score, and everything that is needed to believe or repeat it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from rtlwright.eval.sample import Sample, digest
from rtlwright.eval.score import Letter, Score

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Settings:
    """What was measured, and how. Records with equal settings belong to one run."""

    benchmark: str
    model: str
    values: Mapping[str, Any] = field(default_factory=dict)
    """Prompt form, n, temperature, top_p, seed, examples, and what else the benchmark has."""

    @property
    def key(self) -> str:
        """Names the run: records of one run, from several machines or days, have the same one."""
        return digest(json.dumps([self.benchmark, self.model, dict(self.values)], sort_keys=True))[:16]

    def flat(self) -> dict[str, Any]:
        return {"benchmark": self.benchmark, "model": self.model, **self.values}


@dataclass(frozen=True, slots=True)
class Record:
    """A scored sample."""

    settings: Settings
    tools: Mapping[str, str]
    """Versions: rtlwright, iverilog, python, the sandbox's mode."""
    sample: Sample
    score: Score
    category: str = ""

    @property
    def key(self) -> tuple[str, str, int]:
        return self.settings.key, self.sample.problem, self.sample.index

    def line(self) -> str:
        """One line of JSON, with its line end."""
        row = {
            "schema": SCHEMA,
            "run": self.settings.key,
            "settings": {
                "benchmark": self.settings.benchmark,
                "model": self.settings.model,
                "values": dict(self.settings.values),
            },
            "tools": dict(self.tools),
            "category": self.category,
            "sample": asdict(self.sample),
            "score": asdict(self.score),
        }
        return json.dumps(row, ensure_ascii=True) + "\n"

    @classmethod
    def parse(cls, line: str) -> Record:
        """Raises ValueError for anything but a whole record of this schema."""
        row = json.loads(line)
        try:
            if row["schema"] != SCHEMA:
                raise ValueError(f"schema {row['schema']}, this version reads {SCHEMA}")
            settings = Settings(**row["settings"])
            score = Score(**{**row["score"], "letter": Letter(row["score"]["letter"])})
            return cls(settings, row["tools"], Sample(**row["sample"]), score, row["category"])
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"no record ({type(error).__name__}: {error})") from None
