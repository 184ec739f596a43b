"""Which nets a port map gets, and how it is laid out, in a project of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from rtlwright.server.config import ProjectConfig
from rtlwright.server.context.headers import PortDecl
from rtlwright.server.context.index import ProjectIndex
from rtlwright.server.context.window import Context
from rtlwright.server.sources.portmap import propose_instance
from rtlwright.server.sources.renaming import groups
from rtlwright.server.types import Cancel, Document

STAGE = """module stage (
  input  logic        clk,
  input  logic        rst_n,

  // Request
  input  logic [31:0] s_addr,
  input  logic        s_valid,
  output logic        s_ready,
  /*
   * Answer
   */
  output logic [31:0] m_addr,
  output logic        m_valid,
  input  logic        m_ready
);
endmodule
"""
HEAD = "module top (input logic clk, rst_n);\n"
BUS = "  logic [31:0] {0}_addr;\n  logic {0}_valid, {0}_ready;\n"

Ask = Callable[[str], str]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """The port map proposed at the end of a text."""
    root = tmp_path_factory.mktemp("stages")
    (root / "stage.sv").write_text(STAGE)
    index = ProjectIndex(root, ProjectConfig(), None)

    def proposed(text: str) -> str:
        document = Document.of(root / "top.sv", text)
        index.ensure()
        index.update(document, Cancel())
        context = Context.at(document, len(text), (), index)
        return max(propose_instance(context, Cancel()), key=lambda c: c.score).text

    yield proposed
    index.close()


def flat(text: str) -> str:
    return " ".join(text.split())


def test_a_group_of_ports_is_a_group_of_nets_under_another_name(ask: Ask) -> None:
    text = flat(ask(HEAD + BUS.format("core") + BUS.format("dma") + "  stage core_stage (\n"))
    assert ".s_addr (core_addr)" in text and ".s_ready (core_ready)" in text


def test_of_two_such_groups_none_is_taken_without_a_reason(ask: Ask) -> None:
    text = flat(ask(HEAD + BUS.format("p") + BUS.format("q") + "  stage u_x (\n"))
    assert ".s_addr ()" in text and ".m_addr ()" in text and ".clk (clk)" in text


def test_what_is_called_after_the_instance_goes_before_the_same_name(ask: Ask) -> None:
    outer = BUS.format("s") + BUS.format("fifo_in")
    assert ".s_addr (s_addr)" in flat(ask(HEAD + outer + "  stage u_other (\n"))
    assert ".s_addr (fifo_in_addr)" in flat(ask(HEAD + outer + "  stage fifo_inst (\n"))


def test_what_another_module_of_the_file_drives_is_free_here(ask: Ask) -> None:
    other = f"module a (input logic clk);\n{BUS.format('m')}  stage u (.m_addr(m_addr));\nendmodule\n"
    assert ".m_addr (m_addr)" in flat(ask(other + HEAD + BUS.format("m") + "  stage u (\n"))


def test_what_an_instance_drives_by_another_port_is_not_driven_again(ask: Ask) -> None:
    before = HEAD + BUS.format("m")
    known = ask(before + "  stage u_a (.m_addr(m_addr), .m_ready(m_ready));\n  stage u_b (\n")
    assert ".m_addr ()" in flat(known)
    assert ".m_ready (m_ready)" in flat(known)  # an input may be connected twice
    assert ".m_addr (m_addr)" in flat(ask(before + "  stage u_a (.s_addr(m_addr));\n  stage u_b (\n"))


def test_one_bit_is_no_bus(ask: Ask) -> None:
    assert ".s_valid ()" in flat(ask(HEAD + "  logic [3:0] s_valid;\n  stage u (\n"))


def test_nets_with_attributes(ask: Ask) -> None:
    text = ask(HEAD + '  (* keep *) wire [31:0] s_addr;\n  (* mark = "x" *) wire s_valid;\n  stage u (\n')
    assert ".s_addr (s_addr)" in flat(text) and ".s_valid (s_valid)" in flat(text)


@pytest.mark.parametrize(
    ("written", "line"),
    [
        (".a(x),\n    .b(y)", "    .clk(clk),"),
        (".a ( x ),\n    .b ( y )", "    .clk ( clk ),"),
        (".long   (x),\n    .ab     (yy),\n    .abc    (z),\n    .abcdef (z)", "    .clk     (clk),"),
        (
            ".long   ( x   ),\n    .ab     ( yyy ),\n    .abc    ( zz  ),\n    .abcdef ( z   )",
            "    .clk     ( clk     ),",
        ),
        (".rst_n,\n    .b (y)", "    .clk,"),
    ],
)
def test_connections_are_laid_out_as_the_file_has_them(ask: Ask, written: str, line: str) -> None:
    text = ask(f"{HEAD}  other u_o (\n    {written}\n  );\n{BUS.format('s')}  stage u (\n")
    assert line in "    " + text.lstrip()


@pytest.mark.parametrize(
    ("between", "expected"),
    [
        ("\n", "    .rst_n (rst_n),\n    .s_addr (s_addr),"),
        ("\n\n", "    .rst_n (rst_n),\n\n    .s_addr (s_addr),"),
        ("\n    // Data\n", "    .rst_n (rst_n),\n    // Request\n    .s_addr (s_addr),"),
        ("\n\n    // Data\n", "    .rst_n (rst_n),\n\n    // Request\n    .s_addr (s_addr),"),
    ],
)
def test_groups_of_the_header_are_kept_where_the_file_keeps_them(
    ask: Ask, between: str, expected: str
) -> None:
    other = f"  other u_o (\n    .a (x),{between}    .b (y)\n  );\n"
    text = ask(HEAD + other + BUS.format("s") + "  stage u (\n")
    assert expected in text
    assert ("    // Answer\n    .m_addr" in text) == ("//" in between)


@pytest.mark.parametrize("step", ["  ", "   ", "    ", "        ", "\t"])
def test_the_step_of_indentation_is_the_files(ask: Ask, step: str) -> None:
    comment = "/*\n * A top\n * of stages\n */\n"
    body = f"{step}logic a;\n{step}always_comb begin\n{step}{step}a = 1;\n{step}end\n"
    assert f"\n{step}{step}.clk" in ask(f"{comment}{HEAD}{body}{step}stage u (")


def test_groups_need_two_ports_and_something_in_common() -> None:
    def port(name: str) -> PortDecl:
        return PortDecl(name, "input", "logic", "")

    ports = [port("s_data"), port("s_last"), port("x_i"), port("y_i")]
    found = groups(ports, ["m0_data", "m0_last", "q_i", "lonely_data"], lambda port, name: True)
    assert found[0].nets == {"s_data": "m0_data", "s_last": "m0_last"}
    assert all(group.nets.keys() == {"s_data", "s_last"} for group in found)
    assert groups(ports, ["m0_data", "m0_last"], lambda port, name: name != "m0_last") == []
