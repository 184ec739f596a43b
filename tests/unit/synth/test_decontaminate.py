"""What is kept out of the data: benchmark text by 13 words in a row, held-out rows by equality."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from rtlwright.server.errors import UserError
from rtlwright.training.synth.cli import synth
from rtlwright.training.synth.decontaminate import Decontaminator, open_source, trivial
from rtlwright.training.synth.families import all_families
from rtlwright.training.synth.families.held_out import HELD_OUT
from rtlwright.training.synth.generate import Generator, Settings

PROBLEM = "Build a counter that counts from zero to nine and then wraps around to zero again at each clock."
DIGITS = "0 1 1 0 1 0 0 1 0 1 1 0 1 0"


def _benchmark(folder: Path, *texts: str) -> Path:
    folder.mkdir()
    lines = [json.dumps({"task_id": f"t{n}", "detail_description": text}) for n, text in enumerate(texts)]
    (folder / "problems.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    return folder


def test_thirteen_words_count_and_twelve_do_not(tmp_path: Path) -> None:
    check = Decontaminator([open_source(_benchmark(tmp_path / "bench", PROBLEM))])
    words = PROBLEM.upper().replace(" ", ", ").split()
    assert check.drops("counter", " ".join(words[2:15]), "module a; endmodule")
    assert check.drops("counter", "A counter.", "// " + " ".join(words[3:16]))
    assert not check.drops("counter", " ".join(words[2:14]), " ".join(words[14:]))
    assert (check.report.checked, check.report.dropped["bench"], check.report.trivial["bench"]) == (3, 2, 0)


def test_digits_are_dropped_and_counted_apart(tmp_path: Path) -> None:
    check = Decontaminator([open_source(_benchmark(tmp_path / "bench", DIGITS))])
    assert check.drops("truth_table", f"The table {DIGITS}.", "")
    assert check.report.trivial["bench"] == 1
    assert trivial(("in", "7", "0", "in", "15", "8", "in", "23", "16", "in", "31", "24", "endmodule"))
    assert not trivial(
        ("input", "7", "0", "a", "output", "y", "assign", "y", "a", "when", "the", "select", "is")
    )


def test_rtllm_and_version_2_folders_are_read(tmp_path: Path) -> None:
    design = tmp_path / "rtllm" / "Arithmetic" / "adder_8bit"
    design.mkdir(parents=True)
    (design / "design_description.txt").write_text(PROBLEM)
    (design / "verified_adder_8bit.v").write_text("assign y = a & b;")
    (design / "testbench.v").write_text("never read " * 20)
    assert open_source(tmp_path / "rtllm").texts == 2
    (tmp_path / "v2").mkdir()
    (tmp_path / "v2" / "Prob001_zero_prompt.txt").write_text(PROBLEM)
    assert open_source(tmp_path / "v2").texts == 1


def test_solutions_count_and_testbenches_do_not(tmp_path: Path) -> None:
    record = {"task_id": "x", "canonical_solution": PROBLEM, "test": DIGITS}
    (tmp_path / "eval.jsonl").write_text(json.dumps(record) + "\n")
    check = Decontaminator([open_source(tmp_path)])
    assert check.drops("f", PROBLEM, "") and not check.drops("f", DIGITS, "")


def test_rows_are_compared_as_a_whole(tmp_path: Path) -> None:
    rows = Settings(seed=3, count=10, families=("mux2",))
    Generator(rows, tmp_path / "questions").run()
    line = (tmp_path / "questions" / "shard-00000.jsonl").read_text().splitlines()[0]
    row = json.loads(line)
    check = Decontaminator([open_source(tmp_path / "questions")])
    assert check.drops("mux2", "another", row["module"].replace("\n", " \n"))
    assert check.drops("mux2", row["spec"].upper(), "another")
    assert not check.drops(
        "mux2", row["spec"] + " And so on.", row["module"].replace("assign", "// a\nassign")
    )


def test_nothing_of_the_questions_comes_back(tmp_path: Path) -> None:
    """The same seed draws the same rows; all of them overlap, so all are drawn again, and it is told."""
    settings = Settings(seed=3, count=30, families=("mux2", "counter"), shard_size=10)
    Generator(settings, tmp_path / "questions").run()
    sources = [open_source(tmp_path / "questions")]
    Generator(settings, tmp_path / "whole", sources=sources).run()
    asked = {json.loads(line)["spec"] for line in _lines(tmp_path / "questions")}
    written = {json.loads(line)["spec"] for line in _lines(tmp_path / "whole")}
    assert len(written) == 30 and not asked & written
    report = json.loads((tmp_path / "whole" / "decontamination.json").read_text())
    assert report["sources"]["questions"]["dropped"] >= 30 and report["checked"] >= 60
    assert "drawn again" in (tmp_path / "whole" / "dataset_card.md").read_text()


@pytest.mark.parametrize("last", ["shard-00002.tmp", "shard-00001.report"])
def test_the_report_of_a_broken_run_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: str
) -> None:
    """Broken off while the third shard is written, or between the second shard and its report."""
    settings = Settings(seed=3, count=30, families=("mux2", "counter"), shard_size=10)
    Generator(settings, tmp_path / "questions").run()
    sources = [open_source(tmp_path / "questions")]
    Generator(settings, tmp_path / "whole", sources=sources).run()
    rename = Path.rename

    def breaking(self: Path, target: Path) -> Path:
        if self.name == last:
            raise KeyboardInterrupt
        return rename(self, target)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Path, "rename", breaking)
        Generator(settings, tmp_path / "broken", sources=sources).run()
    Generator(settings, tmp_path / "broken", sources=sources).run()
    whole, broken = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("whole", "broken")
    )
    assert whole == broken


def _lines(folder: Path) -> list[str]:
    return [line for shard in sorted(folder.glob("*.jsonl")) for line in shard.read_text().splitlines()]


def test_bad_sources_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "odd.jsonl").write_text("{")
    (tmp_path / "empty").mkdir()
    for source in ("none", "odd.jsonl", "empty"):
        with pytest.raises(UserError, match="--against"):
            open_source(tmp_path / source)
    arguments = ["--count", "1", "--out", str(tmp_path / "o"), "--against", str(tmp_path / "none")]
    result = CliRunner().invoke(synth, arguments)
    assert result.exit_code == 2 and "\n" not in result.stderr.strip()


def test_held_out_families_are_one_list() -> None:
    known = all_families()
    assert len(known) >= 165 and len(HELD_OUT) >= 15
    assert {name for name, family in known.items() if family.held_out} == HELD_OUT
    result = CliRunner().invoke(synth, ["--list", "--json"])
    told = {entry["name"] for entry in json.loads(result.stdout)["families"] if entry["held_out"]}
    assert told == HELD_OUT


def test_questions_are_of_both_kinds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rtlwright.training.synth.cli._QUESTIONS", 12)
    result = CliRunner().invoke(
        synth, ["--questions", "--seed", "5", "--out", str(tmp_path), "--yosys", "0", "--json"]
    )
    assert result.exit_code == 0, result.output
    assert [part["rows"] for part in json.loads(result.stdout)["parts"]] == [12, 12]
    for folder, held_out in (("known", False), ("held-out", True)):
        rows = [json.loads(line) for line in _lines(tmp_path / folder)]
        assert len(rows) == 12 and {row["held_out"] for row in rows} == {held_out}
        assert all(row[key] for row in rows for key in ("spec", "header", "module", "testbench"))
