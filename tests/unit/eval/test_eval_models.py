"""Asking models: prompts, what is taken out of answers, a server over HTTP, seeds."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mini import BODY, HEADER, write_v1, write_v2

from rtlwright.eval.answer import chat_design, completion_of, design_of
from rtlwright.eval.problem import Problem
from rtlwright.eval.prompts import Form, Prompter
from rtlwright.eval.sampler import Sampler, sample_seed
from rtlwright.eval.served_model import ServedModel
from rtlwright.eval.verilogeval.v1 import load_v1
from rtlwright.eval.verilogeval.v2 import load_v2
from rtlwright.server.config import ModelConfig
from rtlwright.server.errors import UserError
from rtlwright.server.model.protocol import ModelError, Sampling
from rtlwright.server.types import Cancel

MODULE = HEADER.replace("NAME", "top_module") + BODY


def _events(path: str) -> bytes:
    """A stream of two pieces, the end, and the count of tokens, as vLLM sends them."""
    pieces = ["```verilog\n" + MODULE[:20], MODULE[20:] + "```"] if "chat" in path else [BODY, "\nmodule x;"]
    choices = [
        [{"index": 0, **({"delta": {"content": p}} if "chat" in path else {"text": p})}] for p in pieces
    ]
    choices[-1][0]["finish_reason"] = "stop"
    rows = [{"choices": c, "usage": None} for c in choices]
    rows += [{"choices": [], "usage": {"completion_tokens": 7}}]
    return b"".join(b"data: " + json.dumps(row).encode() + b"\n\n" for row in rows) + b"data: [DONE]\n\n"


@pytest.fixture(scope="module")
def http() -> Iterator[tuple[str, list[dict]]]:
    """An OpenAI-compatible server; what it does depends on the name of the model."""
    asked: list[dict] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append({"path": self.path, "key": self.headers.get("Authorization"), **body})
            busy = {"busy": 503, "broken": 500}.get(body["model"], 200) if len(asked) < 3 else 200
            status = {"refuses": 400, "gone": 404, "secret": 401}.get(body["model"], busy)
            data = _events(self.path) if status == 200 else b'{"error": {"message": "too long"}}'
            half = body["model"] == "silent" or (body["model"] == "breaks off" and len(asked) < 3)
            data = data[: data.index(b"\n\n") + 2] if half else data
            self.send_response(status)
            self.end_headers()
            self.wfile.write(data)
            if body["model"] == "silent":
                self.rfile.read()  # until the client is gone

        def log_message(self, *words: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1", asked
    server.shutdown()
    server.server_close()


@pytest.fixture
def server(http: tuple[str, list[dict]]) -> tuple[str, list[dict]]:
    http[1].clear()
    return http


def served(url: str, name: str, pauses_s: tuple[float, ...] = ()) -> ServedModel:
    return ServedModel(ModelConfig(engine="openai", url=url, name=name), pauses_s)


@pytest.mark.parametrize("form", [Form.CHAT, Form.COMPLETION])
def test_a_server_is_asked_in_the_form_of_the_benchmark(
    form: Form, server: tuple[str, list[dict]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RTLWRIGHT_MODEL_KEY", "secret")
    url, asked = server
    harness = load_v1(write_v1(tmp_path / "VerilogEval_Mini.jsonl"), None)
    sampler = Sampler(served(url, "m"), harness, Prompter(form), Sampling(temperature=0.8, top_p=0.9))
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


@pytest.mark.parametrize("name", ["busy", "broken", "breaks off"])
def test_a_server_in_trouble_is_asked_again(name: str, server: tuple[str, list[dict]]) -> None:
    url, asked = server
    answer = served(url, name, (0.01, 0.01, 0.01)).write("x", Sampling(greedy_first=False), Cancel())[0]
    assert (answer.tokens, answer.finished, len(asked)) == (7, "stop", 3)
    assert answer.text.count("```verilog") == 1, "of the answer that broke off nothing is kept"


def test_what_a_server_refuses_is_the_samples_failure(server: tuple[str, list[dict]]) -> None:
    with pytest.raises(ModelError, match="400: too long"):
        served(server[0], "refuses").write("x", Sampling(), Cancel())


@pytest.mark.parametrize(
    ("name", "says"), [("gone", "--name"), ("secret", "RTLWRIGHT_MODEL_KEY"), ("breaks off", "broke off")]
)
def test_a_server_that_cannot_serve_stops_the_run(
    name: str, says: str, server: tuple[str, list[dict]]
) -> None:
    with pytest.raises(UserError, match=says) as stopped:
        served(server[0], name).write("x", Sampling(), Cancel())
    assert "goes on where" in str(stopped.value) and "\n" not in str(stopped.value)
    with pytest.raises(UserError, match="nothing answers at"):
        served("http://127.0.0.1:9/v1", "m").write("x", Sampling(), Cancel())


def test_whoever_stops_does_not_wait_for_the_server(server: tuple[str, list[dict]], tmp_path: Path) -> None:
    """Ctrl-C reaches the requests that are under way: they end at once, there too."""
    url, asked = server
    harness = load_v1(write_v1(tmp_path / "VerilogEval_Mini.jsonl"), None)
    model = served(url, "silent")
    sampler = Sampler(model, harness, Prompter(Form.CHAT), Sampling(), 3)
    problem = harness.problems[0]

    def wanted() -> Iterator[tuple[Problem, int]]:
        yield problem, 0
        yield problem, 1
        while len(asked) < 2:
            time.sleep(0.005)
        raise KeyboardInterrupt

    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        list(sampler.samples(wanted()))
    assert time.monotonic() - begun < 20


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
