"""The same service with the same model and nothing checked: what the gate costs is the difference.

For measurements alone; the product has no such switch.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rtlwright.server.config import Config
from rtlwright.server.local import LocalService
from rtlwright.server.types import Status, Verdict


class _Nods:
    """In the gate's place: splices as it does, and lets everything pass."""

    def __init__(self, gate: Any):
        self._gate = gate

    def check(self, document: Any, candidates: Any, view: Any, **_: Any) -> list[Verdict]:
        return [Verdict(Status.PASS, 0.0) for _ in candidates]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._gate, name)


def ungated(config: Config, root: Path | None) -> LocalService:
    service = LocalService(config, root)
    service._gate = _Nods(service._gate)  # type: ignore[assignment]
    return service
