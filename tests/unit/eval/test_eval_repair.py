"""A second try: what a served model is told, and from where a local one writes anew."""

# ruff: noqa: E501

import doctest
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from rtlwright.eval.cli import evaluate
from rtlwright.eval.spec import repair
from rtlwright.eval.toolchain import Toolchain
from rtlwright.server.errors import UserError

RIGHT = "module inv(input a, output y);\n  assign y = ~a;\nendmodule\n"
BENCH = """module tb;
  reg a = 0; wire y;
  inv dut(.a(a), .y(y));
  initial #1 $display("Mismatches: %0d in 1 samples", y !== 1);
endmodule
"""
ROW = {"id": "inv-1", "family": "inv", "name": "inv", "spec": "- input a\n- output y\nInvert a.", "module": RIGHT,
       "testbench": BENCH}  # fmt: skip


@pytest.fixture
def learner() -> Iterator[tuple[str, list[list[dict]]]]:
    """A served model that is wrong at first and right once it has been told why."""
    talks: list[list[dict]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            talk = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["messages"]
            talks.append(talk)
            text = RIGHT if len(talk) > 2 else RIGHT.replace("~a", "~b")
            choice = {"index": 0, "delta": {"content": text}, "finish_reason": "stop"}
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\ndata: [DONE]\n\n")

        def log_message(self, *words: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1", talks
    server.shutdown()
    server.server_close()


def test_diagnostics_go_back_to_the_model(
    learner: tuple[str, list[list[dict]]], tmp_path: Path, toolchain: Toolchain
) -> None:
    url, talks = learner
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps(ROW) + "\n")
    words = ["spec", "--problems", str(rows), "--model", url, "--name", "m", "-n", "2", "--repair", "1", "--no-gate",
             "--json", "--log", str(tmp_path / "log.jsonl")]  # fmt: skip
    metrics = json.loads(CliRunner().invoke(evaluate, words, catch_exceptions=False).stdout)["metrics"]
    assert (metrics["pass@1"], metrics["pass@1 repaired"], metrics["pass@1 resampled"]) == (0.0, 1.0, 0.0)
    told = next(talk for talk in talks if len(talk) > 2)
    assert [message["role"] for message in told[-3:]] == ["user", "assistant", "user"]
    assert "line 2" in told[-1]["content"] and "'b'" in told[-1]["content"]
    asked = len(talks)
    again = json.loads(CliRunner().invoke(evaluate, words, catch_exceptions=False).stdout)["metrics"]
    assert again == metrics and len(talks) == asked, "the log has it all"


def test_repair_needs_a_model(tmp_path: Path, toolchain: Toolchain) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps(ROW) + "\n")
    words = ["spec", "--problems", str(rows), "--samples", "reference", "--repair", "1"]
    with pytest.raises(UserError, match="--repair needs the model"):
        CliRunner().invoke(evaluate, words, catch_exceptions=False)


def test_examples_in_docstrings() -> None:
    assert doctest.testmod(repair).failed == 0
