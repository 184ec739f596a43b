"""Asking models: prompts, what is taken out of answers, a server over HTTP, seeds."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mini import BODY, HEADER, write_v1, write_v2

from rtlwright.eval.answer import chat_design, completion_of, design_of
from rtlwright.eval.http_model import HttpModel
from rtlwright.eval.prompts import Form, Prompter
from rtlwright.eval.sampler import Sampler, sample_seed
from rtlwright.eval.verilogeval.v1 import load_v1
from rtlwright.eval.verilogeval.v2 import load_v2
from rtlwright.server.errors import UserError
from rtlwright.server.model.protocol import ModelError, Sampling
from rtlwright.server.types import Cancel

MODULE = HEADER.replace("NAME", "top_module") + BODY


@pytest.fixture
def server() -> Iterator[tuple[str, list[dict]]]:
    """An OpenAI-compatible server whose answers echo the request."""
    asked: list[dict] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append({"path": self.path, "key": self.headers.get("Authorization"), **body})
            busy = "busy" in body["model"] and len(asked) < 3
            status = (
                503
                if busy
                else 400
                if body["model"] == "refuses"
                else 404
                if body["model"] == "gone"
                else 200
            )
            text = f"```verilog\n{MODULE}```"
            choice = {"message": {"content": text}} if "chat" in self.path else {"text": BODY + "\nmodule x;"}
            reply = {"choices": [{**choice, "finish_reason": "stop"}], "usage": {"completion_tokens": 7}}
            data = json.dumps(reply if status == 200 else {"error": "no"}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *words: object) -> None:
            return

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=http.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{http.server_port}/v1", asked
    http.shutdown()
    http.server_close()


@pytest.mark.parametrize("form", [Form.CHAT, Form.COMPLETION])
def test_a_server_is_asked_in_the_form_of_the_benchmark(
    form: Form, server: tuple[str, list[dict]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RTLWRIGHT_API_KEY", "secret")
    url, asked = server
    harness = load_v1(write_v1(tmp_path / "VerilogEval_Mini.jsonl"), None)
    sampler = Sampler(HttpModel(url, "m"), harness, Prompter(form), Sampling(temperature=0.8, top_p=0.9))
    sample = sampler.sample(harness.problems[0], 3)
    assert sample.text.strip() == BODY.strip()
    assert (asked[0]["temperature"], asked[0]["top_p"], asked[0]["key"]) == (0.8, 0.9, "Bearer secret")
    assert asked[0]["seed"] == sample_seed(0, "adder", 3)
    if form is Form.CHAT:
        assert [m["role"] for m in asked[0]["messages"]] == ["system", "user"]
        assert "Complete the Verilog module" in asked[0]["messages"][0]["content"]
        assert asked[0]["messages"][1]["content"].endswith(harness.problems[0].header)
    else:
        assert asked[0]["prompt"] == "// Add up the steps.\n\n" + harness.problems[0].header


def test_a_busy_server_is_asked_again(server: tuple[str, list[dict]]) -> None:
    url, asked = server
    model = HttpModel(url, "busy", pauses_s=(0.01, 0.01, 0.01))
    assert model.write("x", Sampling(), Cancel())[0].tokens == 7
    assert len(asked) == 3


def test_what_a_server_refuses_is_the_samples_failure(server: tuple[str, list[dict]]) -> None:
    with pytest.raises(ModelError, match="refused"):
        HttpModel(server[0], "refuses").write("x", Sampling(), Cancel())


def test_a_server_that_is_not_there_stops_the_run(server: tuple[str, list[dict]]) -> None:
    with pytest.raises(UserError, match="--name"):
        HttpModel(server[0], "gone").write("x", Sampling(), Cancel())
    with pytest.raises(UserError, match="goes on where"):
        HttpModel("http://127.0.0.1:9/v1", "m", pauses_s=()).write("x", Sampling(), Cancel())


def test_examples_are_given_as_many_as_asked_for(tmp_path: Path) -> None:
    problem = load_v2(write_v2(tmp_path / "d")).problems[0]
    for shots in range(5):
        text = Prompter(Form.CHAT, shots).prompt(problem).text
        assert text.count("Answer:") == shots + 1
        assert text.count("[DONE]") == 2 * shots + 1  # in each example, and in each instruction
    own = tmp_path / "scripts"
    own.mkdir()
    (own / "verilog-example-prefix_spec-to-rtl_2-shot.txt").write_text("THEIRS\n")
    assert Prompter(Form.CHAT, 2, own).prompt(problem).text.startswith("THEIRS\n")


@pytest.mark.parametrize(
    "answer",
    [BODY, MODULE, f"```verilog\n{MODULE}```\nDone.", f"<think>module top_module</think>Sure.\n{MODULE}",
     f"{MODULE}\nmodule tb; initial $finish; endmodule"],
)  # fmt: skip
def test_completions_are_cut_out_of_answers(answer: str) -> None:
    assert completion_of(answer, "top_module").split() == BODY.split()


def test_helpers_stay() -> None:
    helper = "module half(input a, output b);\nassign b = a;\nendmodule"
    found = completion_of(f"{helper}\n{MODULE}", "top_module")
    assert found.split() == (BODY + helper).split()


def test_marks_win_over_fences() -> None:
    text = "module TopModule;\nendmodule"
    assert chat_design(f"[BEGIN]\n{text}\n[DONE]\n```x```", "", "TopModule").strip() == text
    assert chat_design(f"```verilog\n{text}\n```", "", "TopModule").strip() == text
    assert chat_design(f"[BEGIN]\n{text}", "", "TopModule").strip() == ""
    assert chat_design(
        "assign a = 1;\nendmodule\nmore", "module TopModule(output a);", "TopModule"
    ).split() == (["module", "TopModule(output", "a);", "assign", "a", "=", "1;", "endmodule"])


@given(st.text(alphabet="`modulend tbp\n;()[BEGINDONE]<think/>", max_size=200))
def test_any_answer_is_cut_without_an_error(text: str) -> None:
    for cut in (completion_of(text, "top_module"), design_of(text), chat_design(text, "", "TopModule")):
        assert isinstance(cut, str)


def test_seeds_follow_from_names_alone() -> None:
    seeds = {sample_seed(seed, name, index) for seed in range(3) for name in "ab" for index in range(20)}
    assert len(seeds) == 120
    assert all(0 <= seed < 2**31 for seed in seeds)
