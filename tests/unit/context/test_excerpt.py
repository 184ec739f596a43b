"""The unit around the cursor in the place of a whole large file."""

from __future__ import annotations

from pathlib import Path

import pytest

from rtlwright.server.context import excerpt as excerpts
from rtlwright.server.context.excerpt import Excerpt, excerpt
from rtlwright.server.context.index import ProjectIndex
from rtlwright.server.context.window import offset_of
from rtlwright.server.types import (
    Completion,
    CompletionRequest,
    Diagnostic,
    Document,
    Position,
    Range,
    Severity,
    SourceName,
    StageResult,
    Status,
    Suggestion,
    Verdict,
)

FILE = """`timescale 1ns/1ps
package sizes;
  localparam int W = 8;
endpackage
/* above
   all */
module fifo #(parameter DEPTH = 4, type T = logic) (input clk, input [sizes::W-1:0] d, output T q);
  // a body
endmodule

module unused(input a); endmodule
module top(input clk, input [sizes::W-1:0] d, output q);
  fifo #(.DEPTH(2)) u_fifo (.clk(clk), .d(d), .q(q));
  wire here;
endmodule
// between
module below(input x, output y);
  assign y = x;
endmodule
"""


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ProjectIndex:
    monkeypatch.setattr(excerpts, "LARGE_DOCUMENT", 100)
    (tmp_path / "big.sv").write_text(FILE)
    index = ProjectIndex(tmp_path)
    index.refresh()
    return index


def at(index: ProjectIndex, text: str, behind: str) -> Excerpt:
    offset = text.index(behind) + len(behind)
    line = text.count("\n", 0, offset)
    position = Position(line, offset - (text.rfind("\n", 0, offset) + 1))
    found = excerpt(CompletionRequest(Document(index.root / "big.sv", text), position), index)
    assert found is not None
    part = found.request
    inside = offset_of(part.document, part.position)
    assert part.document.text[:inside].endswith(behind) and part.document.excerpt
    assert part.position.line + found.lines == line
    return found


def test_the_unit_with_what_it_uses_and_nothing_else(index: ProjectIndex) -> None:
    text = at(index, FILE, "wire here").request.document.text
    assert text.startswith("`timescale 1ns/1ps\n")
    assert "localparam int W = 8;" in text and text.count("package sizes;") == 1
    assert "wire here;" in text and "a body" not in text
    assert "unused" not in text and "below" not in text
    assert "parameter DEPTH = 4" in text and "parameter type T = logic" in text
    assert "(* blackbox *) module fifo" in text and "input [sizes::W-1:0] d" in text


def test_a_unit_that_is_being_written_ends_where_the_next_begins(index: ProjectIndex) -> None:
    text = FILE.replace("  wire here;\nendmodule\n", "  wire here\n")
    part = at(index, text, "wire here").request.document.text
    assert "module top" in part and "module below" not in part


@pytest.mark.parametrize("behind", ["// between", "`timescale 1ns/1ps", "assign y = x;", "module top(input"])
def test_every_place_is_in_its_part(index: ProjectIndex, behind: str) -> None:
    at(index, FILE, behind)


def test_a_small_document_is_left_whole(index: ProjectIndex) -> None:
    small = Document(index.root / "small.sv", "module m; endmodule\n")
    assert excerpt(CompletionRequest(small, Position(0, 9)), index) is None


def test_the_index_keeps_the_file(index: ProjectIndex) -> None:
    part = at(index, FILE, "wire here").request.document
    assert [unit.name for unit in index.update(part).units if unit.kind == "module"] == ["top", "fifo"]
    assert index.module("below") is not None, "the excerpt does not stand for the file"


def test_places_of_the_answer_are_those_of_the_document(index: ProjectIndex) -> None:
    found = at(index, FILE, "wire here")
    here = found.request.position
    diagnostics = (
        Diagnostic(Severity.ERROR, here.line + 1, 3, "m", "slang"),
        Diagnostic(Severity.ERROR, 3, 3, "m", "slang", file="other.sv"),
    )
    verdict = Verdict.of((StageResult("syntax", Status.FAIL, 1.0, diagnostics),))
    suggestion = Suggestion("id", "x", Range.at(here), SourceName.MODEL, "m", 0.0, verdict)
    (moved,) = found.widened(Completion((suggestion,))).suggestions
    line = FILE.count("\n", 0, FILE.index("wire here"))
    assert moved.range.start.line == moved.range.end.line == line
    assert [each.line for each in moved.verdict.diagnostics] == [line + 1, 3]
