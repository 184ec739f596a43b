"""VerilogEval v1's own data, where it is at hand: its examples, its solutions."""

import json
from pathlib import Path

import pytest

from rtlwright.eval.pool import Pool
from rtlwright.eval.toolchain import Toolchain
from rtlwright.eval.verilogeval.self_check import OLD_ICARUS
from rtlwright.eval.verilogeval.v1 import load_v1


def test_the_example_solution_is_judged_as_its_reference_file_says(verilogeval: Path, pool: Pool) -> None:
    harness = load_v1(verilogeval / "ExampleEval.jsonl", None)
    problems = {problem.id: problem for problem in harness.problems}
    rows = [
        json.loads(x)
        for x in (verilogeval / "ExampleSolution.jsonl_reference.jsonl").read_text().splitlines()
    ]
    for row in rows:
        problem, text = problems[row["task_id"]], row["completion"]
        outcome = pool.submit(f"example{problem.id}{text}", lambda n, p=problem, t=text: harness.job(p, t, n))
        found = harness.judge(problem, text, outcome.result())
        assert (found.result, found.passed) == (row["result"], row["passed"])
    assert sum(row["passed"] for row in rows) / len(rows) == 0.5


@pytest.mark.parametrize(("name", "count"), [("Human", 156), ("Machine", 143)])
def test_all_solutions_pass(
    name: str, count: int, verilogeval: Path, pool: Pool, toolchain: Toolchain
) -> None:
    harness = load_v1(verilogeval / f"VerilogEval_{name}.jsonl", None)
    futures = [
        (p, pool.submit(f"{name}{p.id}", lambda nonce, p=p: harness.job(p, str(p.reference), nonce)))
        for p in harness.problems
    ]
    failed = {p.id for p, future in futures if not harness.judge(p, str(p.reference), future.result()).passed}
    assert len(harness.problems) == count
    expected = set(OLD_ICARUS) if name == "Human" and toolchain.icarus.major < 12 else set()
    assert failed == expected
    assert all(problem.description for problem in harness.problems)
