"""What the sequential families share: calm stimulus, state names, small pieces of RTL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

from rtlwright.training.synth.design import Port, Stimulus
from rtlwright.training.synth.draw import Draw

# (rng, previous value of the port, number of the vector) -> value
Pool = Callable[[Random, int, int], int]

_STATES = (
    "S0 S1 S2 S3 S4 S5 S6 S7",
    "S0 S1 S2 S3 S4 S5 S6 S7",
    "A B C D E F G H",
    "ST0 ST1 ST2 ST3 ST4 ST5 ST6 ST7",
    "IDLE LOAD RUN WAIT DONE HOLD FLUSH STOP",
    "IDLE START ACTIVE PAUSE FINISH ERROR RETRY LOCK",
    "OFF WARMUP ON COOL FAULT TEST SLEEP WAKE",
    "INIT FETCH DECODE EXEC STORE HALT TRAP RESUME",
)


def state_names(d: Draw, count: int) -> list[str]:
    """Names for the states of a machine, the reset state first."""
    names = d.pick(_STATES).split()
    return names[:count]


def log2(count: int) -> int:
    """Bits that hold 0 to count-1: log2(5) == 3, log2(1) == 1."""
    return max(1, (count - 1).bit_length())


def driven(d: Draw) -> list[Port]:
    return [p for p in d.ports if p.direction == "input" and (d.clk is None or p.name != d.clk.name)]


def calm(
    d: Draw,
    vectors: int,
    pools: Mapping[str, Pool] | None = None,
    resets: float = 0.005,
) -> Stimulus:
    """Random vectors whose reset is active at the start and hardly ever after.

    The framework's own vectors reset every 25 cycles, too often for a frame or a long count. `pools` maps
    a port to how it is driven instead, e.g. to visit few addresses or to hold a level.
    """
    ports, rst, special = driven(d), d.rst, dict(pools or {})

    def rows(rng: Random) -> list[dict[str, int]]:
        result: list[dict[str, int]] = []
        previous = {p.name: 0 for p in ports}
        for index in range(vectors):
            row: dict[str, int] = {}
            for p in ports:
                if p.name in special:
                    row[p.name] = special[p.name](rng, previous[p.name], index) & ((1 << p.width) - 1)
                elif p.width == 1:
                    row[p.name] = int(rng.random() < p.bias)
                else:
                    row[p.name] = rng.getrandbits(p.width)
            if rst:
                row[rst.name] = int((index < 2 or rng.random() < resets) != rst.active_low)
            result.append(row)
            previous = row
        return result

    return rows


def sticky(stay: float) -> Pool:
    """A level that keeps its value with this probability, for debouncers and synchronizers."""
    return lambda rng, previous, index: previous if rng.random() < stay else 1 - previous


def few(bits: int) -> Pool:
    """Addresses of which a handful recur, so that a large memory is read where it was written."""
    top = (1 << bits) - 1
    hot = (0, 1 & top, top, top >> 1, 0x155 & top)
    return lambda rng, previous, index: rng.choice((*hot, previous, rng.getrandbits(bits)))


def spelled(pattern: str, faithful: float) -> Pool:
    """Bits that mostly repeat a pattern, which random ones rarely hit."""
    size = len(pattern)
    return lambda rng, previous, index: int(pattern[index % size]) ^ int(rng.random() >= faithful)


def spell(names: list[str]) -> str:
    """`A`, `B` and `C`, in backticks."""
    quoted = [f"`{name}`" for name in names]
    return quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " and " + quoted[-1]


def cycles(count: int) -> str:
    return "1 clock cycle" if count == 1 else f"{count} clock cycles"
