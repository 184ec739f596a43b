"""The `openai` engine against llama.cpp's real server, and against servers that fail in every way."""

from __future__ import annotations

import itertools
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from faulty_server import HEAD, FaultyServer, event
from hypothesis import given
from hypothesis import strategies as st

from rtlwright.server.config import Config, ModelConfig
from rtlwright.server.errors import UserError
from rtlwright.server.model import open_model
from rtlwright.server.model.embedded import EmbeddedModel
from rtlwright.server.model.openai import OpenAIModel
from rtlwright.server.model.protocol import Generation, ModelError, Sampling
from rtlwright.server.model.sse import MAX_EVENT, StreamError, events
from rtlwright.server.types import Cancel, Cancelled

HERE = Path(__file__).parent
SPEC = "Write a module named inv with input a and output y. y is the inverse of a."
PREFIX, SUFFIX = "module inv(input a, output y);\n  assign y = ", "\nendmodule\n"


@pytest.fixture(scope="module")
def llama() -> Iterator[str]:
    """A real server with the shipped model."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, str(HERE / "llama_server.py"), str(port)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("ready")
    yield f"http://127.0.0.1:{port}/v1"
    process.kill()
    process.wait()


@pytest.fixture
def model(llama: str) -> Iterator[OpenAIModel]:
    made = OpenAIModel(ModelConfig(engine="openai", url=llama))
    yield made
    made.close()


Serve = Callable[..., tuple[OpenAIModel, FaultyServer]]


@pytest.fixture
def serve() -> Iterator[Serve]:
    made: list[tuple[OpenAIModel, FaultyServer]] = []

    def start(answer: Callable[..., None], **settings: object) -> tuple[OpenAIModel, FaultyServer]:
        server = FaultyServer(lambda connection, number: answer(server, connection, number))
        config = ModelConfig.model_validate({"engine": "openai", "url": server.url, **settings})
        made.append((OpenAIModel(config), server))
        return made[-1]

    yield start
    for openai, server in made:
        openai.close()
        server.close()


def ask(model: OpenAIModel, **sampling: object) -> list[Generation]:
    given = {"n": 1, "max_tokens": 16, **sampling}
    return model.fill("a", "b", Sampling(**given), Cancel())  # type: ignore[arg-type]


# The real server


def test_it_answers_as_the_embedded_engine_does(model: OpenAIModel) -> None:
    embedded = EmbeddedModel(ModelConfig())
    try:
        here = embedded.fill(PREFIX, SUFFIX, Sampling(1, 24), Cancel())[0]
    finally:
        embedded.close()
    there = model.fill(PREFIX, SUFFIX, Sampling(1, 24), Cancel())[0]
    assert there.text == here.text and there.finished == here.finished
    assert there.tokens > 0 and there.logprob == pytest.approx(here.logprob, abs=0.05)
    assert there.line_logprob == pytest.approx(here.line_logprob, abs=0.1)


def test_whole_modules_and_several_answers(model: OpenAIModel) -> None:
    seen: list[Generation] = []
    answers = model.write(SPEC, Sampling(3, 200, temperature=0.8), Cancel(), seen.append)
    assert len(answers) == len(seen) == 3
    assert "module inv" in answers[0].text and "endmodule" in answers[0].text
    independent = model.write(SPEC, Sampling(2, 200, greedy_first=False, seed=5), Cancel())
    assert len(independent) == 2
    assert "\n" not in model.fill(PREFIX, SUFFIX, Sampling(1, 24, single_line=True), Cancel())[0].text


def test_status_and_a_model_that_is_not_served(model: OpenAIModel, llama: str) -> None:
    status = model.status()
    assert status.ready and status.name == "rtlwright-small"
    other = OpenAIModel(ModelConfig(engine="openai", url=llama, name="nothing"))
    assert not other.status().ready and "it has: rtlwright-small" in other.status().detail
    with pytest.raises(ModelError, match="serves no model 'nothing'"):
        ask(other)
    other.close()


def test_a_cancel_ends_the_request_there(model: OpenAIModel) -> None:
    cancel = Cancel()
    threading.Timer(0.05, cancel.cancel).start()
    begun = time.monotonic()
    with pytest.raises(Cancelled):
        for _ in range(100):
            model.write(SPEC, Sampling(1, 800, temperature=1.5, greedy_first=False), cancel)
    assert time.monotonic() - begun < 5
    assert model.fill(PREFIX, SUFFIX, Sampling(1, 8), Cancel()), "and the next one is answered"


# Servers that fail


def test_a_cancel_closes_the_connection(serve: Serve) -> None:
    cancel = Cancel()

    def answer(server: FaultyServer, connection: socket.socket, number: int) -> None:
        connection.sendall(HEAD + event("x"))
        threading.Timer(0.05, cancel.cancel).start()  # while the answer is read, or just before
        server.wait_for_hang_up(connection)

    model, server = serve(answer)
    with pytest.raises(Cancelled):
        model.fill("a", "b", Sampling(1, 16), cancel)
    assert server.hung_up.wait(1.0)


@pytest.mark.parametrize(
    ("told", "most"),
    [
        ({}, 2000),
        ({"max_model_len": 700}, 700),
        ({"max_model_len": "700"}, 2000),
        ({"max_model_len": -1}, 2000),
    ],
)
def test_the_context_that_a_server_tells_bounds_what_is_asked_for(
    serve: Serve, told: dict[str, object], most: int
) -> None:
    def answer(server: FaultyServer, connection: socket.socket, number: int) -> None:
        connection.sendall(HEAD + event("ok", "stop") + b"data: [DONE]\n\n")

    model, server = serve(answer)
    server.told = told
    assert ask(model, max_tokens=2000)[0].text == "ok"
    assert most - 100 < server.bodies[0]["max_tokens"] <= most


def test_busy_is_asked_again_and_broken_off_is_not(serve: Serve) -> None:
    def busy(server: FaultyServer, connection: socket.socket, number: int) -> None:
        if number < 2:
            connection.sendall(b"HTTP/1.1 503 Busy\r\nRetry-After: 0.05\r\nContent-Length: 0\r\n\r\n")
        else:
            connection.sendall(HEAD + event("ok", "stop") + b"data: [DONE]\n\n")

    model, server = serve(busy)
    assert ask(model)[0].text == "ok" and server.asked == 3

    def half(server: FaultyServer, connection: socket.socket, number: int) -> None:
        connection.sendall(HEAD + event("some"))

    model, server = serve(half)
    with pytest.raises(ModelError, match="broke off"):
        ask(model)
    assert server.asked == 1, "what had begun is not asked again"


@pytest.mark.parametrize(
    "body, reason",
    [
        (b"data: {not json}\n\n", "no JSON"),
        (b"data: [1, 2]\n\n", "no object"),
        (b"data: \xff\xfe\n\n", "no UTF-8"),
        (b"\xe2\x82", "no UTF-8"),
        (b"x" * (MAX_EVENT + 70_000), "without a line end"),
        (b'data: {"error": {"message": "out of memory"}}\n\n', "out of memory"),
        (b"", "broke off"),
        (b"data: " + b"[" * 100_000 + b"\n\n", "no JSON"),
        (b'data: {"choices": [{"index": 7, "text": "x"}, 3, {"index": -1}]}\n\n', "broke off"),
    ],
    ids=["json", "list", "utf8", "half", "endless", "error", "nothing", "deep", "strange"],
)  # fmt: skip
def test_garbage_is_one_clear_line(serve: Serve, body: bytes, reason: str) -> None:
    def answer(server: FaultyServer, connection: socket.socket, number: int) -> None:
        connection.sendall(HEAD + body)

    model, _ = serve(answer)
    with pytest.raises(ModelError, match=reason) as failed:
        ask(model)
    assert "\n" not in str(failed.value)


def test_silence_ends_within_its_time(serve: Serve) -> None:
    def answer(server: FaultyServer, connection: socket.socket, number: int) -> None:
        connection.sendall(HEAD)
        server.wait_for_hang_up(connection)

    model, _ = serve(answer, timeout_s=0.3)
    with pytest.raises(ModelError, match="nothing came for 0.3 s"):
        ask(model)


@pytest.mark.parametrize(
    "status, reason", [(401, "refuses the key"), (404, "is model.url right"), (400, "answers 400: too long")]
)
def test_refusals_say_what_to_do(serve: Serve, status: int, reason: str) -> None:
    def answer(server: FaultyServer, connection: socket.socket, number: int) -> None:
        body = b'{"error": {"message": "too\\nlong"}}'
        connection.sendall(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n" % (status, len(body)) + body)

    model, server = serve(answer)
    with pytest.raises(ModelError, match=reason):
        ask(model)
    assert server.asked == 1


def test_no_more_at_once_than_was_said(serve: Serve) -> None:
    running, most, lock = 0, 0, threading.Lock()

    def answer(server: FaultyServer, connection: socket.socket, number: int) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.05)
        with lock:
            running -= 1
        connection.sendall(HEAD + event("ok", "stop"))

    model, _ = serve(answer, concurrency=2)
    threads = [threading.Thread(target=ask, args=(model,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 2


def test_the_key_goes_to_the_server_and_nowhere_else(serve: Serve) -> None:
    def answer(server: FaultyServer, connection: socket.socket, number: int) -> None:
        connection.sendall(
            b"HTTP/1.1 307 Moved\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n"
        )

    model, server = serve(answer)
    with pytest.raises(ModelError, match="answers 307"):
        ask(model)
    assert server.asked == 1


def test_nothing_there_and_no_url() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    model = OpenAIModel(ModelConfig(engine="openai", url=f"http://127.0.0.1:{port}/v1"))
    with pytest.raises(ModelError, match="nothing answers at"):
        ask(model)
    assert not model.status().ready
    model.close()
    for url in (None, "localhost:8000/v1", "http://", "https:///v1"):
        with pytest.raises(UserError, match="model.url"):
            open_model(Config(model=ModelConfig(engine="openai", url=url)).model)
    with pytest.raises(UserError, match="known are qwen2-coder"):
        from rtlwright.server.model.profiles import profile_named

        profile_named("nothing")


@given(st.lists(st.text(st.characters(blacklist_characters="\r\n", codec="utf-8")), max_size=5), st.data())
def test_events_come_out_however_the_bytes_were_cut(texts: list[str], data: st.DataObject) -> None:
    stream = b"".join(b"data: " + text.encode() + b"\n\n" for text in texts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    edges = [0, *cuts, len(stream)]
    chunks = [stream[a:b] for a, b in itertools.pairwise(edges)]
    assert list(events(iter(chunks))) == texts


@given(st.lists(st.binary(max_size=50), max_size=6))
def test_any_bytes_are_events_or_an_error(chunks: list[bytes]) -> None:
    try:
        list(events(iter(chunks)))
    except StreamError:
        return


def test_a_server_with_chat_alone_is_asked_in_words(serve: Serve) -> None:
    def answer(server: FaultyServer, connection: socket.socket, number: int) -> None:
        text = "```verilog\nmodule a;\nendmodule\n```" if number else "```verilog\n  assign y = a & b;\n```"
        pieces = [text[:9], text[9:]]
        chunks = [{"index": 0, "delta": {"role": "assistant", "content": ""}}]
        chunks += [{"index": 0, "delta": {"content": piece}} for piece in pieces]
        chunks += [{"index": 0, "delta": {}, "finish_reason": "stop"}]
        stream = b"".join(b"data: " + json.dumps({"choices": [chunk]}).encode() + b"\n\n" for chunk in chunks)
        connection.sendall(HEAD + stream + b"data: [DONE]\n\n")

    model, server = serve(answer, api="chat")
    filled = model.fill("  assign y = ", ";\nendmodule\n", Sampling(1, 40, single_line=True), Cancel())
    assert [given.text for given in filled] == ["a & b"]
    written = model.write("An empty module a.", Sampling(1, 40), Cancel())
    assert [given.text for given in written] == ["module a;\nendmodule\n"]
    assert [body["messages"][1]["content"] for body in server.bodies] == [
        "  assign y = <<<HOLE>>>;\nendmodule\n", "An empty module a."]  # fmt: skip
    assert all("prompt" not in body and body["messages"][0]["role"] == "system" for body in server.bodies)


def test_a_wish_that_is_too_long_becomes_a_shorter_one(serve: Serve) -> None:
    """In vLLM's own words, which count the prompt only as far as they had to."""

    def answer(server: FaultyServer, connection: socket.socket, number: int) -> None:
        most = server.bodies[-1]["max_tokens"]
        if most <= 100:
            return connection.sendall(HEAD + event("ok", "stop") + b"data: [DONE]\n\n")
        said = "max_tokens=5000 cannot be greater than max_model_len=1024. Please request fewer."
        if most <= 1024:
            said = "This model's maximum context length is 1024 tokens. However, you requested too many and "
            said += f"your prompt contains at least {1025 - most} input tokens."
        if most < 400:
            said = "maximum context length is 1024 tokens. However, your prompt contains 930 input tokens."
        body = json.dumps({"error": {"message": said}}).encode()
        return connection.sendall(b"HTTP/1.1 400 X\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    model, server = serve(answer)
    assert ask(model, max_tokens=5000)[0].text == "ok"
    assert [body["max_tokens"] for body in server.bodies] == [5000, 2500, 1250, 625, 312, 94]

    def full(server: FaultyServer, connection: socket.socket, number: int) -> None:
        body = b'{"error": "maximum context length is 1024 tokens, your prompt contains 1010 input tokens"}'
        connection.sendall(b"HTTP/1.1 400 X\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    model, server = serve(full)
    with pytest.raises(ModelError, match="maximum context length"):
        ask(model, max_tokens=400)
    assert server.asked == 1, "14 tokens are no answer"


def test_no_more_is_asked_for_than_fits_a_known_context(serve: Serve) -> None:
    def answer(server: FaultyServer, connection: socket.socket, number: int) -> None:
        connection.sendall(HEAD + event("ok", "stop") + b"data: [DONE]\n\n")

    for settings, most in (({"context": 512}, 450), ({}, 1200)):
        model, server = serve(answer, **settings)
        model.write("x" * 200, Sampling(1, 1200), Cancel())
        assert 256 <= server.bodies[0]["max_tokens"] <= most


def test_the_first_line_is_counted_by_tokens_also_in_large_events(serve: Serve) -> None:
    def answer(server: FaultyServer, connection: socket.socket, number: int) -> None:
        logprobs = {"tokens": ["\n", "a", ";\n", "b", ";"], "token_logprobs": [-1.0, -2.0, -4.0, -8.0, -16.0]}
        choice = {"index": 0, "text": "\na;\nb;", "finish_reason": "stop", "logprobs": logprobs}
        connection.sendall(
            HEAD + b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\ndata: [DONE]\n\n"
        )

    model, _ = serve(answer)
    (given,) = ask(model)
    assert given.line_logprob == -7.0 and given.tokens == 5
