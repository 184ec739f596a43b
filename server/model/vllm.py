"""A model with the vLLM that serves it: what `rtlwright serve --model` puts behind the team server."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

from rtlwright.server import paths
from rtlwright.server.config import ModelConfig, VllmConfig
from rtlwright.server.errors import UserError
from rtlwright.server.model.dialect import Dialect, ProfileDialect, SlotDialect
from rtlwright.server.model.launch import running
from rtlwright.server.model.launch.adapters import AdapterStore
from rtlwright.server.model.launch.checkpoint import Checkpoint, read_checkpoint, read_json_list
from rtlwright.server.model.launch.control import restore
from rtlwright.server.model.launch.environment import find_environment
from rtlwright.server.model.launch.flags import Command, build_command
from rtlwright.server.model.launch.hardware import Hardware, this_machine
from rtlwright.server.model.launch.supervisor import LOG, Endpoint, ModelServer, Patience, Phase, ServerState
from rtlwright.server.model.openai import OpenAIModel
from rtlwright.server.model.profiles import profile_named, recognize
from rtlwright.server.model.protocol import AT_ONCE, WINDOW, Generation, ModelError, ModelStatus, Sampling
from rtlwright.server.types import Cancel


class VllmModel:
    """`Model` over a supervised vLLM. While it starts, requests are told so: other sources still answer."""

    def __init__(
        self, model: ModelConfig, vllm: VllmConfig,
        hardware: Hardware | None = None, patience: Patience | None = None,
    ):  # fmt: skip
        """Looks at files and the machine; starts nothing before `warm`.

        Raises:
            UserError: `vllm.model` is no model, a setting does not fit, the port is taken.
            MissingError: vLLM is not installed.
        """
        if not vllm.model:
            raise UserError(
                "model.engine is 'vllm' but vllm.model names no model; serve one: rtlwright serve --model M"
            )
        self._model, self._vllm = model, vllm
        self.checkpoint = read_checkpoint(vllm.model)
        self.name = vllm.name or self.checkpoint.name
        self._hardware = hardware or this_machine()
        self._environment = find_environment(vllm.python, len(self._hardware.gpus))
        self.command(0)  # a setting that does not fit is told now
        self._adapters = AdapterStore(running.state_folder(), self.name)
        self._dialect = dialect_for(self.checkpoint, model)
        self._lock = threading.Lock()
        self._inner: OpenAIModel | None = None
        self._inner_endpoint: Endpoint | None = None
        self.problems: tuple[str, ...] = ()
        """Promoted adapters that could not be loaded at the last start, a line each."""
        self.server = ModelServer(
            self.command, self.name, vllm.log or default_log(self.name), vllm.port,
            patience or Patience(start=vllm.start_timeout_s), self._ready,
        )  # fmt: skip

    def command(self, port: int) -> Command:
        """What is run to listen at `port`."""
        return build_command(self.checkpoint, self._environment, self._hardware, self._vllm, port)

    def warm(self) -> None:
        self.server.start()

    def wait_ready(self, timeout_s: float | None = None) -> ServerState:
        """Start it, and wait.

        Raises:
            UserError: it cannot be started; one line says why.
        """
        self.server.start()
        state = self.server.wait(timeout_s)
        if state.phase is Phase.FAILED:
            raise UserError(f"{self.name}: {state.detail}")
        return state

    def fill(
        self, prefix: str, suffix: str, sampling: Sampling, cancel: Cancel,
        on_answer: Callable[[Generation], None] | None = None,
    ) -> list[Generation]:  # fmt: skip
        """See `Model.fill`."""
        return self._ready_model().fill(prefix, suffix, sampling, cancel, on_answer)

    def write(
        self, spec: str, sampling: Sampling, cancel: Cancel,
        on_answer: Callable[[Generation], None] | None = None,
    ) -> list[Generation]:  # fmt: skip
        """See `Model.write`."""
        return self._ready_model().write(spec, sampling, cancel, on_answer)

    def status(self) -> ModelStatus:
        state = self.server.state
        active = self._adapters.roster().find(self._adapters.roster().active)
        name = f"{self.name}+{active.name}" if active else self.name
        detail = f"{state.detail}; {state.restarts} restart(s)" if state.restarts else state.detail
        return ModelStatus(name, state.phase is Phase.READY, "; ".join((detail, *self.problems)))

    def close(self) -> None:
        """End vLLM. Idempotent."""
        self.server.close()
        running.withdraw(os.getpid())
        with self._lock:
            inner, self._inner = self._inner, None
        if inner is not None:
            inner.close()

    # The parts

    def _ready_model(self) -> OpenAIModel:
        """Raises `ModelError` while vLLM cannot be asked."""
        state = self.server.state
        if state.phase is not Phase.READY:
            raise ModelError(f"{self.name}: {state.detail}")
        endpoint = self.server.endpoint
        with self._lock:
            if self._inner is None or self._inner_endpoint != endpoint:
                self._inner, self._inner_endpoint = self._client(endpoint), endpoint
            return self._inner

    def _client(self, endpoint: Endpoint) -> OpenAIModel:
        given = self._model.model_fields_set
        update: dict[str, object] = {
            "engine": "openai",
            "url": endpoint.api,
            "name": self.name,
        }
        context = self._vllm.context or self.checkpoint.context
        if "context" not in given and context:
            update["context"] = min(context, WINDOW)
        if "concurrency" not in given:
            update["concurrency"] = AT_ONCE
        config = self._model.model_copy(update=update)
        return OpenAIModel(config, {config.key_env: endpoint.key}, self._dialect, self._active)

    def _active(self) -> str | None:
        roster = self._adapters.roster()
        adapter = roster.find(roster.active)
        return adapter.served_name if adapter else None

    def _ready(self, endpoint: Endpoint) -> None:
        """Before anybody is told that it is ready: what was promoted is loaded, commands can find it."""
        vllm = self._vllm
        self.problems = tuple(restore(endpoint, self._adapters)) if vllm.lora_slots else ()
        for problem in self.problems:
            LOG.warning("%s", problem)
        running.announce(
            running.Running(self.name, endpoint.url, endpoint.key, os.getpid(), self.checkpoint.source,
                            vllm.lora_slots, vllm.lora_rank)
        )  # fmt: skip


def dialect_for(checkpoint: Checkpoint, config: ModelConfig) -> Dialect | None:
    """How the model is spoken to, by its files; None where they are not here (then by its name)."""
    if config.profile:
        return ProfileDialect(profile_named(config.profile))
    if checkpoint.lexicon:
        return SlotDialect(frozenset(read_json_list(Path(checkpoint.source) / "lexicon.json")))
    return ProfileDialect(recognize(checkpoint.name, checkpoint.vocabulary)) if checkpoint.local else None


def default_log(name: str) -> Path:
    folder = paths.writable(paths.log_dir())
    if folder is None:
        raise UserError("no log directory can be written; set vllm.log to a file")
    return folder / f"vllm-{name.replace('/', '_')}.log"
