"""The shipped model in the real engine."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rtlwright.server.config import ModelConfig
from rtlwright.server.model.embedded import EmbeddedModel, shipped_model
from rtlwright.server.model.gguf_meta import GgufError, read_metadata
from rtlwright.server.model.prompt_window import window
from rtlwright.server.model.protocol import Generation, ModelError, Sampling
from rtlwright.server.types import Cancel, Cancelled

SPEC = "A 4-bit up counter named tally with ports clk, rst (synchronous, active high) and q[3:0]."
PREFIX = "module tally (\n  input logic clk,\n  input logic rst,\n  output logic [3:0] q\n);\n"


@pytest.fixture(scope="module")
def model() -> Iterator[EmbeddedModel]:
    model = EmbeddedModel(ModelConfig())
    yield model
    model.close()


def test_the_shipped_file_says_what_it_is() -> None:
    metadata = read_metadata(shipped_model())
    assert metadata["general.architecture"] == "llama"
    assert metadata["general.license"] == "apache-2.0"
    assert "rtlwright.lexicon" in metadata
    assert shipped_model().stat().st_size <= 30 * 2**20


def test_it_writes_modules(model: EmbeddedModel) -> None:
    seen: list[Generation] = []
    answers = model.write(SPEC, Sampling(n=2, max_tokens=400), Cancel(), seen.append)
    assert len(answers) == 2 and answers == seen
    assert "module tally" in answers[0].text and "endmodule" in answers[0].text
    assert "<|" not in answers[0].text
    assert answers[0].logprob <= 0 and answers[0].finished == "stop"


def test_it_goes_on_with_what_is_begun_as_it_would_have_itself(model: EmbeddedModel) -> None:
    whole = model.write(SPEC, Sampling(max_tokens=400), Cancel())[0].text
    lines = whole.splitlines(keepends=True)
    for cut in range(1, len(lines), 3):
        begun = "".join(lines[:cut])
        rest = model.go_on(SPEC, begun, Sampling(max_tokens=400), Cancel())[0].text
        assert begun + rest == whole


def test_it_fills_in_the_middle(model: EmbeddedModel) -> None:
    answer = model.fill(PREFIX, "endmodule\n", Sampling(max_tokens=120), Cancel())[0]
    assert "always" in answer.text or "assign" in answer.text


def test_the_same_request_has_the_same_answer(model: EmbeddedModel) -> None:
    sampling = Sampling(n=3, max_tokens=40, seed=7)
    once = [a.text for a in model.fill(PREFIX, "", sampling, Cancel())]
    assert [a.text for a in model.fill(PREFIX, "", sampling, Cancel())] == once


def test_a_single_line_ends_with_it(model: EmbeddedModel) -> None:
    answer = model.fill(PREFIX + "  always_ff @(posedge ", "\n", Sampling(single_line=True), Cancel())[0]
    assert "\n" not in answer.text


def test_cancel_stops_within_a_token_and_the_next_request_works(model: EmbeddedModel) -> None:
    model.fill(PREFIX, "", Sampling(max_tokens=8), Cancel())
    pid = model._worker.pid
    cancel = Cancel()
    threading.Timer(0.05, cancel.cancel).start()
    begun = time.monotonic()
    with pytest.raises(Cancelled):
        model.write(SPEC, Sampling(n=64, max_tokens=800, temperature=2.0), cancel)
    assert time.monotonic() - begun < 5
    assert model.fill(PREFIX, "", Sampling(max_tokens=8), Cancel())
    assert model._worker.pid == pid


def test_a_killed_engine_comes_back(model: EmbeddedModel) -> None:
    model.fill(PREFIX, "", Sampling(max_tokens=8), Cancel())
    pid = model._worker.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert model.fill(PREFIX, "", Sampling(max_tokens=8), Cancel())


def test_an_engine_that_died_just_before_the_call_is_loaded_anew(
    model: EmbeddedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = model._load()
    model._worker.restart()
    once = iter([loaded])  # what was looked at a moment too early
    real = model._load
    monkeypatch.setattr(model, "_load", lambda: next(once, None) or real())
    assert model.fill(PREFIX, "", Sampling(max_tokens=8), Cancel())


@pytest.mark.parametrize(
    "text",
    ["", "\n", "<|s3|><|endoftext|>", "ä\u2028\ud7ff𝄞", "module " * 20_000, "x" * 100_000, "\t\r\n" * 50],
)
def test_any_text_may_be_asked_about(model: EmbeddedModel, text: str) -> None:
    assert len(model.fill(text, text, Sampling(max_tokens=4), Cancel())) == 1


def test_a_specification_too_long_is_told(model: EmbeddedModel) -> None:
    with pytest.raises(ModelError, match="this model reads"):
        model.write("a counter " * 1000, Sampling(), Cancel())


def test_memory_stays_small(model: EmbeddedModel) -> None:
    model.fill(PREFIX, "", Sampling(max_tokens=8), Cancel())
    memory = model.status().memory_mb
    assert memory is not None and memory < 400


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read"),
        (b"", "not a GGUF file"),
        (b"module a;", "not a GGUF file"),
        (b"GGUF\x03\0\0\0", "damaged"),
        (b"GGUF\x63\0\0\0" + bytes(16), "version 99"),
        (b"GGUF\x03\0\0\0" + bytes(8) + b"\x01" + bytes(7) + b"\xff" * 8, "damaged"),
    ],
)
def test_files_that_are_no_model(tmp_path: Path, content: bytes | None, words: str) -> None:
    file = tmp_path / "model.gguf"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(GgufError, match=words):
        read_metadata(file)
    broken = EmbeddedModel(ModelConfig(path=file))
    with pytest.raises(ModelError, match=words):
        broken.fill("", "", Sampling(), Cancel())
    assert not broken.status().ready


def test_a_file_that_only_looks_like_a_model(tmp_path: Path) -> None:
    """Its metadata can be read, its tensors are cut off: the engine itself has to refuse it."""
    whole = shipped_model().read_bytes()
    file = tmp_path / "half.gguf"
    file.write_bytes(whole[: len(whole) // 2])
    broken = EmbeddedModel(ModelConfig(path=file))
    with pytest.raises(ModelError, match="cannot load"):
        broken.fill("", "", Sampling(), Cancel())
    broken.close()


def test_window_keeps_what_is_near_the_cursor() -> None:
    prefix, suffix = window("a\n" * 50 + "near", "close\n" + "b\n" * 50, 40)
    assert prefix.endswith("near") and suffix.startswith("close\n")
    assert len(prefix) + len(suffix) <= 40
    assert window("ab", "cd", 40) == ("ab", "cd")


def test_window_stays_put_while_one_types() -> None:
    """Else every key would have the whole prompt worked out anew."""
    text = "".join(f"  assign line_{n} = {n};\n" for n in range(200))
    seen = [window(text[:at], text[at:], 1000) for at in range(2000, 2400)]
    starts = {prefix[:20] for prefix, _ in seen}
    assert len(starts) <= 3
    assert all(500 <= len(prefix) + len(suffix) <= 1000 for prefix, suffix in seen)


def test_a_prompt_that_was_read_ahead_is_worked_out_once(model: EmbeddedModel) -> None:
    before = PREFIX + "".join(f"  logic [7:0] signal_{n};\n" for n in range(40))
    cold = _seconds(lambda: model.fill(before + "  assign q", "\n", Sampling(single_line=True), Cancel()))
    model.fill(PREFIX, "", Sampling(max_tokens=4), Cancel())
    model.read_ahead(before, "\n", Sampling().max_tokens, Cancel())
    ready = _seconds(lambda: model.fill(before + "  assign q", "\n", Sampling(single_line=True), Cancel()))
    assert ready < cold


def _seconds(call: Callable[[], object]) -> float:
    begun = time.monotonic()
    call()
    return time.monotonic() - begun
