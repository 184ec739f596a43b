"""Completion: definitions, cuts, baselines, and a run on the examples."""

# ruff: noqa: E501

import json
import random
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from rtlwright.eval.cli import evaluate
from rtlwright.eval.completion.ask import Proposal, score
from rtlwright.eval.completion.cuts import Cut, Kind, cuts_of
from rtlwright.eval.completion.ngram import Trigram, repeat_line
from rtlwright.eval.completion.similarity import edit_similarity, exact
from rtlwright.eval.toolchain import Toolchain
from rtlwright.eval.weights import weights
from rtlwright.server.config import ModelConfig
from rtlwright.server.errors import UserError

EXAMPLES = Path(__file__).parents[3] / "examples"


def slow_similarity(one: str, other: str) -> int:
    """By the table of the longest common subsequence."""
    if not one or not other:
        return 0
    row = [0] * (len(other) + 1)
    for a in one:
        last = row[:]
        for at, b in enumerate(other, 1):
            row[at] = last[at - 1] + 1 if a == b else max(last[at], row[at - 1])
    return round(200 * row[-1] / (len(one) + len(other)))


@given(st.text(alphabet="abc =;", max_size=30), st.text(alphabet="abc =;", max_size=30))
def test_edit_similarity_is_the_ratio_of_the_common_subsequence(one: str, other: str) -> None:
    assert edit_similarity(one, other) == slow_similarity(one, other)


def test_blanks_do_not_count_for_exact_match() -> None:
    assert exact("  a <=  b;", "a <= b;")
    assert not exact("a<=b;", "a <= b;")


def test_cuts_are_the_files_own_text_and_repeat() -> None:
    found = cuts_of(EXAMPLES, 4, 0)
    assert found == cuts_of(EXAMPLES, 4, 0) != cuts_of(EXAMPLES, 4, 1)
    assert {cut.kind for cut in found} == set(Kind)
    for cut in found:
        assert cut.file.read_text().startswith(cut.prefix + cut.wanted)
        assert cut.wanted.strip()
        if cut.kind is Kind.PORT_MAP:
            assert cut.wanted.endswith(");")
        if cut.kind is Kind.BLOCK:
            assert "end" in cut.wanted.strip().split("\n")[-1]


def test_the_baselines() -> None:
    assert repeat_line("a <= 1;\nb <= 2;\nc\na <= 1;\n  b") == " <= 2;"
    assert repeat_line("new\n") == ""
    gram = Trigram(["  assign x = y;\n  assign z = y;\n"] * 2)
    assert gram.rest_of_line("  assign x") == " = y;"


def test_the_policy_decides_what_is_shown() -> None:
    cut = Cut(Path("r"), Path("r/f.v"), Kind.NEXT_LINE, "x\n", "assign a = b;")
    good, wrong = Proposal("assign a = b;\nmore", 0.4, True), Proposal("assign a = c;", 0.4, True)
    assert score(cut, good, 0.3).outputs["saved"] == 13
    assert score(cut, good, 0.5).outputs["saved"] == 0
    assert score(cut, wrong, 0.3).outputs["wrong"] == 13
    assert score(cut, Proposal("assign a = c;", 0.4, False), 0.3).outputs["wrong"] == 0
    assert score(cut, None, 0.3).letter == "-"
    assert score(cut, None, 0.3).outputs["wanted"] == 13


def test_prose_is_not_asked_for(tmp_path: Path) -> None:
    prose = "/*\n" + "Permission is granted, free of charge, to anybody = you;\n" * 60 + "*/\n"
    code = "module m(input a, output b);\n  assign b = a;\n  assign c = a & b;\nendmodule\n"
    (tmp_path / "m.v").write_text(prose + code)
    found = cuts_of(tmp_path, 50, 0)
    assert found
    assert not [cut for cut in found if "Permission" in cut.prefix.split("\n")[-1] + cut.wanted]


@given(st.integers(0, 1000))
def test_similarity_is_symmetric(seed: int) -> None:
    draw = random.Random(seed)
    one, other = ("".join(draw.choices("abcd", k=draw.randrange(1, 20))) for _ in range(2))
    assert edit_similarity(one, other) == edit_similarity(other, one)


def test_generated_rows_are_a_project(tmp_path: Path, toolchain: Toolchain) -> None:
    module = "module {n} (\n  input a,\n  input b,\n  output y\n);\n  wire c;\n\n  // both\n  assign c = a & b;\n  assign y = ~c;\nendmodule\n"
    rows = tmp_path / "rows"
    rows.mkdir()
    lines = [json.dumps({"id": f"r{n}", "module": module.format(n=n), "language": "v"}) for n in "pqr"]
    (rows / "shard.jsonl").write_text("\n".join(lines) + "\n")
    log = tmp_path / "log"
    words = ["completion", str(rows), "--cuts", "4", "--model", "off", "--rest", "--kind", "next line"]
    done = CliRunner().invoke(evaluate, [*words, "--log", str(log), "--json"], catch_exceptions=False)
    found = json.loads(done.stdout)
    assert (found["samples"], found["settings"]["rest"]) == (4, True)
    assert found["metrics"]["recall: exact match"] > 0, "each module is in the others"
    assert sorted(file.name for file in (log / "modules" / "rows").glob("*.v")) == ["rp.v", "rq.v", "rr.v"]


def test_a_log_belongs_to_one_model_file(tmp_path: Path) -> None:
    one, two = tmp_path / "one.gguf", tmp_path / "two.gguf"
    one.write_bytes(b"GGUF1")
    two.write_bytes(b"GGUF2")
    found = [weights(str(file), ModelConfig())["weights"] for file in (one, two)]
    assert found[0] != found[1] and all(len(each) == 16 for each in found)
    assert weights("embedded", ModelConfig(path=one))["weights"] == found[0]
    assert weights("http://x/v1", ModelConfig()) == {}


def test_a_model_that_is_none(tmp_path: Path, toolchain: Toolchain) -> None:
    words = ["completion", str(EXAMPLES), "--model", "gpt", "--log", str(tmp_path)]
    with pytest.raises(UserError, match="--model gpt: name 'embedded'"):
        CliRunner().invoke(evaluate, words, catch_exceptions=False)


def test_a_run_on_the_examples_goes_on_and_repeats(tmp_path: Path, toolchain: Toolchain) -> None:
    words = ["completion", str(EXAMPLES), "--cuts", "2", "--model", "off", "--log", str(tmp_path), "--json"]
    first = CliRunner().invoke(evaluate, words, catch_exceptions=False)
    (tmp_path / "recall.jsonl").unlink()
    again = CliRunner().invoke(evaluate, words, catch_exceptions=False)
    one, two = json.loads(first.stdout), json.loads(again.stdout)
    assert one["samples"] == two["samples"] >= 6
    assert one["metrics"]["together: exact match"] == pytest.approx(two["metrics"]["together: exact match"])
    assert set(one) == {"metrics", "intervals", "samples", "settings", "tools"}
