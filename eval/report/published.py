"""Published results, as context beside measured ones. They were measured by their authors, not here."""

from __future__ import annotations

from collections.abc import Mapping

SOURCE = "as published: RTLCoder, OriGen, QiMeng-SALV and CodeV-R1 papers; not measured here"
PASS_AT_1: Mapping[str, Mapping[str, float]] = {
    "verilogeval-v1-machine": {
        "CodeGen-350M fine-tuned": 9.1, "CodeGen-2B fine-tuned": 35.9, "CodeGen-16B fine-tuned": 46.2,
        "Qwen2.5-Coder-7B-Instruct": 60.2, "RTLCoder-DS 6.7B": 61.2, "OriGen 7B": 74.1, "SALV 7B": 81.4,
        "CodeV-R1 7B": 76.5,
    },
    "verilogeval-v1-human": {
        "CodeGen-350M fine-tuned": 4.3, "CodeGen-2B fine-tuned": 23.1, "CodeGen-16B fine-tuned": 28.8,
        "Qwen2.5-Coder-7B-Instruct": 31.9, "RTLCoder-DS 6.7B": 41.6, "OriGen 7B": 54.4, "SALV 7B": 60.4,
        "CodeV-R1 7B": 69.9,
    },
    "verilogeval-v2-spec-to-rtl": {
        "Qwen2.5-Coder-7B-Instruct": 31.3, "RTLCoder-DS 6.7B": 36.8, "OriGen 7B": 49.3, "SALV 7B": 57.1,
        "CodeV-R1 7B": 68.8,
    },
    "verilogeval-v2-code-complete": {
        "Qwen2.5-Coder-7B-Instruct": 30.5, "RTLCoder-DS 6.7B": 35.9, "OriGen 7B": 49.3, "SALV 7B": 62.2,
        "CodeV-R1 7B": 69.9,
    },
    "rtllm-v1.1": {
        "Qwen2.5-Coder-7B-Instruct": 32.2, "RTLCoder-DS 6.7B": 35.8, "OriGen 7B": 50.6, "SALV 7B": 62.6,
        "CodeV-R1 7B": 72.9,
    },
    "rtllm-v2.0": {
        "Qwen2.5-Coder-7B-Instruct": 36.1, "RTLCoder-DS 6.7B": 43.5, "OriGen 7B": 50.9, "SALV 7B": 62.0,
        "CodeV-R1 7B": 68.0,
    },
}  # fmt: skip
"""Benchmark → model → pass@1 in percent."""
