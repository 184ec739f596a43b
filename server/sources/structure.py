"""What the structure of the language and of the project says must come next; no model is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rtlwright.server.context.window import Context
from rtlwright.server.sources.blocks import propose_block
from rtlwright.server.sources.casearms import propose_arms
from rtlwright.server.sources.defaults import propose_defaults
from rtlwright.server.sources.events import propose_event
from rtlwright.server.sources.names import propose_name
from rtlwright.server.sources.portmap import propose_instance
from rtlwright.server.sources.resets import propose_resets
from rtlwright.server.sources.skeleton import propose_module
from rtlwright.server.types import Cancel, Candidate, SourceName

_PROPOSERS: tuple[Callable[[Context, Cancel], Iterator[Candidate]], ...] = (
    propose_instance,
    propose_arms,
    propose_resets,
    propose_defaults,
    propose_event,
    propose_module,
    propose_block,
    propose_name,
)


class StructureSource:
    """A `Source`: instances, case arms, resets, defaults, events, skeletons, block ends, declared names."""

    name = SourceName.STRUCTURE

    def propose(self, context: Context, n: int, cancel: Cancel) -> list[Candidate]:
        """Deterministic. Raises `Cancelled`."""
        if not context.in_code or n <= 0:
            return []
        found: dict[tuple[str, object], Candidate] = {}
        for proposer in _PROPOSERS:
            cancel.check()
            for candidate in proposer(context, cancel):
                if candidate.text.strip():
                    found.setdefault((candidate.text, candidate.range), candidate)
                if len(found) >= 8 * n:
                    break
        return sorted(found.values(), key=lambda candidate: -candidate.score)[:n]
