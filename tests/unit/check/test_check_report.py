"""A small part of the gate report in every test run; `gate_report.py` has the whole."""

from __future__ import annotations

import pytest
from gate_report import DESIGNS, rate, run


@pytest.mark.timeout(110)
def test_false_alarms_and_misses_stay_rare() -> None:
    chosen = [DESIGNS / name for name in ("fifo.v", "traffic.sv", "adders.v", "gray.sv")]
    tallies = run(12, 1, chosen)
    assert rate(tallies, "true") <= 0.03, tallies
    assert rate(tallies, "broken") <= 0.05, tallies
