from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rtlwright.server.config import ProjectConfig
from rtlwright.server.context.describe import as_json, describe, summary
from rtlwright.server.context.index import ProjectIndex
from rtlwright.server.types import Cancel, Cancelled, Document


@pytest.fixture
def index(project: Path) -> Iterator[ProjectIndex]:
    made = ProjectIndex(project)
    made.refresh()
    yield made
    made.close()


def test_headers_of_every_style(soc: ProjectIndex) -> None:
    fifo, uart, arbiter = (soc.module(name) for name in ("fifo", "uart_tx", "arbiter"))
    assert fifo and uart and arbiter
    assert not fifo.ansi
    assert [p.name for p in fifo.settable] == ["WIDTH", "DEPTH"]
    assert {p.name: (p.direction, p.width_text) for p in fifo.ports}["rd_data"] == ("output", "[WIDTH-1:0]")
    assert uart.ansi and uart.imports == ("soc_pkg",)
    assert {p.name: p.type_text for p in uart.parameters}["word_t"] == "type"
    assert {p.name: p.type_text for p in uart.ports}["data_i"] == "word_t"
    bus = {p.name: p for p in arbiter.ports}["bus"]
    assert bus.is_interface and bus.type_text == "bus_if.source"
    assert {net.name: net.width_text for net in arbiter.nets}["total"] == "[`BUS_WIDTH-1:0]"


def test_packages_interfaces_and_macros(soc: ProjectIndex) -> None:
    (package,) = soc.packages()
    states = next(declared for declared in package.types if declared.name == "tx_state_e")
    assert states.members == ("ST_IDLE", "ST_START", "ST_DATA", "ST_STOP")
    (interface,) = soc.interfaces()
    assert interface.modports == ("source", "sink")
    assert {macro.name: macro.path for macro in soc.macros()}["BUS_WIDTH"] == "include/soc_defs.svh"


def test_generate_blocks_and_conditional_text_are_seen(soc: ProjectIndex) -> None:
    top = soc.module("soc_top")
    assert top is not None
    # debug_probe stands between `ifdef SOC_DEBUG, which the filelist defines
    assert top.instantiated == ("bus_if", "fifo", "uart_tx", "arbiter", "BUFG", "debug_probe")


def test_describe(soc: ProjectIndex) -> None:
    found = describe(soc)
    assert found.tops == ("soc_tb",)
    assert found.missing == ("BUFG", "debug_probe")
    assert found.unreadable == () and found.problems == ()
    assert as_json(found)["stats"]["files"] == len(found.files)
    fifo = soc.module("fifo")
    assert fifo and summary(fifo).startswith("fifo #(WIDTH = 8, DEPTH = 16) (input clk,")


def test_view_holds_what_is_needed_in_order(soc: ProjectIndex) -> None:
    path = soc.root / "rtl/soc_top.sv"
    view = soc.view(Document.of(path, path.read_text()))
    names = [source.path for source in view.sources]
    assert names[0] == "rtl/soc_pkg.sv"
    assert set(names) == {"rtl/soc_pkg.sv", "rtl/bus_if.sv", "rtl/fifo.v", "rtl/uart_tx.sv", "rtl/arbiter.sv"}
    assert [source.path for source in view.includes] == ["include/soc_defs.svh"]
    assert view.include_dirs == ("include",)
    assert view.defines == {"SOC_DEBUG": "1"}
    assert view.missing_modules == {"BUFG", "debug_probe"}
    assert view.document_path == "rtl/soc_top.sv"


def test_view_of_a_leaf_is_small(soc: ProjectIndex) -> None:
    path = soc.root / "rtl/fifo.v"
    view = soc.view(Document.of(path, path.read_text()))
    assert view.sources == () and view.includes == ()


def test_only_what_changed_is_read_again(index: ProjectIndex, project: Path) -> None:
    assert index.refresh().reread == 0
    (project / "rtl/fifo.v").write_text("module fifo (input a); endmodule\n")
    assert index.refresh().reread == 1
    fifo = index.module("fifo")
    assert fifo and [port.name for port in fifo.ports] == ["a"]


def test_a_changed_include_rereads_those_that_include_it(index: ProjectIndex, project: Path) -> None:
    header = project / "include/soc_defs.svh"
    header.write_text(header.read_text() + "`define EXTRA 1\n")
    assert index.refresh().reread >= 2


def test_a_removed_file_is_forgotten(index: ProjectIndex, project: Path) -> None:
    (project / "rtl/uart_tx.sv").unlink()
    index.refresh()
    assert index.module("uart_tx") is None


def test_the_cache_serves_a_second_index(project: Path, tmp_path: Path) -> None:
    first = ProjectIndex(project, cache_dir=tmp_path / "cache")
    assert first.refresh().reread > 0
    first.close()
    second = ProjectIndex(project, cache_dir=tmp_path / "cache")
    assert second.refresh().reread == 0
    assert second.module("fifo") is not None
    second.close()


def test_a_torn_cache_is_replaced(project: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache/headers.sqlite").write_bytes(b"no database" * 100)
    index = ProjectIndex(project, cache_dir=tmp_path / "cache")
    assert index.refresh().units > 0
    index.close()


def test_a_text_whose_reading_was_cancelled_is_read_the_next_time(index: ProjectIndex, project: Path) -> None:
    path, cancel = project / "rtl/new.sv", Cancel()
    index.update(Document.of(path, "module old (input a); endmodule\n"))
    cancel.cancel()
    now = Document.of(path, "module now (input b); endmodule\n")
    with pytest.raises(Cancelled):
        index.update(now, cancel)
    assert [unit.name for unit in index.update(now).units] == ["now"]


def test_an_open_document_wins_until_it_is_closed(index: ProjectIndex, project: Path) -> None:
    path = project / "rtl/fifo.v"
    index.update(Document.of(path, "module fifo (input other); endmodule\n"))
    fifo = index.module("fifo")
    assert fifo and [port.name for port in fifo.ports] == ["other"]
    index.close_document(path)
    fifo = index.module("fifo")
    assert fifo and len(fifo.ports) == 8


@pytest.mark.parametrize(
    "body",
    [
        "  fifo u (\n",
        "  always @(posedge clk) begin\n if (",
        "  case (\nmodule next; endmodule",
    ],
)
def test_headers_of_unfinished_code(index: ProjectIndex, project: Path, body: str) -> None:
    text = "module broken #(parameter W = 4) (input clk, output [W-1:0] q);\n" + body
    headers = index.update(Document.of(project / "rtl/broken.sv", text))
    broken = next(unit for unit in headers.units if unit.name == "broken")
    assert [port.name for port in broken.ports] == ["clk", "q"]
    assert index.module("broken") is not None


def test_a_lone_file_in_no_project(tmp_path: Path) -> None:
    path = tmp_path / "alone.sv"
    index = ProjectIndex(tmp_path)
    view = index.view(Document.of(path, "module alone(input a); other u(.a); endmodule"))
    assert view.sources == () and view.missing_modules == {"other"}
    assert view.document_path == "alone.sv"
    index.close()


def test_a_file_outside_of_the_root(index: ProjectIndex, tmp_path: Path) -> None:
    path = tmp_path / "elsewhere/x.sv"
    view = index.view(Document.of(path, "module x; fifo u(); endmodule"))
    assert view.document_path == "x.sv"
    assert [source.path for source in view.sources] == ["rtl/fifo.v"]


def test_hostile_files_are_marked_and_the_rest_is_read(tmp_path: Path) -> None:
    deep = "module deep; assign a = " + "(" * 200_000 + "1" + ")" * 200_000 + "; endmodule"
    sum_ = "module sum; localparam A = " + "1+" * 200_000 + "1; endmodule"
    levels = (f"`define A{i} " + f"`A{i - 1} " * 4 + "\n" for i in range(1, 40))
    bomb = "`define A0 x x x x\n" + "".join(levels)
    (tmp_path / "a_deep.sv").write_text(deep)
    (tmp_path / "b_sum.sv").write_text(sum_)
    (tmp_path / "c_binary.sv").write_bytes(b"\x00\x01\x02" * 100)
    (tmp_path / "d_large.sv").write_bytes(b"// x\n" * 600_000)
    (tmp_path / "e_latin.sv").write_bytes(b"// \xff\xfe\nmodule latin(input a); endmodule\n")
    (tmp_path / "f_self.sv").write_text('`include "f_self.sv"\nmodule self_; endmodule\n')
    (tmp_path / "z_good.sv").write_text("module good(input a); endmodule\n")
    os.mkfifo(tmp_path / "g_pipe.sv")
    index = ProjectIndex(tmp_path)
    index.refresh()
    assert index.module("good") is not None and index.module("latin") is not None
    unreadable = {found.path for found in describe(index).unreadable}
    assert {"c_binary.sv", "d_large.sv", "g_pipe.sv"} <= unreadable
    assert "z_good.sv" not in unreadable
    # memory, not time, stops this one: in a file of its own so that nothing else waits for it
    headers = index.update(Document.of(tmp_path / "bomb.sv", bomb + "module bomb; initial `A39 endmodule"))
    assert headers.unreadable or headers.units
    assert index.update(Document.of(tmp_path / "after.sv", "module after_; endmodule")).units
    index.close()


def test_a_file_that_a_macro_includes(tmp_path: Path) -> None:
    (tmp_path / "config.vh").write_text("")
    text = '`ifndef CONFIG\n`define CONFIG "config.vh"\n`endif\n`include `CONFIG\nmodule m; endmodule\n'
    index = ProjectIndex(tmp_path)
    assert [file.path for file in index.view(Document.of(tmp_path / "m.v", text)).includes] == ["config.vh"]
    index.close()


def test_macros_that_one_file_includes_and_another_has_from_those_before_it(tmp_path: Path) -> None:
    (tmp_path / "defs.sv").write_text("`ifndef DEFS\n`define DEFS\n`define TWO 2\n`endif\n")
    (tmp_path / "sub.sv").write_text('`include "defs.sv"\nmodule sub; wire [`TWO:0] a; endmodule\n')
    text = "module top;\n  wire [`TWO:0] b;\n  sub u();\nendmodule\n"
    index = ProjectIndex(tmp_path)
    index.refresh()
    view = index.view(Document.of(tmp_path / "top.sv", text))
    assert [file.path for file in view.sources] == ["defs.sv", "sub.sv"]
    assert [file.path for file in view.includes] == ["defs.sv"]
    index.close()


def test_an_include_never_leaves_the_project(tmp_path: Path) -> None:
    secret = tmp_path / "secret.svh"
    secret.write_text("`define SECRET 1\n")
    root = tmp_path / "root"
    root.mkdir()
    (root / "link.svh").symlink_to(secret)
    text = f'`include "../secret.svh"\n`include "{secret}"\n`include "link.svh"\nmodule m; endmodule\n'
    (root / "m.sv").write_text(text)
    index = ProjectIndex(root)
    index.refresh()
    assert index.view(Document.of(root / "m.sv", text)).includes == ()
    index.close()


def test_links_that_loop_or_leave_are_not_followed(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    (root / "rtl").mkdir(parents=True)
    outside.mkdir()
    (outside / "o.sv").write_text("module outsider; endmodule\n")
    (root / "rtl/a.sv").write_text("module a; endmodule\n")
    (root / "rtl/loop").symlink_to(root)
    (root / "rtl/out").symlink_to(outside)
    (root / "node_modules").mkdir()
    (root / "node_modules/n.sv").write_text("module n; endmodule\n")
    index = ProjectIndex(root)
    index.refresh()
    assert list(index.files()) == ["rtl/a.sv"]
    index.close()


def test_files_and_exclude_of_the_configuration(project: Path) -> None:
    config = ProjectConfig(files=("rtl/**/*.sv", "*.v"), exclude=("rtl/arbiter.sv",))
    index = ProjectIndex(project, config)
    index.refresh()
    names = set(index.files())
    assert "rtl/arbiter.sv" not in names and {"rtl/soc_top.sv", "rtl/fifo.v"} <= names
    assert "tb/soc_tb.sv" not in names
    index.close()


def test_the_number_of_files_is_bounded(project: Path) -> None:
    index = ProjectIndex(project, ProjectConfig(max_files=3))
    index.refresh()
    assert len(index.files()) <= 3
    assert any("max_files" in problem for problem in index.problems)
    index.close()


def test_a_request_does_not_wait_for_a_refresh(index: ProjectIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    looking, go_on, waited_out = threading.Event(), threading.Event(), threading.Event()

    def slow(*_: object) -> None:
        looking.set()
        if not go_on.wait(5):
            waited_out.set()

    monkeypatch.setattr(index, "refresh", slow)
    index.ensure(max_age_s=-1, first_wait_s=30)
    assert looking.wait(5) and not waited_out.is_set()
    go_on.set()


def test_a_first_look_that_takes_long_is_not_waited_for_by_every_request(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index, go_on = ProjectIndex(project), threading.Event()
    monkeypatch.setattr(index, "refresh", lambda *_: go_on.wait(60))
    begun = time.monotonic()
    index.ensure(first_wait_s=0.2)
    assert time.monotonic() - begun >= 0.2, "the first one waits for what there is to know"
    index.ensure(first_wait_s=0.2)
    monkeypatch.setattr(index, "_first_look_at", begun - 50)
    index.ensure(first_wait_s=50)
    assert time.monotonic() - begun < 30, "50 s after it began, nobody waits any more"
    go_on.set()
    index.close()


def test_a_look_that_was_cancelled_is_taken_again(index: ProjectIndex, project: Path) -> None:
    document = Document.of(project / "rtl/new.sv", "module fresh(input a);\nendmodule\n")
    cancel = Cancel()
    cancel.cancel()
    with pytest.raises(Cancelled):
        index.update(document, cancel)
    assert [unit.name for unit in index.update(document).units] == ["fresh"]
