"""A hostile project on disk: pipes, devices, loops of links, and filelists that name what is not theirs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from world import World

pytestmark = pytest.mark.hostile
TOP = "module top(input a, output y);\n  sub u_sub(.a(a), .y(y));\nendmodule\n"
SUB = "module sub(input a, output y);\n  assign y = a;\nendmodule\n"


def _pipe(root: Path, world: World) -> None:
    os.mkfifo(root / "pipe.sv")
    os.mkfifo(root / "defs.vh")
    (root / "uses.sv").write_text('`include "defs.vh"\nmodule uses; endmodule\n')


def _devices(root: Path, world: World) -> None:
    (root / "zero.sv").symlink_to("/dev/zero")
    (root / "stdin.vh").symlink_to("/dev/stdin")
    (root / "uses.sv").write_text('`include "zero.sv"\n`include "stdin.vh"\nmodule uses; endmodule\n')


def _loops(root: Path, world: World) -> None:
    (root / "again").symlink_to(root)
    (root / "self.sv").symlink_to("self.sv")
    (root / "a").mkdir()
    (root / "a" / "b").symlink_to("../a")
    (root / "everything").symlink_to("/")


def _links_out(root: Path, world: World) -> None:
    (root / "secret.vh").symlink_to(world.secret)
    (root / "accounts.sv").symlink_to("/etc/passwd")
    (root / "home").symlink_to(world.home)
    (root / "uses.sv").write_text('`include "secret.vh"\n`include "home/.netrc"\nmodule uses; endmodule\n')
    (root / "sub.sv").write_text(f'`include "secret.vh"\n{SUB}')


def _filelist_out(root: Path, world: World) -> None:
    out = f"{world.out}/{world.name}"
    (root / "files.f").write_text(
        f"top.sv\nsub.sv\n/etc/passwd\n{world.secret}\n../../../../../etc/passwd\n+incdir+/etc+{world.home}\n"
        f"-m evil\n-M{out}\n-o {out}\n-y /etc\n-v /dev/zero\n-f files.f\n-f /dev/zero\n-F pipe.f\n"
        f'+define+A=1;!touch{out}+B\n-D"X=$(touch {out})"\n`touch {out}`\n'
    )
    os.mkfifo(root / "pipe.f")
    (root / "sub.sv").write_text(f'`include "passwd"\n`include ".netrc"\n{SUB}')


def _secret_through_a_link_in_the_filelist(root: Path, world: World) -> None:
    (root / "link.sv").symlink_to(world.secret)
    (root / "files.f").write_text("top.sv\nsub.sv\nlink.sv\n")


def _monsters(root: Path, world: World) -> None:
    (root / "bomb.sv").write_text("module bomb; assign y = a" + "+1" * 60_000 + "; endmodule\n")
    (root / "deep.sv").write_text("module deep; initial " + "begin " * 50_000)
    (root / "line.sv").write_text("x" * 3_000_000)
    (root / "binary.sv").write_bytes(bytes(range(256)) * 100)
    (root / "macros.vh").write_text("".join(f"`define A{n} `A{n + 1} `A{n + 1}\n" for n in range(40)))
    (root / "uses.sv").write_text('`include "macros.vh"\nmodule uses; wire w = `A0; endmodule\n')
    (root / "device.sv").write_text('`include "/dev/zero"\nmodule device; endmodule\n')
    (root / "environment.sv").write_text('`include "/proc/self/environ"\nmodule environment; endmodule\n')


def _names(root: Path, world: World) -> None:
    for name in ("a b", "-o x", "$(touch x)", "a;!touch x;b", "a\nb", "'\"", "модуль", "\udc80", "x" * 240):
        (root / f"{name}.sv").write_text(SUB.replace("sub", "other"))


TREES: dict[str, Callable[[Path, World], None]] = {
    each.__name__.strip("_").replace("_", " "): each
    for each in (
        _pipe, _devices, _loops, _links_out, _filelist_out,
        _secret_through_a_link_in_the_filelist, _monsters, _names,
    )
}  # fmt: skip


@pytest.mark.parametrize("name", TREES)
@pytest.mark.timeout(90)
def test_a_hostile_project(tmp_path: Path, name: str) -> None:
    """A file in its midst is checked in time, and nothing outside of it is told or touched."""
    root = tmp_path / "project"
    root.mkdir()
    (root / ".git").mkdir()
    for file, text in (("top.sv", TOP), ("sub.sv", SUB)):
        (root / file).write_text(text)
    place = tmp_path / "world"
    place.mkdir()
    world = World(place)
    TREES[name](root, world)
    home = {"HOME": str(world.home), "XDG_CACHE_HOME": str(tmp_path / "cache"), "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [sys.executable, "-m", "rtlwright.server", "check", "top.sv", "--json"],
        cwd=root, env=home, capture_output=True, text=True, timeout=80, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    verdict = json.loads(done.stdout)["verdict"]
    assert verdict["status"] in ("pass", "warn"), verdict
    assert world.told(done.stdout + done.stderr) == []
    assert [fault for fault in world.harm() if "/home/." not in fault] == []


@pytest.mark.parametrize(("path", "reason"), [("/dev/zero", "is a device"), ("/dev/null", "is a device")])
def test_devices_are_no_sources(path: str, reason: str) -> None:
    argv = [sys.executable, "-m", "rtlwright.server", "check", path]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and reason in done.stderr
