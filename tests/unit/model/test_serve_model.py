"""`rtlwright serve --model` as a command, with a scripted vLLM in place of the real one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from checkpoints import write_checkpoint
from click.testing import CliRunner

from rtlwright.server.cli import cli
from rtlwright.server.commands.serve import _for_many
from rtlwright.server.config import Config
from rtlwright.server.model.protocol import AT_ONCE

RTLWRIGHT = str(Path(sys.executable).with_name("rtlwright"))
SCRIPT = Path(__file__).parent / "scripted_vllm.py"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """vLLM's Python is a script that runs ours in the mode of $MODE."""
    python = tmp_path / "e/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -S {SCRIPT} "$MODE" "$@"\n')
    python.chmod(0o755)
    (tmp_path / "e/lib/python3.12/site-packages/vllm").mkdir(parents=True)
    homes = {
        f"XDG_{name}_HOME": str(tmp_path / name.lower()) for name in ("DATA", "STATE", "CACHE", "CONFIG")
    }
    own = {"RTLWRIGHT_VLLM_PYTHON": str(python), "MODE": ""}
    return {**os.environ, **homes, **own}


def serve(tmp_path: Path, environ: dict[str, str], *options: str) -> subprocess.Popen[str]:
    model = write_checkpoint(tmp_path / "my-coder")
    return subprocess.Popen(
        [RTLWRIGHT, "serve", "--model", str(model), "--port", "0", *options],
        env=environ, cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_what_vllm_refuses_ends_the_server_in_one_line(tmp_path: Path, environ: dict[str, str]) -> None:
    process = serve(tmp_path, environ | {"MODE": "context"})
    _, said = process.communicate(timeout=60)
    assert process.returncode == 2, said
    assert re.match(
        r"rtlwright: vllm\.context is 4096, but the model knows only 1024 .*log", said.splitlines()[-1]
    )
    assert "Traceback" not in said


def test_it_says_what_becomes_of_vllm_and_takes_it_along(tmp_path: Path, environ: dict[str, str]) -> None:
    process = serve(tmp_path, environ)
    assert process.stderr is not None
    said = ""
    while "vLLM serves my-coder after" not in said:
        line = process.stderr.readline()
        assert line, said
        said += line
    log = Path(re.search(r"log: (\S+)\)", said)[1])  # type: ignore[index]
    engine = int(re.findall(r"engine (\d+)", log.read_text())[-1])
    process.kill()
    process.wait()
    end = time.monotonic() + 10
    while Path(f"/proc/{engine}").exists() and time.monotonic() < end:
        time.sleep(0.02)
    assert not Path(f"/proc/{engine}").exists(), "it ends with a server that was killed"


def test_the_command_is_printed_and_wrong_models_are_named(tmp_path: Path, environ: dict[str, str]) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [RTLWRIGHT, "serve", *arguments],
            env=environ,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
        )

    missing = run("--model", "none.gguf")
    assert missing.returncode == 2 and "none.gguf: no such file" in missing.stderr
    (tmp_path / "text.gguf").write_text("# GGUF")
    other = run("--model", "text.gguf")
    assert other.returncode == 2 and "text.gguf: no GGUF file" in other.stderr
    model = write_checkpoint(tmp_path / "my-coder")
    printed = run("--model", str(model), "--print-command")
    assert printed.returncode == 0 and "--served-model-name my-coder" in printed.stdout
    wrong = run("--model", str(tmp_path / "nothing"))
    assert wrong.returncode == 2 and "nothing: no such folder" in wrong.stderr
    environ |= {"RTLWRIGHT_VLLM_PYTHON": str(tmp_path / "none")}
    assert "no such program" in run("--model", str(model)).stderr


def test_a_team_asks_a_server_for_much_at_once_unless_told_otherwise() -> None:
    config = Config.load(None, {"model": {"engine": "openai", "url": "http://gpu:8000/v1"}}, {})
    assert config.model.concurrency == 4 and _for_many(config).model.concurrency == AT_ONCE
    few = Config.load(None, {"model": {"engine": "openai", "url": "http://a/v1", "concurrency": 4}}, {})
    assert _for_many(few) == few
    own = Config.load(None, {"model": {"engine": "embedded"}}, {})
    assert _for_many(own) == own


def test_a_stop_before_it_listens_is_an_end_like_any(monkeypatch: pytest.MonkeyPatch) -> None:
    def told(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("rtlwright.server.app.listen.serve", told)
    assert CliRunner().invoke(cli, ["serve", "--engine", "embedded"]).exit_code == 0
