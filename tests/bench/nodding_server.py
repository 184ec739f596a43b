"""`rtlwright` whose gate lets every module pass: `nodding_server.py serve --engine URL`.

For `serve_throughput.py` alone: what is left is what the team server itself costs. The product has no such
switch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rtlwright.server.check.gate import Gate, ModuleChecks
from rtlwright.server.entry import main
from rtlwright.server.types import StageResult, Status, Verdict


def _nod(gate: Gate, candidates: Sequence[str], *_: Any, **__: Any) -> ModuleChecks:
    nod = Verdict.of((StageResult("syntax", Status.PASS, 0.0),))
    return ModuleChecks((nod,) * len(candidates))


if __name__ == "__main__":
    Gate.check_modules = _nod  # type: ignore[method-assign, assignment]
    main()
