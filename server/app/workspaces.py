"""The projects of all clients, as many as there is room for."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from functools import partial

from rtlwright.server.app.contents import SHARES
from rtlwright.server.app.workspace import Workspace
from rtlwright.server.check.confine.sandbox import choose
from rtlwright.server.config import Config
from rtlwright.server.context.reader import HeaderReader
from rtlwright.server.parts import Parts
from rtlwright.server.remote.forms import Preferences, ProjectForm

Name = tuple[str, str]
"""Token and project."""


class Workspaces:
    """Thread-safe. The one used longest ago goes first; of a token that has too many, one of its own.

    A workspace holds on to the texts of its project, also to those that `Contents` has forgotten; beside the
    one in use there are no more of them than `Contents` may keep.
    """

    def __init__(self, config: Config, parts: tuple[Parts, ...]):
        """`parts` differ in their gates: a workspace keeps to one, which knows its files then."""
        self._config, self._parts = config, parts
        self._reader = HeaderReader(partial(choose, config.check.sandbox))  # the texts are strangers'
        self._lock = threading.Lock()
        self._kept: OrderedDict[Name, Workspace] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def at(self, token: str, form: ProjectForm) -> Workspace:
        """The workspace of a client, made if need be, or anew if the client's wishes have changed."""
        name = token, form.workspace
        gone = []
        with self._lock:
            found = self._kept.get(name)
            if found is not None and found.preferences != form.preferences:
                gone.append(self._kept.pop(name))
                found = None
            if found is None:
                found = self._kept[name] = self._made(name, form.preferences)
            self._kept.move_to_end(name)
            gone += [self._kept.pop(each) for each in self._too_many(token)]
        for workspace in gone:
            workspace.close()
        return found

    def known(self, token: str, workspace: str) -> Workspace | None:
        with self._lock:
            return self._kept.get((token, workspace))

    def close(self) -> None:
        with self._lock:
            kept = list(self._kept.values())
            self._kept.clear()
        for workspace in kept:
            workspace.close()
        self._reader.close()

    def _made(self, name: Name, preferences: Preferences) -> Workspace:
        parts = self._parts[hash(name) % len(self._parts)]
        return Workspace("-".join(name), preferences, self._config, parts, self._reader)

    def _too_many(self, token: str) -> list[Name]:
        serve = self._config.serve
        room = serve.contents_mb * 2**20
        own = self._over((name for name in self._kept if name[0] == token), serve.workspaces_each, room)
        others = (name for name in self._kept if name not in own)
        return own + self._over(others, serve.workspaces, SHARES * room)

    def _over(self, names: Iterable[Name], count: int, room: int) -> list[Name]:
        """Those at the beginning that are more than `count`, or hold more than `room`; never the last one."""
        kept, over = list(names), list[Name]()
        size = sum(self._kept[name].size for name in kept[:-1])
        while len(kept) > max(1, count) or size > room:
            over.append(kept.pop(0))
            size -= self._kept[over[-1]].size
        return over
