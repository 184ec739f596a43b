"""Typing for hours: `python tests/bench/soak.py [--seconds 7200]`. Is memory flat, and everything answered?

The server with the shipped model and all tools replays keystroke sequences without end, each time others,
as fast as answers come. The sum of all its processes' memory (PSS) is printed as it goes. It counts as flat
if the last third of the samples needs no more than a tenth above what the second third needed. The slope is
that of a straight line through the second half.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from keystrokes import EDITED, Server
from keystrokes_report import Measured, memory, percentile
from recording import Sequence, recording

GROWTH = 1.10
PATIENCE_S = 120.0


def hurried(text: str) -> Iterator[Sequence]:
    """Sequence after sequence, with a tenth of the pauses."""
    seed = 1
    while True:
        for sequence in recording(text, 50, seed):
            yield replace(sequence, keys=tuple((wait / 10, key) for wait, key in sequence.keys))
        seed += 1


async def soak(seconds: float, samples: int) -> tuple[list[float], Measured]:
    """(megabytes of all processes at equal intervals, what was measured)."""
    sizes: list[float] = []
    with tempfile.TemporaryDirectory() as place:
        server = Server(Path(place) / "server")
        await server.begin()
        begun = time.monotonic()
        try:
            for sequence in hurried(EDITED.read_text()):
                await asyncio.wait_for(server.typing.play(sequence, server.found), PATIENCE_S)
                elapsed = time.monotonic() - begun
                if elapsed >= seconds * (len(sizes) + 1) / samples:
                    sizes.append(sum(memory(server.rpc.pid).values()))
                    print(
                        f"{elapsed:7.0f} s  {len(server.found.whole):6} requests  {sizes[-1]:6.1f} MB",
                        flush=True,
                    )
                if elapsed >= seconds:
                    break
            await server.rpc.end()
        finally:
            await server.rpc.kill()
    return sizes, server.found


def slope(sizes: list[float], seconds: float) -> float:
    """Megabytes an hour over the second half."""
    half = sizes[len(sizes) // 2 :]
    times = [seconds / 3600 * number / len(sizes) for number in range(len(half))]
    return statistics.linear_regression(times, half).slope if len(half) > 1 else 0.0


def flat(sizes: list[float]) -> bool:
    third = len(sizes) // 3
    return statistics.median(sizes[-third:]) <= GROWTH * statistics.median(sizes[third : 2 * third])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=7200)
    parser.add_argument("--samples", type=int, default=24)
    options = parser.parse_args()
    sizes, found = asyncio.run(soak(options.seconds, options.samples))
    p50, p95 = (percentile(found.after_wait, share) for share in (0.5, 0.95))
    verdict = "flat" if flat(sizes) else "GROWS"
    print(
        f"memory {verdict}: first {sizes[0]:.0f} MB, last {sizes[-1]:.0f} MB, "
        f"{slope(sizes, options.seconds):+.1f} MB an hour; {len(found.whole)} requests, all answered; "
        f"p50 {p50:.0f} ms, p95 {p95:.0f} ms"
    )
    return 0 if verdict == "flat" else 1


if __name__ == "__main__":
    sys.exit(main())
