from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtlwright.server.config import ProjectConfig
from rtlwright.server.context.index import ProjectIndex
from rtlwright.server.context.line_map import LineMap
from rtlwright.server.context.window import Context
from rtlwright.server.sources.structure import StructureSource
from rtlwright.server.types import Cancel, Cancelled, Candidate, CompletionRequest, Document, Position

At = Callable[..., Context]

HEAD = """module edited (input logic clk, rst_ni, output logic [7:0] o_data);
  import soc_pkg::*;
  tx_state_e state_q;
  localparam S_A = 0, S_B = 1, S_C = 2;
  logic [1:0] st;
  logic wr_en, tx_rd_en, full;
  logic [7:0] wr_data, rd_data;
  bus_if bus(.clk);
  logic [1:0] gnt;
"""


def _propose(context: Context, n: int = 4) -> list[Candidate]:
    return StructureSource().propose(context, n, Cancel())


def _applied(context: Context, candidate: Candidate) -> str:
    """The line of the cursor and what follows, as they read once the candidate is in."""
    lines = LineMap(context.document.text)
    start, end = candidate.range.start, candidate.range.end
    a, b = lines.offset(start.line, start.character), lines.offset(end.line, end.character)
    text = context.document.text
    whole = text[:a] + candidate.text + text[b:]
    return whole[lines.start(start.line) :]


def _first(context: Context) -> str:
    return _applied(context, _propose(context)[0])


MAP = """  fifo u_tx_fifo (
    .clk     (clk),
    .rst_n   (rst_ni),
    .wr_en   (wr_en),
    .wr_data (wr_data),
    .rd_en   (tx_rd_en),
    .rd_data (rd_data),
    .full    (full),
    .empty   ()
  );"""


@pytest.mark.parametrize("typed", ["  fifo u_tx_fifo|", "  fifo u_tx_fifo |", "  fifo u_tx_fifo (|"])
def test_the_whole_port_map(at: At, typed: str) -> None:
    assert _first(at(HEAD + typed)) == MAP


def test_the_port_map_from_its_first_line(at: At) -> None:
    assert _first(at(HEAD + "  fifo u_tx_fifo (\n    |")) == MAP.split("\n", 1)[1]


def test_what_an_editor_closed_is_not_closed_again(at: At) -> None:
    assert _first(at(HEAD + "  fifo u_tx_fifo (|);\nendmodule")) == MAP + "\nendmodule"


def test_connections_are_written_as_the_file_writes_them(at: At) -> None:
    before = "  other u_o (\n    .a(wr_en),\n    .b(full)\n  );\n"
    assert "\n    .rst_n(rst_ni),\n    .wr_en(wr_en),\n" in _first(at(HEAD + before + "  fifo u_f (|"))


def test_the_dot_offers_what_is_left(at: At) -> None:
    found = _propose(at(HEAD + "  fifo u_f (\n    .clk (clk),\n    .|\n    .full (full)\n  );"))
    assert found[0].text.startswith("rst_n") and found[0].text.rstrip().endswith(".empty ()")
    assert [candidate.text.split("(")[0].strip() for candidate in found[1:]] == ["rst_n", "wr_en", "wr_data"]
    assert ".clk" not in found[0].text and ".full" not in found[0].text


def test_a_partial_port_name(at: At) -> None:
    found = _propose(at(HEAD + "  fifo u_f (\n    .clk (clk),\n    .wr_d|"))
    assert found[0].text == "ata (wr_data)"


def test_the_inside_of_a_connection(at: At) -> None:
    assert _propose(at(HEAD + "  fifo u_f (.clk(clk), .rst_n(|"))[0].text == "rst_ni)"
    assert _propose(at(HEAD + "  fifo u_f (.clk(clk), .rst_n(rst|)"))[0].text == "_ni"


def test_outputs_do_not_drive_what_is_driven(at: At) -> None:
    first = "  fifo u_a (.clk(clk), .rd_data(rd_data));\n"
    text = _first(at(HEAD + first + "  fifo u_b (|"))
    assert ".rd_data ()" in " ".join(text.split())
    assert ".data_i ()" in " ".join(_first(at(HEAD + "  uart_tx u_tx (|")).split())  # not our own output


def test_interfaces_are_connected_by_type(at: At) -> None:
    text = _first(at(HEAD + "  arbiter u_arb (|"))
    assert ".bus   (bus)" in text and ".gnt   (gnt)" in text


def test_parameters_and_ports_after_the_hash(at: At) -> None:
    text = _first(at(HEAD + "  fifo #(|"))
    assert text.startswith("  fifo #(\n    .WIDTH (8),\n    .DEPTH (16)\n  ) u_fifo (\n    .clk ")
    assert text.endswith("\n  );")


def test_a_bare_module_name_gets_an_instance_name(at: At) -> None:
    assert _first(at(HEAD + "  fifo|")).startswith("  fifo u_fifo (\n    .clk ")


def test_arms_of_an_enumeration(at: At) -> None:
    text = _first(at(HEAD + "  always_comb\n    case (state_q)|"))
    labels = re.findall(r"^ {6}(\w+):", text, re.M)
    assert labels == ["ST_IDLE", "ST_START", "ST_DATA", "ST_STOP", "default"]
    assert text.endswith("\n    endcase")


def test_only_missing_arms(at: At) -> None:
    before = "  always_comb\n    case (state_q)\n      ST_IDLE: begin\n      end\n      ST_DATA: ;\n"
    before += "      |\n    endcase\n"
    text = _first(at(HEAD + before + "endmodule\n"))
    assert re.findall(r"^ {6}(\w+):", text, re.M) == ["ST_START", "ST_STOP", "default"]
    assert text.count("endcase") == 1


def test_arms_of_localparams(at: At) -> None:
    text = _first(at(HEAD + "  always_comb begin\n    st = S_A;\n    case (st)\n      |"))
    assert re.findall(r"^ {6}(\w+):", text, re.M) == ["S_A", "S_B", "S_C", "default"]


def test_a_partial_label(at: At) -> None:
    found = _propose(
        at(HEAD + "  always_comb\n    case (state_q)\n      ST_IDLE: ;\n      ST_S|\n    endcase\n")
    )
    assert found[0].text.startswith("TART")


def test_events_as_elsewhere(at: At) -> None:
    before = "  always_ff @(posedge clk or negedge rst_ni) begin\n    st <= 0;\n  end\n"
    assert _propose(at(HEAD + before + "  always_ff @(|"))[0].text == "posedge clk or negedge rst_ni) begin"
    assert _propose(at(HEAD + before + "  always_ff|"))[0].text == " @(posedge clk or negedge rst_ni) begin"
    assert _propose(at(HEAD + "  always_ff @(|)"))[0].text == "posedge clk or negedge rst_ni"


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("  always_comb begin\n    st = 1;\n    |", "  end"),
        ("  always_comb begin\n    st = 1;\n  e|", "  end"),
        ("  always_comb\n    case (st + 1)\n      0: ;\n    |", "    endcase"),
        ("  assign st = 1;\n|", "endmodule"),
        ("  function f(input a);\n    f = a;\n  |", "  endfunction"),
    ],
)
def test_closers(at: At, typed: str, line: str) -> None:
    assert line in [_applied(at(HEAD + typed), candidate) for candidate in _propose(at(HEAD + typed))]


def test_nothing_is_closed_twice(at: At) -> None:
    text = HEAD + "  always_comb begin\n    st = 1;\n    |\n  end\nendmodule\n"
    assert not any(candidate.text.strip().startswith("end") for candidate in _propose(at(text)))


@pytest.mark.parametrize("comment", ["  // the write pointer\n", "  /* the write\n   * pointer */\n"])
def test_what_a_comment_announces_is_no_end(comment: str, at: At) -> None:
    found = _propose(at(HEAD + "  assign st = 1;\n" + comment + "  |\n"))
    assert not any(candidate.text.strip().startswith("end") for candidate in found)


def test_endmodule_takes_a_label_where_the_file_has_them(at: At) -> None:
    text = "module other;\nendmodule : other\n" + HEAD + "  assign st = 1;\n|"
    assert _propose(at(text))[0].text == "endmodule : edited"


def test_a_module_is_named_after_its_file(at: At) -> None:
    text = _applied(at("module |", "rtl/shifter.sv"), _propose(at("module |", "rtl/shifter.sv"))[0])
    assert text == "module shifter (\n  input  logic clk,\n  input  logic rst_n\n);\n\nendmodule"


def test_declared_names(at: At) -> None:
    assert [c.text for c in _propose(at(HEAD + "  assign o_data = wr_|"))] == ["data", "en"]
    folded = _propose(at(HEAD + "  assign o_data = RD_D|"))[0]
    assert folded.text == "rd_data" and folded.range.start.character == folded.range.end.character - 4


def test_nothing_where_a_name_is_new(at: At) -> None:
    assert _propose(at(HEAD + "  logic wr_|")) == []


@pytest.mark.parametrize("text", ["  // fifo u_f (|", "  /* fifo u_f (|", '  initial $display("fifo u_f (|'])
def test_nothing_in_comments_and_strings(at: At, text: str) -> None:
    assert _propose(at(HEAD + text)) == []


def test_cancelled_requests_stop(at: At) -> None:
    cancel = Cancel()
    cancel.cancel()
    with pytest.raises(Cancelled):
        StructureSource().propose(at(HEAD + "  fifo u_f (|"), 3, cancel)


PIECES = st.sampled_from([
    "fifo ", "u_x ", "(", ")", ".clk", "(clk)", ",", ";", "\n", "  ", "#(", ".", "case (st)",
    "begin\n", "end\n", "module ", "edited", "always_ff ", "@(", "// c", "/*", "\"", "wr_", "ST_",
    ": ", "endmodule\n", "é😀", "\\", "`",
])  # fmt: skip


@settings(max_examples=120)
@given(st.lists(PIECES, max_size=14), st.lists(PIECES, max_size=5), st.booleans())
def test_any_text_any_position(soc: object, before: list[str], after: list[str], headed: bool) -> None:
    prefix = (HEAD if headed else "") + "".join(before)
    document = Document.of(Path("rtl/edited.sv"), prefix + "".join(after))
    context = Context.at(document, len(prefix), index=soc)  # type: ignore[arg-type]
    for candidate in _propose(context, 8):
        assert candidate.text.strip() and candidate.score <= 0
        _applied(context, candidate)
    assert _propose(context, 8) == _propose(context, 8)


def test_arms_of_a_packages_enumeration_are_qualified(tmp_path: Path) -> None:
    (tmp_path / "pkg.sv").write_text(
        "package p;\n  typedef enum logic [1:0] {ADD, SUB, NEG} op_t;\nendpackage\n"
    )
    index = ProjectIndex(tmp_path, ProjectConfig())
    body = "  always_comb\n    case (op)\n      p::ADD: y = a;\n      "
    for header, expected in (("", "p::SUB: ;"), ("import p::*;\n", "SUB: ;")):
        text = f"{header}module m (input p::op_t op, input logic a, output logic y);\n{body}"
        request = CompletionRequest(Document.of(tmp_path / "m.sv", text), Position(text.count("\n"), 6))
        found = StructureSource().propose(Context.of(request, index), 3, Cancel())
        assert found[0].text.splitlines()[0] == expected
    index.close()


# -- what a reset branch lacks ------------------------------------------------------------------------------

RESET = """module m #(parameter W = 4) (
  input {l} clk, input {l} rst_n, input {l} go, output {r} tx, output {r} cs_n
);
  localparam S_IDLE = 2'd0;
  localparam S_RUN = 2'd1;
  {r} [1:0] state;
  {r} [7:0] count;
  {r} [W-1:0] wide;
  {r} [7:0] mem [0:3];
  integer i;
  always @(posedge clk or negedge rst_n) begin
    if (!rst_n) begin
      wide  <= 0;
      |
    end else begin
      for (i = 0; i <= 3; i = i + 1) mem[i] <= 8'd0;
      if (count <= 8'd3) count[3:0] <= count[3:0] + 1;
      {{tx, cs_n}} <= 2'b00;
      case (state)
        S_IDLE: if (go) state <= S_RUN;
        default: state <= S_IDLE;
      endcase
      wide <= wide + 1;
    end
  end
  always @(posedge clk) tail <= 1;
endmodule
"""


def resets(at: At, marked: str, name: str) -> list[str]:
    candidates = StructureSource().propose(at(marked, name), 8, Cancel())
    return [c.text for c in candidates if "<=" in c.text]


def test_a_reset_branch_is_offered_the_registers_it_forgot(at: At) -> None:
    verilog = resets(at, RESET.format(l="wire", r="reg"), "rtl/edited.v")
    white = "\n      "
    assert verilog[0] == white.join(["count <= 8'd0;", "tx <= 1'b1;", "cs_n <= 1'b1;", "state <= S_IDLE;"])
    assert verilog[1] == "count <= 8'd0;"
    system = resets(at, RESET.format(l="logic", r="logic").replace("<= 0;", "<= '0;"), "rtl/edited.sv")
    assert system[0].startswith("count <= '0;") and "wide" not in system[0]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("if (!rst_n)", "if (!go)"),  # no reset
        ("wide  <= 0;\n      |", "wide  <= |0;"),  # within a statement
        ("      |\n    end else", "      if (go) begin\n      |\n      end\n    end else"),
        ("or negedge rst_n) begin\n    if (!rst_n) begin", "or negedge rst_n) begin\n    begin"),
    ],
)
def test_no_resets_are_offered_elsewhere(at: At, old: str, new: str) -> None:
    text = RESET.format(l="wire", r="reg")
    assert old in text
    assert resets(at, text.replace(old, new), "rtl/edited.v") == []


def test_resets_stand_in_the_column_of_those_that_are_there(at: At) -> None:
    text = RESET.format(l="wire", r="reg").replace("wide  <= 0;", "wide   <= 0;\n      state  <= S_IDLE;")
    assert resets(at, text, "rtl/edited.v")[0].split("\n")[0] == "count  <= 8'd0;"
    typed = RESET.format(l="wire", r="reg").replace("|", "st|")
    assert resets(at, typed, "rtl/edited.v") == ["ate <= S_IDLE;"]


# -- defaults of combinational blocks -----------------------------------------------------------------------

COMB = """module m (input logic go, output logic busy, output logic [3:0] sel);
  typedef enum logic [1:0] {{IDLE, RUN, DONE}} state_t;
  state_t state, next_state;
  logic [7:0] count_q, count_d;
  logic whole;
  {head} begin
    |
    whole = go;
    case (state)
      IDLE: if (go) next_state = RUN;
      RUN: begin
        busy = 1'b1;
        count_d = count_q + 1;
        if (count_q == 8'd3) next_state = DONE;
      end
      default: begin sel[0] = 1'b1; next_state = IDLE; end
    endcase
  end
  always_comb other = 1'b0;
endmodule
"""


def defaults(at: At, marked: str) -> list[str]:
    candidates = StructureSource().propose(at(marked), 8, Cancel())
    return [c.text for c in candidates if re.match(r"\w* *= ", c.text)]


@pytest.mark.parametrize("head", ["always_comb", "always @(*)", "always @*"])
def test_a_combinational_block_is_offered_defaults(at: At, head: str) -> None:
    offered = defaults(at, COMB.format(head=head))
    lines = ["next_state = state;", "busy = 1'b0;", "count_d = count_q;", "sel = 4'd0;"]
    assert offered == ["\n    ".join(lines), lines[0]]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{head}", "always_ff @(posedge clk)"),
        ("    |\n    whole = go;", "    if (go)\n    |\n    whole = go;"),
        ("    case (state)", "    end\n    always_comb begin\n    case (state)"),
    ],
)
def test_no_defaults_are_offered_elsewhere(at: At, old: str, new: str) -> None:
    assert old in COMB
    assert defaults(at, COMB.replace(old, new).format(head="always_comb")) == []


def test_what_has_its_default_gets_no_other(at: At) -> None:
    text = COMB.format(head="always_comb").replace(
        "    |", "    busy = 1'b0;\n    next_state = state;\n    |"
    )
    assert defaults(at, text)[0] == "count_d = count_q;\n    sel = 4'd0;"
    assert defaults(at, text.replace("|", "se|")) == ["l = 4'd0;"]
