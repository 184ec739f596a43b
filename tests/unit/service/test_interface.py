"""The ports that a specification lists, and modules that have them or not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from rtlwright.server.interface import PortFact, declared_ports, interface_stage, listed_ports
from rtlwright.server.types import Status
from rtlwright.training.synth.cli import synth

SPEC = """Write a module named `mux` that selects.

Ports:
- input [7:0] a: left
- input b[7:0] - right
* input sel (1 bit)
- output y (8 bits)

The input is not registered. When input sel is high, output y is a.
"""
RIGHT = (
    "module mux (\n  input [7:0] a, b,\n  input logic sel, // input x\n  output logic [7:0] y\n);\n"
    "endmodule\nmodule helper (input p, output q);\nendmodule\n"
)


def test_listed() -> None:
    assert listed_ports(SPEC) == {
        "a": PortFact("input", 8),
        "b": PortFact("input", 8),
        "sel": PortFact("input", 1),
        "y": PortFact("output", 8),
    }
    assert listed_ports("Complete:\nmodule m (input clk, output [W-1:0] q);") == {
        "clk": PortFact("input", 1),
        "q": PortFact("output", None),
    }
    assert listed_ports("An 8-bit counter. The input is clk, output is q.") == {}


def test_declared() -> None:
    assert declared_ports(RIGHT.partition("endmodule")[0]) == listed_ports(SPEC)
    old = "module m (a, y);\n  input [1:0] a;\n  output reg y;\nendmodule"
    assert declared_ports(old) == {"a": PortFact("input", 2), "y": PortFact("output", 1)}


def test_right_and_without_anything_listed() -> None:
    stage = interface_stage(RIGHT, SPEC)
    assert stage is not None and stage.status is Status.PASS
    assert interface_stage(RIGHT, "an inverter") is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("module mux", "module max"), "it asks for a module 'mux'"),
        (("a, b,", "a,"), "the input 'b', which the module does not have"),
        (("[7:0] y", "[6:0] y"), "'y' should have 8 bits and has 7"),
        (("output logic [7:0] y", "input logic [7:0] y"), "should be an output"),
        (("input logic sel,", "input logic sel, en,"), "has a port 'en' that it does not ask for"),
    ],
)
def test_wrong(change: tuple[str, str], words: str) -> None:
    stage = interface_stage(RIGHT.replace(*change), SPEC)
    assert stage is not None and stage.status is Status.FAIL
    assert words in stage.diagnostics[0].message


def test_no_false_alarm_on_verified_modules(tmp_path: Path) -> None:
    """Specifications in every voice, each with a module that was simulated against it."""
    CliRunner().invoke(synth, ["--count", "250", "--seed", "77", "--yosys", "0", "--out", str(tmp_path)])
    rows = [json.loads(line) for file in tmp_path.glob("*.jsonl") for line in file.open()]
    assert len(rows) == 250
    stages = [interface_stage(row["module"], row["spec"]) for row in rows]
    assert sum(stage is not None for stage in stages) > 100
    assert [stage for stage in stages if stage is not None and stage.status is not Status.PASS] == []


@pytest.mark.parametrize(
    ("spec", "ports"),
    [
        ("a counter with ports clk, rst, q[3:0]", {"clk": None, "rst": None, "q": 4}),
        (
            "A counter with the following ports: `clk`, `rst` and `q[7:0]`.",
            {"clk": None, "rst": None, "q": 8},
        ),
        ("An adder with ports a[7:0], b [7:0], and y[8:0]; unsigned.", {"a": 8, "b": 8, "y": 9}),
        ("A counter with ports clk, rst and an output q.", {}),
        ("A switch with ports that are numbered, one and two.", {}),
        ("A switch with ports.", {}),
    ],
)
def test_ports_listed_in_a_sentence(spec: str, ports: dict[str, int | None]) -> None:
    assert {name: fact.width for name, fact in listed_ports(spec).items()} == ports


def test_a_port_of_another_name_fails_where_the_sentence_names_it() -> None:
    spec = "a 4-bit counter named tally with ports clk, q[3:0]"
    stage = interface_stage("module tally (input clk, output reg [3:0] bin);\nendmodule", spec)
    assert stage is not None and stage.status is Status.FAIL
    assert "'q'" in stage.diagnostics[0].message
    right = interface_stage("module tally (input clk, output reg [3:0] q);\nendmodule", spec)
    assert right is not None and right.status is Status.PASS
