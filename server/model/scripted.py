"""A model that answers from a file: for tests and demonstrations. Its name says that it is scripted.

The file is a JSON list of `{"after": TEXT, "answers": [TEXT, …]}` for completions, matched against the
end of the prefix, and `{"spec": TEXT, "answers": […]}` for modules, matched within the specification.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rtlwright.server.errors import UserError
from rtlwright.server.model.protocol import Generation, ModelStatus, Sampling
from rtlwright.server.types import Cancel


class ScriptedModel:
    """`Model` whose every answer was written beforehand."""

    name = "scripted"

    def __init__(self, script: Path | list[dict[str, Any]]):
        """Raises `UserError` if the script cannot be read."""
        self._entries = _read(script) if isinstance(script, Path) else script

    def warm(self) -> None:
        return

    def fill(
        self,
        prefix: str,
        suffix: str,
        sampling: Sampling,
        cancel: Cancel,
        on_answer: Callable[[Generation], None] | None = None,
    ) -> list[Generation]:
        return self._answer("after", prefix.endswith, sampling, cancel, on_answer)

    def write(
        self,
        spec: str,
        sampling: Sampling,
        cancel: Cancel,
        on_answer: Callable[[Generation], None] | None = None,
    ) -> list[Generation]:
        return self._answer("spec", lambda part: part in spec, sampling, cancel, on_answer)

    def status(self) -> ModelStatus:
        return ModelStatus(self.name, True, "scripted answers, no model: for tests and demonstrations")

    def close(self) -> None:
        return

    def _answer(
        self,
        key: str,
        matches: Callable[[str], bool],
        sampling: Sampling,
        cancel: Cancel,
        on_answer: Callable[[Generation], None] | None,
    ) -> list[Generation]:
        cancel.check()
        answers: list[str] = next((e["answers"] for e in self._entries if key in e and matches(e[key])), [])
        found = [Generation(text, 0.0, 0.0, 0, "stop") for text in answers[: sampling.n]]
        for answer in found:
            if on_answer:
                on_answer(answer)
        return found


def _read(file: Path) -> list[dict[str, Any]]:
    try:
        entries = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{file}: script cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise UserError(f"{file}: not valid JSON: {error}") from None
    if not isinstance(entries, list) or not all(isinstance(e, dict) and "answers" in e for e in entries):
        raise UserError(f'{file}: a script is a list of {{"after": …, "answers": […]}}')
    return entries
