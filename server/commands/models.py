"""`rtlwright models` and `rtlwright promote`: what is served, and which adapter answers."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from rtlwright.server.commands.common import json_option, print_json
from rtlwright.server.config import Config
from rtlwright.server.errors import UserError
from rtlwright.server.model.launch.adapters import Adapter, AdapterStore, adapter_rank
from rtlwright.server.model.launch.control import Control, ServedModel
from rtlwright.server.model.launch.running import Running, running_server, running_servers, state_folder
from rtlwright.server.model.launch.supervisor import Endpoint

_MODELS_EPILOG = """\b
Examples:
  rtlwright models
  rtlwright models --json
"""
_PROMOTE_EPILOG = """\b
Examples:
  rtlwright promote runs/uart-lora                 load it, and let new requests use it
  rtlwright promote runs/uart-lora --name uart     under another name; a newer one takes its place
  rtlwright promote --name uart                    back to one that was promoted before
  rtlwright promote --base                         back to the model without an adapter
  rtlwright promote --remove uart                  forget one
"""


@dataclass(frozen=True, slots=True)
class _Line:
    """One model or adapter, as it is shown."""

    name: str
    kind: str
    """`model` or `adapter`."""
    active: bool
    """New requests use it."""
    base: str | None
    context: int | None
    url: str
    origin: str = ""


@click.command(epilog=_MODELS_EPILOG)
@json_option
@click.pass_context
def models(ctx: click.Context, as_json: bool) -> None:
    """What is served: by model servers of this machine, or at model.url.

    Exit status 1 if nothing is.
    """
    lines = [line for server in running_servers() for line in _of_server(server)] or _of_url()
    if as_json:
        print_json({"models": [asdict(line) for line in lines]})
    for line in () if as_json else lines:
        mark = "*" if line.active else " "
        what = f"adapter of {line.base}" if line.base else f"context {line.context or '?'}"
        click.echo(
            f"{mark} {line.name}  ({what}; {line.url}{f'; from {line.origin}' if line.origin else ''})"
        )
    if not lines:
        click.echo("no model server runs here; start one: rtlwright serve --model M", err=True)
    ctx.exit(0 if lines else 1)


@click.command(epilog=_PROMOTE_EPILOG)
@click.argument("adapter", type=click.Path(path_type=Path), required=False)
@click.option("--name", help="Name of the adapter; its folder's name by default.")
@click.option("--base", is_flag=True, help="New requests use the model without an adapter.")
@click.option("--remove", metavar="NAME", help="Forget an adapter, and take it out of the model server.")
@click.option("--model", metavar="M", help="Which served model, where several are.")
@json_option
def promote(
    adapter: Path | None, name: str | None, base: bool, remove: str | None, model: str | None, as_json: bool
) -> None:
    """Load a LoRA adapter into the running model server.

    New requests use it, those under way end as they began. The adapter is copied, and loaded again
    whenever the model server starts.
    """
    if sum((adapter is not None or name is not None, base, remove is not None)) != 1:
        raise UserError("name one thing to do: an ADAPTER (or --name of one), --base or --remove NAME")
    server = running_server(model)
    if server is None:
        served = f" that serves {model!r}" if model else ""
        raise UserError(f"no model server{served} runs on this machine; start one: rtlwright serve --model M")
    store = AdapterStore(state_folder(), server.name)
    with Control(server.endpoint) as control:
        if adapter is not None:
            said = _promote(adapter, name, server, store, control)
        elif name is not None:
            said = _activate(name, store, control)
        elif remove is not None:
            control.unload(store.remove(remove))
            said = f"{remove} is forgotten"
        else:
            store.activate(None)
            said = f"new requests use {server.name} itself"
    active = store.roster().active
    if as_json:
        print_json({"model": server.name, "active": active, "done": said})
    else:
        click.echo(said)


def _promote(source: Path, name: str | None, server: Running, store: AdapterStore, control: Control) -> str:
    if not server.lora_slots:
        raise UserError("this model server takes no adapters: set vllm.lora_slots and start it again")
    rank = adapter_rank(source)
    if rank > server.lora_rank:
        raise UserError(
            f"{source}: rank {rank}, but the server takes {server.lora_rank} at most; set vllm.lora_rank and "
            "start it again"
        )
    kept = store.keep(source, name)
    control.load(kept)
    replaced = store.promote(kept)
    if replaced is not None:
        control.unload(replaced)
    return f"{kept.name} is loaded ({kept.served_name}, rank {rank}): new requests use it"


def _activate(name: str, store: AdapterStore, control: Control) -> str:
    known = store.roster().find(name)
    if known is not None:
        control.load(known)
    store.activate(name)
    return f"new requests use {name}"


def _of_server(server: Running) -> list[_Line]:
    roster = AdapterStore(state_folder(), server.name).roster()
    known: dict[str, Adapter] = {adapter.served_name: adapter for adapter in roster.adapters}
    try:
        with Control(server.endpoint) as control:
            served = control.models()
    except UserError:  # it is being started again
        served = [ServedModel(server.name, None, None)]
    return [_line(model, known.get(model.name), roster.active, server.url) for model in served]


def _line(model: ServedModel, adapter: Adapter | None, active: str | None, url: str) -> _Line:
    if adapter is not None:
        return _Line(adapter.name, "adapter", adapter.name == active, model.base, None, url, adapter.origin)
    kind = "adapter" if model.base else "model"
    return _Line(model.name, kind, active is None and not model.base, model.base, model.context, url)


def _of_url() -> list[_Line]:
    """What the configured server has."""
    config = Config.load(Path.cwd()).model
    if config.engine != "openai" or not config.url:
        return []
    base = config.url.rstrip("/").removesuffix("/v1")
    with Control(Endpoint(base, os.environ.get(config.key_env, "")), f"${config.key_env}") as control:
        served = control.models()
    wanted = config.name or (served[0].name if served else None)
    return [
        _Line(m.name, "adapter" if m.base else "model", m.name == wanted, m.base, m.context, base)
        for m in served
    ]
