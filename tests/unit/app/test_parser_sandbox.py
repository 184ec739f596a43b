"""Who sends files to the team server has them parsed, too, in a sandbox."""

from __future__ import annotations

from pathlib import Path

import pytest

from rtlwright.server import processes
from rtlwright.server.check.confine.sandbox import Mode, choose
from rtlwright.server.context.reader import HeaderReader, Unread
from rtlwright.server.types import SourceFile

MODULE = "module counter #(parameter W = 4) (input logic clk, output logic [W-1:0] n);\nendmodule\n"


@pytest.mark.parametrize("mode", ["bubblewrap", "landlock"])
def test_headers_are_read_in_a_sandbox(mode: str) -> None:
    sandbox = choose(mode)
    if sandbox.mode != mode:
        pytest.skip(sandbox.reason or mode)
    reader = HeaderReader(lambda: sandbox)
    try:
        (found,) = reader.read([Unread(SourceFile.of("counter.sv", MODULE))], {})
        assert [unit.name for unit in found.units] == ["counter"]
        assert reader.pid is not None
        boxed = sandbox.mode is Mode.BUBBLEWRAP  # it starts what it confines
        parser = below(reader.pid)[-1] if boxed else reader.pid
        assert "context.parser" in command(parser)
        assert field(parser, "Seccomp") == "2" and field(parser, "NoNewPrivs") == "1"
        if boxed:
            for space in ("mnt", "net", "pid", "ipc"):
                assert (
                    Path(f"/proc/{parser}/ns/{space}").readlink() != Path(f"/proc/self/ns/{space}").readlink()
                )
    finally:
        reader.close()


def test_a_reader_that_was_closed_reads_nothing() -> None:
    reader = HeaderReader(lambda: choose("off"))
    reader.close()
    (found,) = reader.read([Unread(SourceFile.of("counter.sv", MODULE))], {})
    assert found.unreadable and reader.pid is None


def below(pid: int) -> list[int]:
    """A process and its descendants."""
    known = processes.table()
    found = [pid]
    for each in found:
        found += [child for child, process in known.items() if process.parent == each]
    return found


def command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()


def field(pid: int, name: str) -> str:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(line.split()[1] for line in lines if line.startswith(f"{name}:"))
