"""What a source of candidates is."""

from __future__ import annotations

from typing import Protocol

from rtlwright.server.context.window import Context
from rtlwright.server.types import Cancel, Candidate, SourceName


class Source(Protocol):
    """Proposes text at the cursor. Thread-safe; the gate checks what it proposes."""

    name: SourceName

    def propose(self, context: Context, n: int, cancel: Cancel) -> list[Candidate]:
        """At most `n` distinct candidates, best first; none where it has nothing to say.

        Raises:
            Cancelled: `cancel` was set.
        """
        ...
