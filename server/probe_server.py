"""`rtlwright doctor` on the team server, where one is configured."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rtlwright.server.config import Config
from rtlwright.server.errors import UserError
from rtlwright.server.probes import Check, CheckStatus


def team_server(config: Config, root: Path) -> Iterator[Check]:
    """Whether it answers, takes the token, and has its model."""
    url = config.server.url
    if url is None:
        return
    from rtlwright.server.remote.service import RemoteService

    try:
        service = RemoteService(config, root)
    except UserError as error:
        mend = "correct [server] in your own rtlwright.toml (docs/server.md)"
        yield Check("team server", CheckStatus.MISSING, detail=str(error), mend=mend)
        return
    try:
        found = service.status()
    finally:
        service.close()
    notes = "; ".join(found.notes)
    if found.model.ready:
        status = CheckStatus.WARN if notes else CheckStatus.OK
        yield Check("team server", status, found.model.name, f"{url}{': ' if notes else ''}{notes}")
    else:
        mend = "ask its administrator, or unset server.url to work on this machine"
        yield Check("team server", CheckStatus.MISSING, detail=notes or found.model.detail, mend=mend)
