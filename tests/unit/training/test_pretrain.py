"""Pretraining is repeatable, can be broken off anywhere, and its file means the same to llama.cpp."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner

from rtlwright.server.errors import UserError
from rtlwright.training import pretrain as module
from rtlwright.training.cli import quantize, train
from rtlwright.training.config import PretrainConfig
from rtlwright.training.llama import weighted_loss
from rtlwright.training.optim import rate_factor
from rtlwright.training.pretrain import pretrain
from rtlwright.training.report import Reporter

STEPS = 8


@pytest.fixture
def losses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Every training loss, in order."""
    seen: list[float] = []
    step = module.train_step

    def recorded(*args: Any) -> tuple[float, float]:
        result = step(*args)
        seen.append(result[0])
        return result

    monkeypatch.setattr(module, "train_step", recorded)
    return seen


def _config(tiny: dict[str, Any], **changes: Any) -> PretrainConfig:
    return PretrainConfig.model_validate({**tiny, "steps": STEPS, **changes})


def test_a_signal_saves_and_resuming_changes_no_loss(
    data: Path, tiny: dict[str, Any], tmp_path: Path, losses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = _config(tiny)
    pretrain(data, tmp_path / "whole", config, False, Reporter(quiet=True))
    whole = losses.copy()
    losses.clear()

    class Interrupting(Reporter):
        def step(self, progress: Any, done: float, loss: float, factor: float) -> None:
            if progress.step == 3:
                os.kill(os.getpid(), signal.SIGTERM)

    first = pretrain(data, tmp_path / "broken", config, False, Interrupting(quiet=True))
    assert (first.finished, first.steps) == (False, 3)
    second = pretrain(data, tmp_path / "broken", config, True, Reporter(quiet=True))
    assert (second.finished, second.steps) == (True, STEPS)
    assert losses == whole


def test_a_run_is_not_overwritten(data: Path, tiny: dict[str, Any], trained: Path) -> None:
    with pytest.raises(UserError, match="--resume"):
        pretrain(data, trained, _config(tiny), False, Reporter(quiet=True))


def test_weighted_loss_has_the_documented_numbers() -> None:
    logits = torch.log_softmax(torch.zeros(1, 3, 4), -1)
    for position, (token, loss) in enumerate([(2, 2.0), (3, 1.0)]):
        probability = torch.full((4,), (1 - torch.exp(torch.tensor(-loss)).item()) / 3)
        probability[token] = torch.exp(torch.tensor(-loss))
        logits[0, position] = probability.log()
    weights = torch.tensor([[9.0, 0.1, 1.0]])
    value = weighted_loss(logits, torch.tensor([[0, 2, 3]]), weights)
    assert value.item() == pytest.approx(1.2 / 1.1, abs=1e-5)
    assert weights.tolist() == [[9.0, pytest.approx(0.1), 1.0]]


def test_rate_follows_the_documented_schedule() -> None:
    config = PretrainConfig(steps=100)
    assert rate_factor(14, 0.1, config) == pytest.approx(15 / 31)
    assert rate_factor(500, 0.5, config) == 1.0
    assert rate_factor(750, 0.75, config) == 0.5
    assert rate_factor(1000, 1.0, config) == 0.0


def test_llama_cpp_agrees_with_the_checkpoint(trained: Path, tmp_path: Path) -> None:
    out = tmp_path / "tiny.gguf"
    result = CliRunner().invoke(quantize, [str(trained), "--to", "gguf", "--out", str(out), "--json"])
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert report["agreement"]["tokenization"] is True
    assert report["agreement"]["cosine_mean"] > 0.999
    assert report["size"] == out.stat().st_size


def test_bad_input_is_one_line_and_status_2(data: Path, tmp_path: Path, trained: Path) -> None:
    (tmp_path / "rows").mkdir()
    (tmp_path / "rows" / "a.jsonl").write_text('{"id": "1"}\n', "utf-8")
    (tmp_path / "odd.json").write_text('{"bach": 3}', "utf-8")
    new = str(tmp_path / "new")
    begin = ["pretrain", "--steps", "1", "--out", new, "--data"]
    cases = [
        (train, [*begin, str(tmp_path / "none")], "rtlwright synth"),
        (train, [*begin, str(tmp_path / "rows")], "a.jsonl:1"),
        (train, ["pretrain", "--data", str(data), "--out", new], "--minutes"),
        (train, [*begin, str(data), "--config", str(tmp_path / "odd.json")], "bach"),
        (train, ["pretrain", "--data", str(data), "--out", str(trained), "--steps", "1"], "--resume"),
        (train, ["pretrain", "--data", str(data), "--out", new + "2", "--resume"], "no run here"),
        (quantize, [str(tmp_path / "none"), "--to", "gguf", "--out", new], "the --out folder of a run"),
    ]
    for command, arguments, expected in cases:
        result = CliRunner().invoke(command, arguments)
        assert result.exit_code == 2, (arguments, result.output)
        line = result.stderr.strip()
        assert expected in line and "\n" not in line and "Traceback" not in line
