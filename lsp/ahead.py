"""The answer that will be wanted once the suggestion on screen is accepted, prepared while it is read."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from rtlwright.lsp.offer import Offer
from rtlwright.server.types import Cancel, Cancelled, Completion

IDLE_S = 0.3
"""A suggestion that stays on screen this long is being read."""

Prepare = Callable[[str, str, int, Cancel], Awaitable[Completion | None]]
"""(uri, text, cursor, cancel) → the completion of a text that the document may come to have."""


@dataclass(slots=True)
class _Plan:
    offer: Offer
    text: str
    """Of the document after acceptance."""
    cursor: int
    cancel: Cancel
    start: asyncio.Event
    task: asyncio.Task[Completion | None]


class Ahead:
    """One plan a document, on the event loop's thread. A change that leads elsewhere ends it."""

    def __init__(self, prepare: Prepare, idle_s: float = IDLE_S):
        self._prepare = prepare
        self._idle_s = idle_s
        self._plans: dict[str, _Plan] = {}

    def plan(self, uri: str, offer: Offer) -> None:
        """`offer` is on screen now."""
        current = self._plans.get(uri)
        if current is not None and current.offer.suggestion.id == offer.suggestion.id:
            return
        self.drop(uri)
        head = offer.before + offer.suggestion.text
        cancel, start = Cancel(), asyncio.Event()
        text, cursor = head + offer.after, len(head)
        work = asyncio.get_running_loop().create_task(self._run(uri, text, cursor, cancel, start))
        self._plans[uri] = _Plan(offer, text, cursor, cancel, start, work)

    def changed(self, uri: str, text: str) -> None:
        """The document's text: accepted, on the way there, or elsewhere."""
        plan = self._plans.get(uri)
        if plan is None:
            return
        if text == plan.text:
            plan.start.set()
        elif plan.offer.typed(text) is None:
            self.drop(uri)

    def take(self, uri: str, text: str, cursor: int) -> tuple[asyncio.Task[Completion | None], Cancel] | None:
        """The work under way, or done, for exactly this; it is the caller's now."""
        plan = self._plans.get(uri)
        if plan is None or (plan.text, plan.cursor) != (text, cursor):
            return None
        plan.start.set()
        del self._plans[uri]
        return plan.task, plan.cancel

    def drop(self, uri: str) -> None:
        """It is not wanted any more."""
        if plan := self._plans.pop(uri, None):
            plan.cancel.cancel()
            plan.task.cancel()

    def drop_all(self) -> None:
        for uri in list(self._plans):
            self.drop(uri)

    async def _run(
        self, uri: str, text: str, cursor: int, cancel: Cancel, start: asyncio.Event
    ) -> Completion | None:
        try:
            async with asyncio.timeout(self._idle_s):
                await start.wait()
        except TimeoutError:
            pass
        try:
            return await self._prepare(uri, text, cursor, cancel)
        except Cancelled:
            return None
