"""The gate's hostile inputs as completions: none passes that does not compute, and no honest sample suffers."""

# ruff: noqa: E501

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from cases import CASES, Place

from rtlwright.eval.pool import Pool
from rtlwright.eval.toolchain import Toolchain
from rtlwright.eval.verilogeval import v1
from rtlwright.eval.verilogeval.v1 import load_v1
from rtlwright.server.config import CheckConfig
from rtlwright.server.errors import MissingError

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "eval"))
from mini import BODY, always, write_v1

pytestmark = [pytest.mark.hostile, pytest.mark.timeout(300)]
LIMIT_S = 1.5
"""Instead of 30 s: what hangs, hangs."""


def test_no_other_sample_s_verdict_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each stands between two honest samples, one right and one wrong, in a pool of two workers."""
    monkeypatch.setattr(v1, "TIMEOUT_S", LIMIT_S)
    try:
        toolchain = Toolchain.find(CheckConfig())
    except MissingError as error:
        pytest.skip(str(error))
    harness = load_v1(write_v1(tmp_path / "VerilogEval_Mini.jsonl"), None)
    problem = harness.problems[0]
    out, secret = str(tmp_path / "out"), tmp_path / "secret"
    (tmp_path / "out").mkdir()
    secret.write_text("unknown to all")
    cases = [case for case in CASES if case.place in (Place.INLINE, Place.MODULE, Place.UNDER_BENCH)]
    pool = Pool(toolchain, 2)
    try:
        pool.prove()
        asked = []
        for number, case in enumerate(cases):
            hostile = case.made(out, str(secret), f"left{number}")
            body = (
                hostile
                if case.place is not Place.INLINE
                else f"{BODY.replace('endmodule', '')}{hostile}\nendmodule\n"
            )
            right, wrong = f"\n  wire w{number};{BODY}", f"\n  wire w{number};{always('total <= step;')}"
            for kind, text in (("right", right), ("hostile", body), ("wrong", wrong)):
                limit = LIMIT_S if kind == "hostile" else 30.0
                asked.append((case.name, kind, text, pool.submit(
                    f"{number}{kind}",
                    lambda nonce, t=text, s=limit: replace(harness.job(problem, t, nonce), timeout_s=s),
                )))  # fmt: skip
        found = [(name, kind, harness.judge(problem, text, f.result())) for name, kind, text, f in asked]
    finally:
        pool.close()
    assert len(cases) >= 60
    assert not [name for name, kind, score in found if kind == "right" and score.letter != "."]
    assert not [name for name, kind, score in found if kind == "wrong" and score.letter != "R"]
    assert not list((tmp_path / "out").iterdir()), "something was written outside"
    assert secret.read_text() == "unknown to all"
