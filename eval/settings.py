"""Sampling as the papers have it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Preset:
    """How a paper samples."""

    n: int
    temperature: float
    top_p: float
    says: str


PRESETS = {
    "v1": Preset(20, 0.8, 0.95, "VerilogEval (Liu et al. 2023)"),
    "v2-low": Preset(1, 0.0, 0.01, "VerilogEval v2, low temperature (Pinckney et al. 2024)"),
    "v2-high": Preset(20, 0.85, 0.95, "VerilogEval v2, high temperature (Pinckney et al. 2024)"),
    "rtlcoder": Preset(20, 0.2, 0.95, "RTLCoder on VerilogEval (Liu et al. 2024)"),
    "rtllm": Preset(5, 0.5, 0.95, "RTLCoder on RTLLM (Liu et al. 2024)"),
}
