"""The examples with the real tools: what is finished is clean, what is not fails as it is meant to."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from demo_fakes import ANSWERS, MODULES

from rtlwright.server.demo.cases import examples_dir, load_cases
from rtlwright.server.ghost import offset_of
from rtlwright.server.types import Language

EXAMPLES = examples_dir()
SOC = ("soc/soc_pkg.sv", "soc/timer.sv", "soc/gpio.sv", "soc/uart_tx.sv", "soc/bus_decoder.sv")
FINISHED = [("fifo/skid_buffer.sv",), SOC]
NEEDS = {"soc_top.sv": SOC, "watchdog.sv": SOC[:2], "alu.sv": ("alu/alu_pkg.sv",)}
UNPARSABLE = {"sync_fifo.sv", "soc_top.sv", "watchdog.sv"}
COMPLETIONS = [case for case in load_cases(EXAMPLES) if case.kind == "complete"]

_YOSYS = """
import sys
from pyosys import libyosys as ys
design = ys.Design()
ys.run_pass("read_verilog -sv " + " ".join(sys.argv[1:]), design)
ys.run_pass("hierarchy; proc; check -assert", design)
print("CLEAN-END")
"""

needs_iverilog = pytest.mark.skipif(shutil.which("iverilog") is None, reason="iverilog is not installed")


def icarus(*files: Path, language: Language = Language.SYSTEMVERILOG) -> subprocess.CompletedProcess[str]:
    standard = "-g2005" if language is Language.VERILOG else "-g2012"
    command = ["iverilog", "-Wall", "-t", "null", standard, *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, timeout=20)


def yosys(*files: Path) -> str:
    command = [sys.executable, "-c", _YOSYS, *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    return done.stdout + done.stderr


def filled(name: str, directory: Path) -> Path:
    """The half-written file `name` with the answer of the fake service in place."""
    case = next(case for case in COMPLETIONS if Path(case.file).name == name)
    request = case.completion_request(EXAMPLES)
    text = request.document.text
    at = offset_of(text, request.position)
    path = directory / name
    path.write_text(text[:at] + ANSWERS[name][1] + text[at:])
    return path


@needs_iverilog
@pytest.mark.parametrize("files", FINISHED, ids=lambda files: files[-1])
def test_finished_examples_are_clean(files: tuple[str, ...]) -> None:
    sources = [EXAMPLES / file for file in files]
    done = icarus(*sources)
    assert (done.returncode, done.stderr) == (0, "")
    said = yosys(*sources)
    assert "CLEAN-END" in said
    assert "Warning" not in said


@needs_iverilog
@pytest.mark.parametrize("case", COMPLETIONS, ids=lambda case: case.name)
def test_half_written_examples_are_in_their_known_state(case) -> None:
    path = EXAMPLES / case.file
    done = icarus(*(EXAMPLES / f for f in NEEDS.get(path.name, ())), path, language=Language.of(path))
    assert (done.returncode != 0) == (path.name in UNPARSABLE), done.stderr


@needs_iverilog
@pytest.mark.parametrize("case", COMPLETIONS, ids=lambda case: case.name)
def test_a_right_answer_finishes_every_example(case, tmp_path: Path) -> None:
    path = filled(Path(case.file).name, tmp_path)
    sources = [*(EXAMPLES / f for f in NEEDS.get(path.name, ())), path]
    done = icarus(*sources, language=Language.of(path))
    assert (done.returncode, done.stderr) == (0, "")
    said = yosys(*sources)
    assert "CLEAN-END" in said, said[-500:]


@needs_iverilog
def test_the_specifications_have_a_solution_with_the_names_they_give(tmp_path: Path) -> None:
    for name, text in MODULES.items():
        path = tmp_path / f"{name}.sv"
        path.write_text(text)
        assert icarus(path).returncode == 0
    specs = " ".join(file.read_text() for file in (EXAMPLES / "specs").iterdir())
    assert all(f"`{name}`" in specs for name in MODULES)
