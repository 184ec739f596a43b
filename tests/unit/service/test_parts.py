"""Parts, missing includes, and what a condition leaves out: checked here and by a server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from serving import serving

from rtlwright.server.config import Config
from rtlwright.server.context.excerpt import Around
from rtlwright.server.local import LocalService
from rtlwright.server.remote.service import RemoteService
from rtlwright.server.types import (
    Cancel,
    Candidate,
    CheckReport,
    CheckRequest,
    CompletionRequest,
    Diagnostic,
    Document,
    Position,
    Range,
    Severity,
    SourceName,
    Status,
    Verdict,
)

Service = LocalService | RemoteService

PACKAGE = """`include "uvm_macros.svh"
package bus_pkg;
  import uvm_pkg::*;
  `include "item.svh"
  `include "driver.svh"
endpackage
"""
ITEM = """class item;
  rand bit [7:0] data;
endclass
"""
DRIVER = """class driver extends item;
  `uvm_component_utils(driver)
  virtual bus_if bus;
  item next;
  task drive();
    seq_item_port.get_next_item(req);
    bus.data <= next.data;
  endtask
endclass
"""
UVM = {"uvm/uvm_pkg.sv": "package uvm_pkg;\n  int seed;\nendpackage\n"}
INTERFACE = "interface bus_if;\n  logic [7:0] data;\nendinterface\n"
MODULE = """module acc (input logic clk, input logic [7:0] d, output logic [7:0] q);
  logic [7:0] next;
  `include "next.svh"
  always_ff @(posedge clk) q <= next;
endmodule
"""
STATEMENTS = "  always_comb next = q + d;\n"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    overrides: dict[str, Any] = {
        "model": {"engine": "off"}, "feedback": {"capture": "off"},
        "serve": {"port": 0, "tokens": "off", "audit": "off"},
    }  # fmt: skip
    with serving(Config.load(None, overrides, {})) as running:
        yield running.url


@pytest.fixture(params=["local", "remote"])
def service(request: pytest.FixtureRequest, tmp_path: Path, server: str) -> Iterator[Service]:
    (tmp_path / "rtlwright.toml").touch()
    settings: dict[str, Any] = {"feedback": {"capture": "off"}, "model": {"engine": "off"}}
    if request.param == "local":
        made: Service = LocalService(Config.load(None, settings, {}), tmp_path)
    else:
        made = RemoteService(Config.load(None, {"server": {"url": server}}, {}), tmp_path)
    yield made
    made.close()


def project(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def check(service: Service, root: Path, name: str, text: str | None = None) -> Verdict:
    """Of one file, as it is on disk or as its editor has it."""
    document = Document.of(root / name, (root / name).read_text() if text is None else text)
    report: CheckReport = service.check(CheckRequest((document,)), Cancel())
    assert report.files == (name,)
    return report.by_file[name]


def errors(found: Verdict) -> list[Diagnostic]:
    return [each for each in found.diagnostics if each.severity is Severity.ERROR]


def test_what_follows_from_a_missing_include_is_told_once(service: Service, tmp_path: Path) -> None:
    project(tmp_path, {"item.svh": ITEM, "driver.svh": DRIVER, "bus_if.sv": INTERFACE, "bus_pkg.sv": PACKAGE})
    of_package = check(service, tmp_path, "bus_pkg.sv")
    assert [each.line for each in errors(of_package)] == [1, 3]
    (warned,) = check(service, tmp_path, "driver.svh").diagnostics
    assert warned.severity is Severity.WARNING and warned.line == 2
    assert "uvm_macros.svh and uvm_pkg cannot be read" in warned.message
    assert warned.message.endswith(": `uvm_component_utils, seq_item_port")


def test_a_part_of_a_package_is_checked_in_it(service: Service, tmp_path: Path) -> None:
    macros = "`define uvm_component_utils(T)\n"
    driver = DRIVER.replace("    seq_item_port.get_next_item(req);\n", "    next.data = seed;\n")
    files = {"item.svh": ITEM, "driver.svh": driver, "bus_if.sv": INTERFACE, "bus_pkg.sv": PACKAGE}
    project(tmp_path, files | UVM | {"uvm_macros.svh": macros})
    found = check(service, tmp_path, "driver.svh")
    assert found.status in (Status.PASS, Status.WARN) and not errors(found), found
    (error,) = errors(
        check(service, tmp_path, "driver.svh", driver.replace("next.data = seed", "next.data = sede"))
    )
    assert error.line == 6 and "sede" in error.message


def test_a_part_of_a_module_as_its_editor_has_it(service: Service, tmp_path: Path) -> None:
    project(tmp_path, {"acc.sv": MODULE, "next.svh": STATEMENTS})
    assert check(service, tmp_path, "next.svh").status is Status.PASS
    found = errors(check(service, tmp_path, "next.svh", "  // twice\n  always_comb next = q + dd;\n"))
    assert {each.line for each in found} == {2} and "dd" in found[0].message


def test_a_part_that_is_left_out_is_not_checked(service: Service, tmp_path: Path) -> None:
    left_out = MODULE.replace('  `include "next.svh"', '`ifdef FAST\n  `include "next.svh"\n`endif')
    project(tmp_path, {"acc.sv": left_out, "next.svh": "  nonsense here\n"})
    found = check(service, tmp_path, "next.svh")
    assert found.status is Status.UNCHECKED
    assert "conditional compilation" in (found.stages[0].reason or "")


@pytest.mark.parametrize(
    "text",
    ["`ifndef W\n`define W 8\n`endif\n", "module half (input a, output y);\n  assign y = ~a;\nendmodule\n"],
)
def test_macros_and_modules_stand_alone(service: Service, tmp_path: Path, text: str) -> None:
    project(tmp_path, {"broken.sv": '`include "own.vh"\nmodule broken (\n', "own.vh": text})
    assert check(service, tmp_path, "own.vh").status is Status.PASS


def test_a_slip_is_still_an_error_where_all_is_there(service: Service, tmp_path: Path) -> None:
    project(tmp_path, {"m.sv": "module m (input a, output y);\n  assign y = `NOT(b);\nendmodule\n"})
    found = errors(check(service, tmp_path, "m.sv"))
    assert {each.line for each in found} == {2} and "NOT" in found[0].message


def test_what_stands_behind_an_unknown_macro_is_not_judged(service: Service, tmp_path: Path) -> None:
    text = """class monitor;
  function void report(int kind);
    case (kind)
      0: kind = 1;
      default:
        `uvm_error("MON", $sformatf("kind %0d (%s)",
                                    kind, "none"))
    endcase
    kinds = 2;
    kind == ;
  endfunction
endclass
"""
    project(tmp_path, {"monitor.sv": text})
    found = check(service, tmp_path, "monitor.sv")
    assert {each.line for each in errors(found)} == {10}
    (warned,) = (each for each in found.diagnostics if each.severity is Severity.WARNING)
    assert warned.line == 6 and warned.message.endswith("uvm_macros.svh cannot be read: `uvm_error, kinds")


def test_a_part_of_what_is_refused_is_not_checked(service: Service, tmp_path: Path) -> None:
    outside = MODULE + '`include "/etc/hostname"\n'
    project(tmp_path, {"acc.sv": outside, "next.svh": STATEMENTS})
    found = check(service, tmp_path, "next.svh")
    assert found.status is Status.UNCHECKED and "outside of the project" in (found.stages[0].reason or "")


def test_a_type_parameters_default_is_nobodys_type(service: Service, tmp_path: Path) -> None:
    text = """module last #(parameter type req_t = logic, parameter int W = 8) (
  input req_t req, input logic [W-1:0] d, output logic y
);
  assign y = req.last & d.last;
endmodule
"""
    project(tmp_path, {"last.sv": text})
    found = errors(check(service, tmp_path, "last.sv"))
    assert len(found) == 1 and found[0].column == 26, found


def test_what_is_typed_into_a_part_is_checked_in_its_place(service: Service, tmp_path: Path) -> None:
    project(tmp_path, {"acc.sv": MODULE.replace("] next;", "] next, other;"), "next.svh": STATEMENTS})
    text = "  always_comb next = q + d;\n  always_comb other = q "
    document = Document.of(tmp_path / "next.svh", text)
    request = CompletionRequest(document, Position(1, 24), manual=True)
    completion = service.complete(request, Cancel())
    (found,) = (each for each in completion.suggestions if each.text.startswith("+ d;"))
    assert found.verdict.status is Status.PASS
    assert {stage.name: stage.status for stage in found.verdict.stages}["icarus"] is Status.PASS
    assert found.range.start == Position(1, 24)


def test_what_a_condition_leaves_out_is_checked_as_if_it_were_there(service: Service, tmp_path: Path) -> None:
    probe = "module probe(input logic clk, input logic [3:0] count);\nendmodule\n"
    project(tmp_path, {"probe.sv": probe})
    text = "module top(input logic clk, input logic [3:0] count);\n`ifdef SIM\n  probe u_probe (\n"
    document = Document.of(tmp_path / "top.sv", text + "  );\n`endif\nendmodule\n")
    completion = service.complete(CompletionRequest(document, Position(2, 17), manual=True), Cancel())
    stages = {stage.name: stage for stage in completion.suggestions[0].verdict.stages}
    assert ".count (count)" in completion.suggestions[0].text
    assert stages["splice"].reason == "as if SIM were defined"
    assert {stages[name].status for name in ("syntax", "icarus", "yosys")} == {Status.PASS}
    if isinstance(service, LocalService):  # which module it is, only the text that is left out says
        request = CompletionRequest(document, Position(2, 17))
        wrong = Candidate(".clk(clk), .cuont(count)", Range.at(request.position), SourceName.MODEL)
        (found,) = service._checked(request, [wrong], 20.0, 1, Cancel())
        assert found.verdict.status is Status.FAIL and "cuont" in found.verdict.reasons[0]


@pytest.mark.parametrize(
    ("line", "file", "placed"), [(1, "a.sv", 1), (3, None, 1), (6, None, 4), (7, "a.sv", 4)]
)
def test_a_place_beside_the_part_is_in_its_file(line: int, file: str | None, placed: int) -> None:
    around = Around("a.sv", above=2, lines=2)  # `include` on line 3, two lines in the part, one more typed
    found = around.place(Diagnostic(Severity.ERROR, line, 1, "wrong", "slang"), 1)
    assert (found.file, found.line) == (file, placed)
