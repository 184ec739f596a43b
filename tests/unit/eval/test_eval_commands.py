"""`rtlwright eval` from the command line: what it prints, what it refuses, and that results are the same anywhere."""

# ruff: noqa: E501

import json
import pickle
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from mini import ANSWERS, BODY, write_v1

from rtlwright.eval import toolchain as toolchain_module
from rtlwright.eval.cli import evaluate
from rtlwright.eval.log import read_log
from rtlwright.eval.plan import Plan
from rtlwright.eval.record import Settings
from rtlwright.eval.sample import Sample
from rtlwright.eval.toolchain import Toolchain
from rtlwright.eval.verilogeval.v1 import load_v1
from rtlwright.server.errors import MissingError, UserError


def run(*words: str) -> Result:
    result = CliRunner().invoke(evaluate, list(words))
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture
def problems(tmp_path: Path) -> str:
    return str(write_v1(tmp_path / "VerilogEval_Mini.jsonl"))


@pytest.fixture
def samples(tmp_path: Path) -> str:
    file = tmp_path / "samples.jsonl"
    rows = [{"task_id": "adder", "completion": answer.body} for answer in ANSWERS if answer.letter != "T"]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(file)


def test_a_scripted_model_is_measured(problems: str, tmp_path: Path, toolchain: Toolchain) -> None:
    script = tmp_path / "script.json"
    script.write_text(json.dumps([{"spec": "Add up", "answers": [BODY, "\nendmodule\n"]}]))
    log = str(tmp_path / "log.jsonl")
    words = ("verilogeval", "--problems", problems, "--model", f"scripted:{script}", "--log", log, "--json")
    first = json.loads(run(*words, "-n", "4").stdout)
    assert first["metrics"]["pass@1"] == 0.5
    more = json.loads(run(*words, "-n", "6").stdout)
    assert (more["samples"], len(read_log(Path(log)))) == (6, 6)
    assert more["settings"]["temperature"] == 0.8


def test_a_report_compares_runs(problems: str, samples: str, tmp_path: Path, toolchain: Toolchain) -> None:
    for name, place in (("one", samples), ("two", "reference")):
        run(
            "verilogeval",
            "--problems",
            problems,
            "--samples",
            place,
            "--log",
            str(tmp_path / f"{name}.jsonl"),
        )
    logs = (str(tmp_path / "one.jsonl"), str(tmp_path / "two.jsonl"))
    html, text = tmp_path / "report.html", tmp_path / "report.md"
    run("report", *logs, "--html", str(html), "--markdown", str(text))
    page = html.read_text()
    assert page.count("<svg") >= 2 and "http://" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "reference" in text.read_text() and "paired bootstrap" in text.read_text()
    found = json.loads(run("report", *logs, "--json").stdout)["verilogeval-v1-mini"]
    assert found["differences"][0]["value"] == pytest.approx(1 - 2 / (len(ANSWERS) - 1), abs=0.01)


def test_two_logs_merge(problems: str, samples: str, tmp_path: Path, toolchain: Toolchain) -> None:
    log, out = tmp_path / "log.jsonl", tmp_path / "merged.jsonl"
    run("verilogeval", "--problems", problems, "--samples", samples, "--log", str(log))
    lines = log.read_text().splitlines(keepends=True)
    halves = [tmp_path / "a.jsonl", tmp_path / "b.jsonl"]
    halves[0].write_text("".join(lines[:12]))
    halves[1].write_text("".join(lines[8:]))
    run("merge", *map(str, halves), "--out", str(out))
    assert {r.key for r in read_log(out)} == {r.key for r in read_log(log)}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--problems", "nowhere.jsonl", "--samples", "reference"), "no such file"),
        (("--problems", "PROBLEMS"), "either --samples"),
        (("--problems", "PROBLEMS", "--model", "gpt"), "--model gpt"),
        (("--problems", "PROBLEMS", "--model", "http://x/v1"), "--name"),
        (("--problems", "PROBLEMS", "--samples", "BAD"), "is no problem"),
        (("--problems", "PROBLEMS", "--samples", "reference", "--only", "zzz"), "--only zzz"),
        (("--problems", "BAD", "--samples", "reference"), "has no text under 'prompt'"),
    ],
)
def test_bad_input_is_told_in_a_line(
    words: tuple[str, ...], says: str, problems: str, tmp_path: Path, toolchain: Toolchain
) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"task_id": "other", "completion": "x"}\n')
    real = [{"PROBLEMS": problems, "BAD": str(bad)}.get(word, word) for word in words]
    with pytest.raises(UserError, match=says) as caught:
        run("verilogeval", *real)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("data", [b"no model", b"GGUF" + bytes(200)], ids=["text", "empty"])
def test_a_file_that_is_no_model_is_not_measured(
    data: bytes, problems: str, tmp_path: Path, toolchain: Toolchain
) -> None:
    """It would get 0%."""
    file = tmp_path / "broken.gguf"
    file.write_bytes(data)
    with pytest.raises(UserError, match=r"--model: .*broken\.gguf") as caught:
        run("verilogeval", "--problems", problems, "--model", str(file), "--log", str(tmp_path / "l.jsonl"))
    assert "\n" not in str(caught.value) and not (tmp_path / "l.jsonl").exists()


def test_without_icarus_it_says_what_installs_it(problems: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toolchain_module, "chosen", lambda setting: None)
    with pytest.raises(MissingError, match="apt-get install iverilog"):
        run("verilogeval", "--problems", problems, "--samples", "reference")


def test_a_plan_travels(problems: str) -> None:
    """To the nodes of a cluster, as data."""
    harness = load_v1(Path(problems), None)
    plan = Plan(harness, Settings(harness.name, "m"), given=[Sample("adder", 0, BODY)])
    there = pickle.loads(pickle.dumps(plan))
    assert list(there.samples({("adder", 0)})) == list(plan.given) and there.keys == plan.keys


def test_the_same_on_a_ray_cluster(problems: str, samples: str, tmp_path: Path, toolchain: Toolchain) -> None:
    pytest.importorskip("ray", reason="needs the extra 'ray'")
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "object_store_memory": 80 * 2**20})
    cluster.add_node(num_cpus=1, object_store_memory=80 * 2**20)
    try:
        words = ("verilogeval", "--problems", problems, "--samples", samples)
        there, here = tmp_path / "ray.jsonl", tmp_path / "here.jsonl"
        run(*words, "--ray", cluster.address, "--log", str(there))
        run(*words, "--log", str(here))
    finally:
        cluster.shutdown()
    verdicts = [
        {r.sample.key: (r.score.letter, r.score.result, r.score.mismatches) for r in read_log(log)}
        for log in (there, here)
    ]
    assert verdicts[0] == verdicts[1]


def test_specifications_of_our_own(tmp_path: Path, toolchain: Toolchain) -> None:
    from rtlwright.eval.spec.harness import load_specs

    bench = 'module tb;\n  reg a = 0;\n  wire y;\n  inv dut(.a(a), .y(y));\n  initial #1 $display("Mismatches: %0d in 1 samples", y !== 1);\nendmodule\n'
    right = "module inv(input a, output y);\n  assign y = ~a;\nendmodule\n"
    row = {
        "id": "inv-1",
        "family": "inv",
        "name": "inv",
        "spec": "Invert a.",
        "module": right,
        "testbench": bench,
    }
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps(row) + "\n")
    assert load_specs(file).problems[0].category == "inv"
    script = tmp_path / "script.json"
    wrong = right.replace("~a", "a")
    script.write_text(
        json.dumps(
            [{"spec": "Invert a.", "answers": [wrong.replace(";\nend", "\nend"), wrong, right, right]}]
        )
    )
    answer = json.loads(
        run(
            "spec",
            "--problems",
            str(file),
            "--model",
            f"scripted:{script}",
            "-n",
            "4",
            "--json",
            "--log",
            str(tmp_path / "l.jsonl"),
        ).stdout
    )
    found = {name: answer["metrics"][f"picked {name}"] for name in ("first", "gate", "vote", "any")}
    assert found == {"first": 0.0, "gate": 0.0, "vote": 1.0, "any": 1.0}
    assert answer["metrics"]["pass@1"] == 0.5
