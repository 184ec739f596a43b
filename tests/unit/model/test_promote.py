"""Adapters: kept, listed, loaded into a (scripted) vLLM, and used by new requests; their commands."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from checkpoints import write_adapter, write_checkpoint
from click.testing import CliRunner, Result

from rtlwright.server.cli import cli
from rtlwright.server.config import ModelConfig, VllmConfig
from rtlwright.server.errors import UserError
from rtlwright.server.model.launch import running
from rtlwright.server.model.launch.adapters import AdapterStore
from rtlwright.server.model.launch.flags import Command
from rtlwright.server.model.launch.supervisor import Patience, Phase
from rtlwright.server.model.protocol import ModelError, Sampling
from rtlwright.server.model.vllm import VllmModel
from rtlwright.server.types import Cancel

SCRIPT = str(Path(__file__).parent / "scripted_vllm.py")
QUICK = Patience(start=30, poll=0.03, watch=0.05, first_pause=0.05, longest_pause=0.2)


class ScriptedVllm(VllmModel):
    """Starts the script in place of vLLM."""

    def command(self, port: int) -> Command:
        super().command(port)
        return Command((sys.executable, "-S", SCRIPT, "", "--port", str(port)), {})


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATA", "STATE", "CACHE", "CONFIG"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))


@pytest.fixture
def model(tmp_path: Path) -> Iterator[VllmModel]:
    environment = tmp_path / "e/lib/python3.12/site-packages/vllm"
    environment.mkdir(parents=True)
    (tmp_path / "e/bin").mkdir()
    (tmp_path / "e/bin/python").touch(0o755)
    folder = write_checkpoint(tmp_path / "m")
    settings = VllmConfig(model=str(folder), python=tmp_path / "e/bin/python", lora_rank=16)
    made = ScriptedVllm(ModelConfig(), settings, patience=QUICK)
    yield made
    made.close()


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def answer(model: VllmModel) -> str:
    """The scripted vLLM answers with the name that it was asked for."""
    return model.fill("a", "b", Sampling(1, 16), Cancel())[0].text


def test_new_requests_use_the_adapter_also_after_a_restart(model: VllmModel, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="m: not started yet"):
        answer(model)
    assert run("models").exit_code == 1
    assert "no model server runs on this machine" in str(run("promote", "x").exception)
    model.wait_ready(30)
    assert answer(model) == "m" and model.status().ready
    adapter = write_adapter(tmp_path / "uart", weights=b"one")
    done = run("promote", adapter)
    assert done.exit_code == 0 and re.match(r"uart is loaded \(uart@\w{8}, rank 8\)", done.output)
    first = answer(model)
    assert first.startswith("uart@") and model.status().name == "m+uart"
    shutil.rmtree(adapter)  # what was promoted is ours
    assert model.server.pid
    os.killpg(model.server.pid, 9)
    while not (model.server.state.restarts and model.server.state.phase is Phase.READY):
        model.server.wait(1)
    assert answer(model) == first and not model.problems


def test_several_adapters_by_name(model: VllmModel, tmp_path: Path) -> None:
    model.wait_ready(30)
    for name, weights in (("uart", b"1"), ("fifo", b"2")):
        assert run("promote", write_adapter(tmp_path / name, weights=weights)).exit_code == 0
    assert answer(model).startswith("fifo@")
    listed = json.loads(run("models", "--json").output)["models"]
    assert [(line["name"], line["kind"], line["active"]) for line in listed] == [
        ("m", "model", False), ("uart", "adapter", False), ("fifo", "adapter", True)]  # fmt: skip
    assert run("promote", "--name", "uart").exit_code == 0 and answer(model).startswith("uart@")
    old = answer(model)
    write_adapter(tmp_path / "uart", weights=b"newer")
    assert run("promote", tmp_path / "uart").exit_code == 0
    assert answer(model) != old and answer(model).startswith("uart@")
    assert old not in json.dumps(model_names(model)), "what nobody asks for any more is taken out"
    assert run("promote", "--base").exit_code == 0 and answer(model) == "m"
    assert run("promote", "--remove", "fifo").exit_code == 0
    assert "* m " in run("models").output and "fifo" not in run("models").output


def model_names(model: VllmModel) -> list[str]:
    endpoint = model.server.endpoint
    listed = httpx2.get(f"{endpoint.api}/models", headers={"Authorization": f"Bearer {endpoint.key}"}).json()
    return [entry["id"] for entry in listed["data"]]


def test_what_is_no_adapter_is_said(model: VllmModel, tmp_path: Path) -> None:
    model.wait_ready(30)

    def said(*arguments: object) -> str:
        done = run("promote", *arguments)
        assert isinstance(done.exception, UserError), done.output
        return str(done.exception)

    assert "no such folder" in said(tmp_path / "nothing")
    assert "a PREFIX_TUNING adapter" in said(write_adapter(tmp_path / "p", peft_type="PREFIX_TUNING"))
    assert "rank 32, but the server takes 16" in said(write_adapter(tmp_path / "r", rank=32))
    assert "rank 24, but the server" in said(write_adapter(tmp_path / "s", rank_pattern={"q_proj": 24}))
    assert "is no name for an adapter" in said(write_adapter(tmp_path / "t"), "--name", "a b")
    assert "no adapter is called 'x'; promoted are: none" in said("--name", "x")
    assert "no adapter is called 'x'" in said("--remove", "x")
    assert "one thing to do" in said() and "one thing to do" in said("a", "--base")
    assert "that serves 'other'" in said("a", "--model", "other")
    assert answer(model) == "m"


def test_an_adapter_that_cannot_be_loaded_again_stops_nothing(model: VllmModel, tmp_path: Path) -> None:
    store = AdapterStore(running.state_folder(), "m")
    kept = store.keep(write_adapter(tmp_path / "uart"), None)
    store.promote(kept)
    shutil.rmtree(kept.path)
    model.wait_ready(30)
    assert model.problems and "adapter uart" in model.status().detail
    assert answer(model) == "m" and store.roster().active is None


def test_only_their_owner_reads_the_key(model: VllmModel) -> None:
    model.wait_ready(30)
    (file,) = running.state_folder().glob("server-*.json")
    assert file.stat().st_mode & 0o077 == 0
    model.close()
    assert not running.running_servers() and not file.exists()


def _promote_many(folder: Path, source: Path, names: list[str]) -> None:
    store = AdapterStore(folder, "m")
    for name in names:
        store.promote(store.keep(source, name))


def test_several_processes_may_promote_at_once(tmp_path: Path) -> None:
    source, folder = write_adapter(tmp_path / "a"), tmp_path / "state"
    context = multiprocessing.get_context("fork")
    parts = [[f"{letter}{i}" for i in range(8)] for letter in "xyz"]
    children = [context.Process(target=_promote_many, args=(folder, source, part)) for part in parts]
    for child in children:
        child.start()
    for child in children:
        child.join(30)
    names = {adapter.name for adapter in AdapterStore(folder, "m").roster().adapters}
    assert names == {name for part in parts for name in part}


def test_a_start_deletes_what_is_listed_no_more(model: VllmModel, tmp_path: Path) -> None:
    model.wait_ready(30)
    for weights in (b"1", b"2"):
        run("promote", write_adapter(tmp_path / "uart", weights=weights))
    run("promote", write_adapter(tmp_path / "fifo", weights=b"3"))
    run("promote", "--remove", "fifo")
    copies = running.state_folder() / "adapters"
    for copy in copies.iterdir():
        os.utime(copy, (0, 0))
    run("promote", write_adapter(tmp_path / "new", weights=b"4"))
    (damaged := running.state_folder() / "other.adapters.json").write_text("{")
    AdapterStore(running.state_folder(), "other").tidy()
    assert len(list(copies.iterdir())) == 4, "what a damaged roster lists is not known"
    damaged.unlink()
    AdapterStore(running.state_folder(), "other").tidy()
    kept = {copy.name.partition("-")[0] for copy in copies.iterdir()}
    assert kept == {"uart", "new"} and len(list(copies.iterdir())) == 2
    assert model.server.pid
    os.killpg(model.server.pid, 9)
    while not (model.server.state.restarts and model.server.state.phase is Phase.READY):
        model.server.wait(1)
    assert not model.problems and answer(model).startswith("new@")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"adapters": 3}', '{"adapters": [{"name": "x"}]}'])
def test_a_damaged_roster_is_an_empty_one(tmp_path: Path, text: str) -> None:
    (tmp_path / "m.adapters.json").write_text(text)
    assert AdapterStore(tmp_path, "m").roster().adapters == ()
