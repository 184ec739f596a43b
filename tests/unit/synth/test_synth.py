"""The generator of synthetic triples: every family verifies, and runs are reproducible."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner

from rtlwright.training.synth import verify as verify_module
from rtlwright.training.synth.cli import synth
from rtlwright.training.synth.design import Design
from rtlwright.training.synth.families import all_families
from rtlwright.training.synth.generate import Generator, Settings, SettingsError, draw_row, fingerprint
from rtlwright.training.synth.testbench import steps_for
from rtlwright.training.synth.verify import Job, verify
from rtlwright.training.synth.voices import speak, voice_names

_PER_FAMILY = 5


def _designs(count: int) -> list[Design]:
    return [f.design(Random(f"{f.name}/{n}")) for f in all_families().values() for n in range(count)]


def _settings(**changes: object) -> Settings:
    return replace(Settings(seed=3, count=40, families=("mux2", "register"), shard_size=10), **changes)


def _bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("shard-*"))}


def test_every_family_verifies() -> None:
    designs = _designs(_PER_FAMILY)
    verdicts = verify([Job(d, steps_for(d, Random(7)), yosys=True) for d in designs])
    failures = [
        f"{d.family}: {v.stage}: {v.message}" for d, v in zip(designs, verdicts, strict=True) if not v.ok
    ]
    assert not failures


def test_specifications_name_the_module_and_every_port() -> None:
    for design in _designs(_PER_FAMILY):
        for voice in ("terse", "hdlbits", "paragraph", "named", "sections", "bullets", "comment"):
            _, spec = speak(design, Random(1), voice)
            missing = [name for name in (design.name, *map(str, design.ports)) if name not in spec]
            assert not missing, (design.family, voice, missing)
            if design.reset:
                assert design.reset.kind in spec
            assert not re.search(r"\S  ", spec), spec


def test_header_opens_the_module() -> None:
    for design in _designs(_PER_FAMILY):
        assert design.rtl.startswith(design.header + "\n")
        assert design.header.endswith(");") and design.rtl.endswith("endmodule\n")


def test_broken_rtl_is_caught() -> None:
    good = all_families()["mux2"].design(Random(1))
    broken = {
        "slang": replace(good, rtl=good.rtl.replace("assign", "asign")),
        "icarus": replace(good, rtl=good.rtl.replace("? ", "? ~")),
    }
    jobs = [Job(d, steps_for(d, Random(2))) for d in (good, *broken.values())]
    assert [v.stage for v in verify(jobs)] == ["done", *broken]


def test_a_design_that_never_ends_does_not_spoil_its_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    good = all_families()["mux2"].design(Random(1))
    hanging = replace(good, rtl=good.rtl.replace("endmodule", "  initial forever begin end\nendmodule"))
    monkeypatch.setattr("rtlwright.training.synth.verify._seconds", lambda jobs: 0.5)
    verdicts = verify([Job(d, steps_for(d, Random(2))) for d in (good, hanging, good)])
    assert [v.ok for v in verdicts] == [True, False, True]


def test_latches_are_caught_by_yosys() -> None:
    good = all_families()["mux2"].design(Random(5))
    # An always_comb that does not assign its output on every path.
    rtl = "module m (\n  input logic e,\n  output logic q\n);\n  always_comb if (e) q = 1'b1;\nendmodule\n"
    design = replace(good, name="m", modules=("m",), rtl=rtl)
    assert [v.ok for v in verify_module._yosys([good, design, good])] == [True, False, True]


def test_the_seed_decides_everything(tmp_path: Path) -> None:
    Generator(_settings(), tmp_path / "a").run()
    Generator(_settings(), tmp_path / "b", jobs=2).run()
    Generator(_settings(seed=4), tmp_path / "c").run()
    assert _bytes(tmp_path / "a") == _bytes(tmp_path / "b") != _bytes(tmp_path / "c")


def test_rows_are_distinct_and_complete(tmp_path: Path) -> None:
    Generator(_settings(), tmp_path).run()
    rows = [json.loads(line) for data in _bytes(tmp_path).values() for line in data.splitlines()]
    assert len({fingerprint(r["spec"], r["module"]) for r in rows}) == len(rows) == 40
    assert set(rows[0]) == set(
        "id family seed voice name language spec header module testbench held_out".split()  # noqa: SIM905
    )
    assert {r["voice"] for r in rows} <= set(voice_names())
    assert "| mux2 |" in (tmp_path / "dataset_card.md").read_text()


def test_a_truncated_run_resumes_to_the_same_bytes(tmp_path: Path) -> None:
    Generator(_settings(), tmp_path / "whole").run()
    Generator(_settings(), tmp_path / "cut").run()
    (tmp_path / "cut" / "shard-00003.jsonl").rename(tmp_path / "cut" / "shard-00003.tmp")
    (tmp_path / "cut" / "shard-00001.jsonl").unlink()
    assert Generator(_settings(), tmp_path / "cut").run() == 20
    assert _bytes(tmp_path / "whole") == _bytes(tmp_path / "cut")


def test_duplicates_are_drawn_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def few(settings: Settings, index: int, attempt: int):
        return draw_row(settings, index // 2 + 1000 * attempt, 0)

    monkeypatch.setattr("rtlwright.training.synth.generate.draw_row", few)
    generator = Generator(_settings(count=10), tmp_path)
    generator.run()
    rows = [json.loads(line) for line in (tmp_path / "shard-00000.jsonl").read_text().splitlines()]
    assert len({r["module"] for r in rows}) == 10


def test_a_folder_keeps_its_settings(tmp_path: Path) -> None:
    Generator(_settings(count=5), tmp_path).run()
    with pytest.raises(SettingsError, match="other settings"):
        Generator(_settings(count=5, seed=8), tmp_path).run()


def test_command_line(tmp_path: Path) -> None:
    run = CliRunner().invoke
    done = run(synth, ["--count", "6", "--families", "mux2", "--out", str(tmp_path), "--json"])
    assert done.exit_code == 0 and json.loads(done.stdout)["written"] == 6
    assert run(synth, ["--list", "--json"]).exit_code == 0
    assert run(synth, []).exit_code == 2
    assert run(synth, ["--families", "mux99", "--out", str(tmp_path)]).exit_code == 2


def test_missing_icarus_is_status_3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = CliRunner().invoke(synth, ["--count", "1", "--out", str(tmp_path)])
    assert done.exit_code == 3 and "apt-get install iverilog" in done.stderr
