"""Quantizing for vLLM: what is calibrated with and refused; the quantizer runs in `make vllm-e2e`."""

from __future__ import annotations

import json
import stat
import tempfile
from pathlib import Path

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from rtlwright.server.errors import MissingError, UserError
from rtlwright.server.model.launch.checkpoint import read_checkpoint
from rtlwright.server.model.slots import END_OF_TEXT
from rtlwright.training import gptq
from rtlwright.training.config import ModelShape
from rtlwright.training.gguf_export import export_gguf
from rtlwright.training.gptq import GptqSettings, calibration_texts, quantize_gptq
from rtlwright.training.llama import build_model
from rtlwright.training.rows import read_rows
from rtlwright.training.run import RunFolder

SMALL = GptqSettings(group_size=32, rows=8)


def test_a_run_is_a_checkpoint_that_others_can_load(trained: Path) -> None:
    """With the tokenizer that it was trained with, not the one that usually goes with a llama."""
    checkpoint = read_checkpoint(str(trained))
    assert checkpoint.architecture == "LlamaForCausalLM" and checkpoint.lexicon
    text = "<|spec|>Write mux2<|s0|>: 12 bits.\n  <|module|>module <|s0|>(input a);\nendmodule\n"
    tokenizer = AutoTokenizer.from_pretrained(checkpoint.source)
    ids = RunFolder(trained).tokenizer().encode(text, add_special_tokens=False).ids
    assert tokenizer(text).input_ids == ids and tokenizer.decode(ids) == text
    assert tokenizer.eos_token == END_OF_TEXT


def test_qwen2_has_biases_and_learns_the_same(tmp_path: Path) -> None:
    shape = ModelShape(
        architecture="qwen2", layers=1, hidden=64, heads=2, kv_heads=2, feed_forward=96, context=64
    )
    model = build_model(shape, 448, torch.device("cpu"))
    assert "model.layers.0.self_attn.q_proj.bias" in model.state_dict()
    ids = torch.arange(16)[None]
    positions = torch.cat([torch.arange(8), torch.arange(8)])[None]
    one = model(input_ids=ids, position_ids=positions).logits
    alone = model(input_ids=ids[:, 8:], position_ids=positions[:, 8:]).logits
    assert torch.allclose(one[:, 8:], alone, atol=1e-5), "packed documents do not see each other"
    model.save_pretrained(tmp_path)
    assert AutoConfig.from_pretrained(tmp_path).model_type == "qwen2"
    again = AutoModelForCausalLM.from_pretrained(tmp_path)
    assert torch.allclose(again(input_ids=ids[:, :8]).logits, one[:, :8], atol=1e-5)


def test_only_llama_becomes_a_gguf_file(trained: Path, tmp_path: Path) -> None:
    config = json.loads((trained / "config.json").read_text())
    config["model"]["architecture"] = "qwen2"
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(UserError, match="only llama models become GGUF files; this is qwen2"):
        export_gguf(RunFolder(tmp_path), tmp_path / "x.gguf")


def test_rows_are_calibrated_with_as_the_model_sees_them(trained: Path, data: Path) -> None:
    rows = list(read_rows(data, 8))
    texts = calibration_texts(read_checkpoint(str(trained)), rows)
    assert texts[0].startswith("<|spec|>") and "<|module|>" in texts[0] and texts[0].endswith(END_OF_TEXT)
    assert texts[1].startswith("<|fim_prefix|><|fim_suffix|>") and "<|s0|>" in texts[1]
    foreign = calibration_texts(read_checkpoint(str(trained)), rows, "qwen2-coder")
    assert foreign[0].startswith("<|im_start|>") and rows[0].module in foreign[0]
    assert foreign[1].startswith("<|fim_prefix|>") and "<|fim_middle|>" in foreign[1]


def test_what_cannot_be_quantized_is_refused(
    trained: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(match: str, settings: GptqSettings = SMALL, source: Path = trained, out: str = "out") -> None:
        with pytest.raises(UserError, match=match):
            quantize_gptq(source, data, tmp_path / out, settings, None, print)

    monkeypatch.setenv("RTLWRIGHT_VLLM", str(tmp_path / "none"))
    refused("--group-size 128 does not divide the model's hidden_size, 64", GptqSettings(rows=8))
    with pytest.raises(MissingError, match="GPTQ needs gptqmodel.*: make vllm-cpu$"):
        quantize_gptq(trained, data, tmp_path / "out", SMALL, None, print)
    (tmp_path / "there").mkdir()
    refused("is there already", out="there")
    refused("no such folder", source=tmp_path / "nothing")


def test_a_quantizer_that_fails_is_one_line(
    trained: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "e/bin/python"
    python.parent.mkdir(parents=True)
    litter = "mkdir logs; touch logs/x.log; mktemp -d\n"
    python.write_text(f"#!/bin/sh\n{litter}echo Traceback\necho 'RuntimeError: no room'\necho bye\nexit 1\n")
    python.chmod(python.stat().st_mode | stat.S_IXUSR)
    (tmp_path / "e/lib/python3.12/site-packages/gptqmodel").mkdir(parents=True)
    monkeypatch.setenv("RTLWRIGHT_VLLM", str(tmp_path / "e"))
    (tmp_path / "tmp").mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(UserError, match=r"the quantizer failed \(status 1\): RuntimeError: no room"):
        quantize_gptq(trained, data, tmp_path / "out", SMALL, None, print)
    assert not [*(tmp_path / "tmp").iterdir(), *(tmp_path / "here").iterdir()], "it left something behind"
    assert not (tmp_path / "out").exists()
    assert gptq._python() == python
