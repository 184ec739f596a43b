"""The longer answer behind a short one: a line is shown at once, and its block once that is checked, too."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from rtlwright.lsp.buffer import Buffer
from rtlwright.lsp.offer import Offer
from rtlwright.server.types import Cancel, Cancelled

WAIT_S = 0.1
"""Who types on within this has not waited for more."""

Ask = Callable[[Buffer, int, Cancel], Awaitable[tuple[Offer, ...]]]
"""(buffer, cursor, cancel) → everything that there is to offer."""
Found = Callable[[Buffer, tuple[Offer, ...]], None]


@dataclass(slots=True)
class _Plan:
    offer: Offer
    cancel: Cancel
    task: asyncio.Task[None]


class Extension:
    """One a document, on the event loop's thread. Typing along the short answer does not disturb it."""

    def __init__(self, ask: Ask, found: Found, wait_s: float = WAIT_S):
        self._ask = ask
        self._found = found
        self._wait_s = wait_s
        self._plans: dict[str, _Plan] = {}

    def plan(self, buffer: Buffer, cursor: int, offer: Offer) -> None:
        """`offer`, asked for at `cursor`, is on screen now."""
        self.drop(buffer.uri)
        cancel = Cancel()
        task = asyncio.get_running_loop().create_task(self._run(buffer, cursor, offer, cancel))
        self._plans[buffer.uri] = _Plan(offer, cancel, task)

    def changed(self, uri: str, text: str) -> None:
        """The document's text: on the way to the short answer, or elsewhere."""
        plan = self._plans.get(uri)
        if plan is not None and plan.offer.typed(text) is None:
            self.drop(uri)

    def drop(self, uri: str) -> None:
        """It is not wanted any more."""
        if plan := self._plans.pop(uri, None):
            plan.cancel.cancel()
            plan.task.cancel()

    def drop_all(self) -> None:
        for uri in list(self._plans):
            self.drop(uri)

    async def _run(self, buffer: Buffer, cursor: int, offer: Offer, cancel: Cancel) -> None:
        await asyncio.sleep(self._wait_s)
        try:
            offers = await self._ask(buffer, cursor, cancel)
        except Cancelled:
            return
        plan = self._plans.get(buffer.uri)
        if plan is not None and plan.cancel is cancel:
            del self._plans[buffer.uri]
            if offers:
                self._found(buffer, extended(offer, offers))


def extended(shown: Offer, offers: tuple[Offer, ...]) -> tuple[Offer, ...]:
    """What is on screen may grow, and never turns into something else; the others stand behind it."""
    longer = [offer for offer in offers if _goes_on(shown, offer)]
    first = max(longer, key=lambda offer: len(offer.suggestion.text), default=shown)
    known = {_plain(first), _plain(shown)} if longer else {_plain(shown)}
    others = [offer for offer in offers if _plain(offer) not in known]
    return (first, *([shown] if longer else []), *others)


def _goes_on(shown: Offer, offer: Offer) -> bool:
    ours, theirs = shown.suggestion, offer.suggestion
    longer = theirs.text.startswith(ours.text) and len(theirs.text) > len(ours.text)
    return longer and theirs.range == ours.range and theirs.verdict.status is ours.verdict.status


def _plain(offer: Offer) -> str:
    return " ".join(offer.suggestion.text.split())
