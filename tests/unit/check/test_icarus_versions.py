"""Whatever Icarus is installed: valid SystemVerilog is never failed, invalid is; its lacks are known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from construct_cases import Construct, constructs, unread
from gate_asking import ROOT, ask, stage

from rtlwright.server.check.gate import Gate
from rtlwright.server.check.icarus import versions
from rtlwright.server.check.icarus.find import REFERENCE, chosen, installed
from rtlwright.server.check.icarus.install import IcarusInstall
from rtlwright.server.config import CheckConfig
from rtlwright.server.types import Cancel, Document, ProjectView, SourceFile, Status, Verdict

HERE = {each.major: each for each in installed()}
VERSIONS = [
    pytest.param(
        HERE.get(major), id=str(major), marks=[] if major in HERE else pytest.mark.skip(reason=reason)
    )
    for major, reason in (
        (11, "Icarus Verilog 11 is not installed"),
        (12, "Icarus Verilog 12 is not installed: make eda"),
        (13, "Icarus Verilog 13 is not installed: make eda ICARUS=13"),
    )
]


@pytest.fixture(scope="module", params=VERSIONS)
def install(request: pytest.FixtureRequest) -> IcarusInstall:
    found: IcarusInstall = request.param
    return found


@pytest.fixture(scope="module")
def versioned(install: IcarusInstall) -> Iterator[Gate]:
    """A gate with this Icarus; Yosys has its own tests."""
    made = Gate(CheckConfig(icarus=Path(install.path), yosys="off"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def plain() -> Iterator[Gate]:
    """The version in use. Yosys only warns, and has its own tests."""
    made = Gate(CheckConfig(yosys="off"))
    yield made
    made.close()


def whole(gate: Gate, text: str, name: str = "m.sv") -> Verdict:
    view = ProjectView(ROOT, name, (SourceFile.of(name, text),))
    document = Document.of(ROOT / name, text)
    report = gate.check_files([document], view, top=None, testbench=None, timeout_s=30.0, cancel=Cancel())
    return report.verdict


def test_there_are_enough_of_them() -> None:
    valid = [each for each in constructs() if each.valid]
    assert len(valid) >= 200 and len(constructs()) - len(valid) >= 40
    assert len({each.name for each in valid}) == len(valid) == versions.constructs()


def _telling(install: IcarusInstall) -> list[Construct]:
    """All for the version in use; for the others those that one of them does not read, and the invalid."""
    used = chosen()
    if used is not None and used.major == install.major:
        return constructs()
    lacked = {name for major in HERE for name in versions.unread(major) or ()}
    return [each for each in constructs() if not each.valid or each.name in lacked]


def test_no_valid_file_fails_and_no_invalid_passes(versioned: Gate, install: IcarusInstall) -> None:
    """What Icarus does not read is skipped, each with its reason: none is taken for a mere warning."""
    wrong, unreadable = [], versions.unread(install.major) or ()
    for construct in _telling(install):
        verdict = whole(versioned, construct.text)
        good = (Status.PASS, Status.WARN) if construct.valid else (Status.FAIL,)
        icarus = stage(verdict, "icarus")
        known = icarus.reason if construct.valid and construct.name in unreadable else True
        if verdict.status not in good or not known:
            wrong.append((str(construct), verdict.status, icarus, [d.message for d in verdict.diagnostics]))
    assert wrong == []


def _middle(construct: Construct) -> tuple[str, str]:
    """The text with a mark for all but its first and last line, and what was there."""
    lines = construct.text.splitlines(True)
    return f"{lines[0]}<>{lines[-1]}", "".join(lines[1:-1])


@pytest.mark.skipif(chosen() is None, reason="no Icarus Verilog is installed")
def test_no_valid_candidate_fails_and_no_invalid_passes(plain: Gate) -> None:
    wrong = []
    for construct in constructs():
        text, candidate = _middle(construct)
        if not candidate:
            continue
        (verdict,) = ask(plain, text, candidate)
        # An `ifdef` without its end may still get it, and what it leaves out no tool reads.
        left_out = construct.name == "conditional compilation"
        bad = Status.UNCHECKED if left_out else Status.FAIL
        good = (Status.PASS, Status.WARN) if construct.valid else (bad,)
        if verdict.status not in good:
            wrong.append((str(construct), verdict.status, [d.message for d in verdict.diagnostics]))
    assert wrong == []


def test_what_it_does_not_read_is_what_was_measured(install: IcarusInstall) -> None:
    assert unread(install) == list(versions.unread(install.major) or ())


def test_the_table_has_the_versions_that_matter() -> None:
    assert "cast type" in versions.worse_than_reference(11)
    assert versions.worse_than_reference(REFERENCE) == ()
    assert versions.unread(9) is None


def test_a_syntax_error_of_icarus_alone_warns(versioned: Gate, install: IcarusInstall) -> None:
    """Valid, and no engineer means it: the first port has no direction, and is an inout."""
    verdict = whole(versioned, "module m(wire a, input wire b);\nendmodule\n")
    assert verdict.status is (Status.WARN if install.major < 13 else Status.PASS)  # 13 reads it
    assert {d.severity.value for d in verdict.diagnostics} <= {"warning"}


VERILOG = """module m(input a, output y);
  wire logic, bit, do, int, byte, unique, interface, class, this, new, final, checker, string;
  assign logic = a;
  assign y = logic;
endmodule
"""


def test_keywords_of_systemverilog_are_names_in_verilog(versioned: Gate) -> None:
    assert whole(versioned, VERILOG, "m.v").status is not Status.FAIL
    assert whole(versioned, VERILOG, "m.sv").status is Status.FAIL
    marked = VERILOG.replace("  assign y = logic;\n", "  <>\n")
    assert ask(versioned, marked, "assign y = logic;", name="m.v")[0].status is not Status.FAIL


@pytest.mark.parametrize(
    "candidate",
    ["assign y = '0;", "always_comb y = a;", "logic t;", "assign y = 1'(a);", "wire t[0:1] = '{a, a};"],
)
def test_systemverilog_is_refused_in_verilog(versioned: Gate, candidate: str) -> None:
    text = "module m(input a, output reg y);\n  wire [1:0] u;\n  <>\nendmodule\n"
    assert ask(versioned, text, candidate, name="m.v")[0].status is Status.FAIL


def test_a_project_of_systemverilog_in_v_files_is_taken_as_such() -> None:
    gate = Gate(CheckConfig(standard="2017"))
    try:
        text = "module m(input a, output logic y);\n  <>\nendmodule\n"
        assert ask(gate, text, "always_comb y = a;", name="m.v")[0].status is Status.PASS
    finally:
        gate.close()


def test_names_of_versions_appear_in_the_docs() -> None:
    """docs/gate.md states how many constructs each version reads."""
    docs = (Path(__file__).parents[3] / "docs" / "gate.md").read_text()
    for major in (11, 12, 13):
        left = versions.constructs() - len(versions.unread(major) or ())
        assert re.search(rf"\| {major} \| {left} of {versions.constructs()} \|", docs)
