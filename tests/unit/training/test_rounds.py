"""Fine-tuning, rejection sampling, and several processes for one model."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner

from rtlwright.server.model.slots import SlotCoder
from rtlwright.training import reject as module
from rtlwright.training.cli import train
from rtlwright.training.config import SFT_RATE, PretrainConfig, fine_tuning
from rtlwright.training.corpus import DocumentMaker
from rtlwright.training.llama_cpp import Answer
from rtlwright.training.rows import read_rows
from rtlwright.training.run import RunFolder

ADDER = "module {name} (input [3:0] a, input [3:0] b, output [3:0] y);\n  assign y = a {op} b;\nendmodule\n"
BENCH = """module tb;
  reg [3:0] a = 3, b = 4; wire [3:0] y; integer bad = 0;
  {name} dut(.a(a), .b(b), .y(y));
  initial begin #1 if (y !== 7) bad = 1; $display("Mismatches: %0d in 1 samples", bad); $finish; end
endmodule
"""


def test_fine_tuning_learns_from_answers_alone(trained: Path, data: Path) -> None:
    config = fine_tuning(PretrainConfig.model_validate({"steps": 3}))
    assert (config.corpus.fim_rate, config.corpus.spec_weight, config.decay_from) == (0.0, 0.0, 0.0)
    assert config.muon_lr == SFT_RATE * PretrainConfig().muon_lr
    run = RunFolder(trained)
    maker = DocumentMaker(run.tokenizer(), run.lexicon(), config.corpus)
    row = next(iter(read_rows(data)))
    tokens = maker.spec(row, SlotCoder(run.lexicon()))
    assert tokens is not None
    answer = tokens.weights.index(1.0)
    assert set(tokens.weights[:answer]) == {0.0} and set(tokens.weights[answer:]) == {1.0}
    said = SlotCoder(run.lexicon())
    said.encode_prompt(row.spec)
    assert (
        said.decode(run.tokenizer().decode(tokens.ids[answer:-1], skip_special_tokens=False))
        == row.module.strip() + "\n"
    )


def test_sft_goes_on_from_a_run(trained: Path, data: Path, tmp_path: Path) -> None:
    arguments = ["sft", "--from", str(trained), "--data", str(data), "--out", str(tmp_path / "sft")]
    done = CliRunner().invoke(train, [*arguments, "--steps", "2", "--quiet", "--json"])
    assert done.exit_code == 0, done.output
    before, after = RunFolder(trained), RunFolder(tmp_path / "sft")
    assert after.lexicon() == before.lexicon() and json.loads(done.stdout)["steps"] == 2
    assert after.config().corpus.fim_rate == 0.0
    old, new = (run.load()["model"]["model.embed_tokens.weight"] for run in (before, after))
    assert 0 < (old - new).abs().max() < 0.1  # the same weights, a little moved
    missing = CliRunner().invoke(train, [*arguments[:2], str(tmp_path), *arguments[3:], "--steps", "1"])
    assert missing.exit_code == 2 and "checkpoint.pt" in missing.stderr


class _Answering:
    """Stands in for llama.cpp: a right, a wrong, a right one in other words, and one without an end."""

    context = 256

    def __init__(self, *_: object, **__: object) -> None:
        self.asked: list[str] = []

    def __enter__(self) -> _Answering:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def complete(self, prompt: str, tokens: int, temperature: float, seed: int) -> Answer:
        self.asked.append(prompt)
        text = ADDER.format(name="add_it", op="+-+"[seed % 3])
        text = text.replace("a + b", "b + a") if seed == 2 else text
        return Answer(text, 10, seed < 3, 1.0, 0.1)


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    """Three rows: one to ask, one held out, one without a testbench."""
    folder = tmp_path / "rows"
    folder.mkdir()
    row = {
        "family": "adder", "name": "add_it", "spec": "Design add_it.", "header": "",
        "module": ADDER.format(name="add_it", op="+"), "testbench": BENCH.format(name="add_it"),
    }  # fmt: skip
    rows = [{**row, "id": "ask-1"}, {**row, "id": "b", "held_out": True}, {**row, "id": "c", "testbench": ""}]
    (folder / "shard-00000.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows))
    return folder


def test_only_what_passes_is_kept(
    trained: Path, questions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LlamaCpp", _Answering)
    arguments = [
        "reject",
        str(trained),
        "--data",
        str(questions),
        "--out",
        str(tmp_path / "passed"),
        "--json",
    ]
    done = CliRunner().invoke(train, arguments)
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == {"asked": 1, "solved": 1, "answers": 3, "passed": 2, "rows": 2}
    rows = list(read_rows(tmp_path / "passed"))
    assert [row.id for row in rows] == ["ask-1-r0", "ask-1-r1"]
    assert "a + b" in rows[0].module and "b + a" in rows[1].module
    again = CliRunner().invoke(train, arguments)  # finished shards are read, not made anew
    assert json.loads(again.stdout) == json.loads(done.stdout)


def test_rejection_asks_the_real_model(trained: Path, questions: Path, tmp_path: Path) -> None:
    """A model of eight steps solves nothing; with --references the reference remains."""
    arguments = ["reject", str(trained), "--data", str(questions), "--samples", "1", "--references", "--json"]
    done = CliRunner().invoke(train, [*arguments, "--out", str(tmp_path / "passed")])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert (found["asked"], found["solved"], found["rows"]) == (1, 0, 1)
    empty = CliRunner().invoke(train, [*arguments, "--skip", "9", "--out", str(tmp_path / "none")])
    assert empty.exit_code == 2 and "no training row" in empty.stderr


_TEAM = """
import os, sys
from rtlwright.training import pretrain  # once for both: it takes longer than the training
from rtlwright.training.cli import train
for rank in "01":  # what torchrun does with two processes
    if os.fork() == 0:
        os.environ.update(RANK=rank, LOCAL_RANK=rank, WORLD_SIZE="2", MASTER_ADDR="127.0.0.1")
        with open(f"{sys.argv[1]}.{rank}", "w") as sys.stdout:
            status = train.main(sys.argv[2:], standalone_mode=False)
            sys.stdout.flush()
            os._exit(status or 0)
sys.exit(max(os.waitstatus_to_exitcode(os.wait()[1]) for _ in range(2)))
"""


def test_two_processes_learn_what_one_does(data: Path, tiny: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({**tiny, "steps": 3}))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [
        "pretrain",
        "--data",
        str(data),
        "--json",
        "--quiet",
        "--config",
        str(tmp_path / "config.json"),
    ]
    told = tmp_path / "told"
    started = subprocess.Popen(
        [sys.executable, "-c", _TEAM, str(told), *command, "--out", str(tmp_path / "two")],
        env={**os.environ, "MASTER_PORT": port, "OMP_NUM_THREADS": "1"},
    )
    alone = CliRunner().invoke(train, [*command, "--out", str(tmp_path / "one")])
    assert started.wait(timeout=240) == 0
    one, two = json.loads(alone.stdout), json.loads(Path(f"{told}.0").read_text())
    assert Path(f"{told}.1").read_text() == ""
    assert one["loss"] == pytest.approx(two["loss"], abs=2e-3) and one["tokens"] == two["tokens"]
    weights = [RunFolder(tmp_path / name).load()["model"] for name in ("one", "two")]
    same = [torch.allclose(weights[0][key], weights[1][key], atol=2e-2) for key in weights[0]]
    assert all(same)


def test_a_batch_has_to_be_shared_evenly(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "3")
    arguments = ["pretrain", "--data", str(data), "--out", str(tmp_path / "run"), "--steps", "1"]
    done = CliRunner().invoke(train, arguments)
    assert done.exit_code == 2 and "multiple of 3" in done.stderr
