"""One answer to one problem."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sample:
    """`text` is what the benchmark compiles: a completion of the header, or a whole design."""

    problem: str
    index: int
    """0-based among the samples of the problem."""
    text: str
    prompt_hash: str = ""
    """blake2b of the prompt, 16 bytes in hex; empty for samples that came from a file."""
    tokens: int = 0
    seconds: float = 0.0
    """What the model took."""
    error: str = ""
    """Why the model gave no answer, in one line; the sample counts as failed."""

    @property
    def key(self) -> tuple[str, int]:
        return self.problem, self.index


def digest(text: str) -> str:
    """Short, stable name of a text."""
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=16).hexdigest()
