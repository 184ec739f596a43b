"""Which model servers run on this machine: a file each, which only their user can read."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from rtlwright.server import paths
from rtlwright.server.errors import UserError
from rtlwright.server.model.launch.checkpoint import read_json
from rtlwright.server.model.launch.supervisor import Endpoint


@dataclass(frozen=True, slots=True)
class Running:
    """A vLLM that `rtlwright serve` keeps."""

    name: str
    url: str
    key: str
    owner: int
    """Process id of the supervisor."""
    source: str
    lora_slots: int
    lora_rank: int

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(self.url, self.key)


def state_folder() -> Path:
    """For these files and the adapters. Raises `UserError` where there is no place for them."""
    data = paths.data_dir()
    folder = paths.writable(data / "serve" if data else None)
    if folder is None:
        raise UserError(
            f"{data or 'the data directory'}: cannot be written; set XDG_DATA_HOME to another place"
        )
    return folder


def announce(running: Running) -> None:
    """Write the file of a server that has just become ready."""
    file = _file(running.owner)
    beside = file.with_suffix(".tmp")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        json.dump(asdict(running), out)
    beside.replace(file)


def withdraw(owner: int) -> None:
    with contextlib.suppress(OSError, UserError):
        _file(owner).unlink()


def running_servers() -> list[Running]:
    """Those whose supervisor lives; the files of others are removed."""
    found = []
    for file in sorted(state_folder().glob("server-*.json")):
        try:
            running = Running(**read_json(file))
            os.kill(running.owner, 0)
        except (UserError, TypeError, ProcessLookupError):
            with contextlib.suppress(OSError):
                file.unlink()
        except PermissionError:
            continue
        else:
            found.append(running)
    return found


def running_server(name: str | None) -> Running | None:
    """The one of that name, or the only one.

    Raises:
        UserError: there are several and none was named.
    """
    servers = running_servers()
    if name is not None:
        return next((server for server in servers if server.name == name), None)
    if len(servers) > 1:
        known = ", ".join(server.name for server in servers)
        raise UserError(f"several model servers run here ({known}); name one with --model")
    return servers[0] if servers else None


def _file(owner: int) -> Path:
    return state_folder() / f"server-{owner}.json"
