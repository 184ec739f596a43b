"""What there is to serve on."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

_PATIENCE_S = 5.0


@dataclass(frozen=True, slots=True)
class Gpu:
    name: str
    memory_mb: int


@dataclass(frozen=True, slots=True)
class Hardware:
    """This machine, as far as this process may use it."""

    gpus: tuple[Gpu, ...] = ()
    cores: tuple[int, ...] = (0,)
    """Numbers of the cores."""
    free_memory_mb: int = 4096

    @property
    def core_list(self) -> str:
        """As taskset and vLLM write it.

        >>> Hardware(cores=(0, 1, 2, 6)).core_list
        '0-2,6'
        """
        parts: list[list[int]] = []
        for core in sorted(self.cores):
            if parts and parts[-1][-1] == core - 1:
                parts[-1].append(core)
            else:
                parts.append([core])
        return ",".join(f"{p[0]}-{p[-1]}" if len(p) > 1 else f"{p[0]}" for p in parts)


def this_machine() -> Hardware:
    cores = tuple(sorted(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else (0,)
    return Hardware(_gpus(), cores, _free_memory_mb())


def _gpus() -> tuple[Gpu, ...]:
    """By nvidia-smi, cut to CUDA_VISIBLE_DEVICES where that is a plain list."""
    command = ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_S)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    lines = [line.rsplit(",", 1) for line in done.stdout.splitlines()] if done.returncode == 0 else []
    found = [
        Gpu(line[0].strip(), int(line[1])) for line in lines if len(line) == 2 and line[1].strip().isdigit()
    ]
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return tuple(found)
    chosen = [part.strip() for part in visible.split(",") if part.strip() not in ("", "-1")]
    if all(part.isdigit() for part in chosen):
        return tuple(found[int(part)] for part in chosen if int(part) < len(found))
    return tuple(found[: len(chosen)])


def _free_memory_mb() -> int:
    """MemAvailable, cut to what a container's limit leaves."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        free = next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")) // 1024
    except (OSError, StopIteration, ValueError, IndexError):
        return 4096
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
        used = Path("/sys/fs/cgroup/memory.current").read_text().strip()
        return min(free, (int(limit) - int(used)) // 2**20)
    except (OSError, ValueError):  # no such limit
        return free
