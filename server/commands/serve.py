"""`rtlwright serve`."""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from rtlwright.server.config import Config
from rtlwright.server.errors import MissingError, UserError
from rtlwright.server.model.protocol import AT_ONCE

_EPILOG = """\b
Examples:
  rtlwright token create alice
  rtlwright serve
  rtlwright serve --model models/qwen2.5-coder-7b-gptq
  rtlwright serve --model models/qwen2.5-coder-7b-gptq --print-command
  rtlwright serve --engine http://gpu:8000/v1 --model qwen2.5-coder-7b
  rtlwright serve --host 0.0.0.0 --tls-cert chain.pem --tls-key key.pem
"""
_NEEDED = ("fastapi", "uvicorn", "prometheus_client")


@click.command(epilog=_EPILOG)
@click.option(
    "--model",
    metavar="M",
    help="Hugging Face checkpoint, a folder or owner/name (vLLM serves it); GGUF file (embedded); or, with a "
    "URL for --engine, the name that is served there.",
)
@click.option("--engine", metavar="E", help="`embedded`, `vllm`, or the URL of an OpenAI-compatible server.")
@click.option("--print-command", is_flag=True, help="Print the command that would start vLLM, and end.")
@click.option("--host", help="Address to listen at; this machine only by default.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen at; 0 takes a free one.")
@click.option("--tls-cert", type=click.Path(path_type=Path), help="Certificate chain (PEM).")
@click.option("--tls-key", type=click.Path(path_type=Path), help="Its private key (PEM).")
@click.option("--insecure", is_flag=True, help="Listen to other machines without TLS.")
def serve(
    model: str | None, engine: str | None, print_command: bool, host: str | None, port: int | None,
    tls_cert: Path | None, tls_key: Path | None, insecure: bool,
) -> None:  # fmt: skip
    """Serve a team: completions, modules and checks over HTTP, with bearer tokens.

    Clients set server.url (or --server URL) and the token in RTLWRIGHT_TOKEN. See docs/server.md.
    """
    if any(importlib.util.find_spec(module) is None for module in _NEEDED):
        raise MissingError("serving needs more libraries: pip install 'rtlwright[serve]'")
    if print_command:
        _print_command(Config.load(Path.cwd(), _model(engine, model)))
        return
    given = {"host": host, "port": port, "tls_cert": tls_cert, "tls_key": tls_key}
    overrides: dict[str, Any] = {
        "serve": {key: value for key, value in given.items() if value is not None},
        **_model(engine, model),
    }
    with contextlib.suppress(KeyboardInterrupt):  # an end that was asked for is no failure
        _serve(overrides, insecure)


def _serve(overrides: dict[str, Any], insecure: bool) -> None:
    from rtlwright.server.app import listen

    config = _for_many(Config.load(Path.cwd(), overrides))
    with _model_server_speaks() as failures, contextlib.suppress(KeyboardInterrupt):
        listen.serve(config, _named(config), insecure)
    if failures:
        raise UserError(failures[0])


def _model(engine: str | None, model: str | None) -> dict[str, Any]:
    """What the two options say of `[model]` and `[vllm]`."""
    if engine is None and model is None:
        return {}
    if engine is not None and engine.startswith(("http://", "https://")):
        return {"model": {"engine": "openai", "url": engine, "name": model}}
    if engine not in (None, "embedded", "vllm"):
        raise UserError(f"--engine {engine}: name `embedded`, `vllm`, or a URL such as http://gpu:8000/v1")
    if engine == "embedded" or (engine is None and str(model).endswith(".gguf")):
        if model:
            _check_gguf(Path(model))
        return {"model": {"engine": "embedded", **({"path": model} if model else {})}}
    return {"model": {"engine": "vllm"}, "vllm": {"model": model} if model else {}}


def _check_gguf(file: Path) -> None:
    """Raises `UserError` for what is none: told now rather than to the first who asks."""
    try:
        with file.open("rb") as stream:
            if stream.read(4) == b"GGUF":
                return
    except OSError as error:
        raise UserError(
            f"--model {file}: {(error.strerror or 'no file').lower()}; name a GGUF file"
        ) from None
    raise UserError(f"--model {file}: no GGUF file; the embedded engine takes no other")


def _for_many(config: Config) -> Config:
    """What is enough for one author would make a team wait for a server that does many requests together."""
    if config.model.engine != "openai" or "concurrency" in config.model.model_fields_set:
        return config
    return config.model_copy(update={"model": config.model.model_copy(update={"concurrency": AT_ONCE})})


def _print_command(config: Config) -> None:
    """For reading, and for typing it by hand."""
    from rtlwright.server.model.vllm import VllmModel

    model = VllmModel(config.model, config.vllm)
    command = model.command(config.vllm.port or 8000)
    for note in command.notes:
        click.echo(f"# {note}")
    click.echo(command.shell())


class _Words(logging.Handler):
    """Tells the operator what becomes of vLLM; if it cannot be started, the server ends, too."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.failures: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno < logging.ERROR:
            click.echo(record.getMessage(), err=True)
        else:
            self.failures.append(record.getMessage())
            os.kill(os.getpid(), signal.SIGTERM)


@contextmanager
def _model_server_speaks() -> Iterator[list[str]]:
    logger, words = logging.getLogger("rtlwright.vllm"), _Words()
    logger.setLevel(logging.INFO)
    logger.addHandler(words)
    try:
        yield words.failures
    finally:
        logger.removeHandler(words)


def _named(config: Config) -> str:
    match config.model.engine:
        case "openai":
            return f"{config.model.name or 'the model'} of {config.model.url}"
        case "vllm":
            return f"{config.vllm.model} (vLLM, as soon as it has started)"
        case "embedded":
            return f"{config.model.path or 'the model of the package'} (embedded)"
        case other:
            return f"no model ({other})" if other == "off" else other
