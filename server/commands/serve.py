"""`rtlwright serve`."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import click

from rtlwright.server.config import Config
from rtlwright.server.errors import MissingError, UserError

_EPILOG = """\b
Examples:
  rtlwright token create alice
  rtlwright serve
  rtlwright serve --engine http://gpu:8000/v1 --model qwen2.5-coder-7b
  rtlwright serve --host 0.0.0.0 --tls-cert chain.pem --tls-key key.pem
"""
_NEEDED = ("fastapi", "uvicorn", "prometheus_client")


@click.command(epilog=_EPILOG)
@click.option("--model", metavar="M", help="GGUF file (embedded), or the name of a served model.")
@click.option("--engine", metavar="E", help="`embedded`, or the URL of an OpenAI-compatible server.")
@click.option("--host", help="Address to listen at; this machine only by default.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen at; 0 takes a free one.")
@click.option("--tls-cert", type=click.Path(path_type=Path), help="Certificate chain (PEM).")
@click.option("--tls-key", type=click.Path(path_type=Path), help="Its private key (PEM).")
@click.option("--insecure", is_flag=True, help="Listen to other machines without TLS.")
def serve(
    model: str | None, engine: str | None, host: str | None, port: int | None,
    tls_cert: Path | None, tls_key: Path | None, insecure: bool,
) -> None:  # fmt: skip
    """Serve a team: completions, modules and checks over HTTP, with bearer tokens.

    Clients set server.url (or --server URL) and the token in RTLWRIGHT_TOKEN. See docs/server.md.
    """
    if any(importlib.util.find_spec(module) is None for module in _NEEDED):
        raise MissingError("serving needs more libraries: pip install 'rtlwright[serve]'")
    from rtlwright.server.app import listen

    given = {"host": host, "port": port, "tls_cert": tls_cert, "tls_key": tls_key}
    overrides: dict[str, Any] = {
        "serve": {key: value for key, value in given.items() if value is not None},
        "model": _model(engine, model),
    }
    config = Config.load(Path.cwd(), overrides)
    listen.serve(config, _named(config), insecure)


def _model(engine: str | None, model: str | None) -> dict[str, Any]:
    """What the two options say of `[model]`."""
    if engine is None and model is None:
        return {}
    if engine is not None and engine.startswith(("http://", "https://")):
        return {"engine": "openai", "url": engine, "name": model}
    if engine not in (None, "embedded"):
        raise UserError(f"--engine {engine}: name `embedded`, or a URL such as http://gpu:8000/v1")
    return {"engine": "embedded", **({"path": model} if model else {})}


def _named(config: Config) -> str:
    match config.model.engine:
        case "openai":
            return f"{config.model.name or 'the model'} of {config.model.url}"
        case "embedded":
            return f"{config.model.path or 'the model of the package'} (embedded)"
        case other:
            return f"no model ({other})" if other == "off" else other
