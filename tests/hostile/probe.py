"""Runs inside a sandbox in the worker's place, tries to get out, and prints what came of each attempt (JSON).

`python probe.py WORLD SCRATCH MEMORY_MB MODE [READABLE…]`; WORLD is a JSON file's content: places to try.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import json
import os
import platform
import resource
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rtlwright.server.check.confine.cell import Cell
from rtlwright.server.check.confine.seccomp import forbid_processes

LIBC = ctypes.CDLL(None, use_errno=True)
X86 = platform.machine() == "x86_64"


def call(number: int, *arguments: Any) -> str:
    if LIBC.syscall(number, *arguments) >= 0:
        return "done"
    return errno.errorcode[ctypes.get_errno()]


def reading(path: str) -> str:
    return Path(path).read_bytes()[:64].decode(errors="replace") or "empty"


def writing(path: str) -> str:
    Path(path).write_text("x")
    return "done"


def connecting(family: int, kind: int, address: Any) -> str:
    with socket.socket(family, kind) as link:
        link.settimeout(2)
        link.connect(address)
        link.send(b"x")
    return "done"


def typing(place: str) -> str:
    with open(place, "rb+", buffering=0) as terminal:  # noqa: PTH123
        fcntl.ioctl(terminal, 0x5412, b"x")
    return "done"


def linked(scratch: Path, target: str, hard: bool) -> str:
    place = scratch / f"link{hard}"
    (os.link if hard else os.symlink)(target, place)
    return reading(str(place))


def forked(count: int) -> str:
    """How many processes there can be at once."""
    children = []
    try:
        for _ in range(count):
            pid = os.fork()
            if pid == 0:
                signal.pause()
                os._exit(0)
            children.append(pid)
        return f"{count}"
    except OSError as error:
        return f"{errno.errorcode[error.errno or 0]}"
    finally:
        for pid in children:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def flooding(scratch: Path) -> str:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    (scratch / "flood").write_bytes(b"x" * (64 * 2**20))
    return "done"


def attempts(world: dict[str, Any], scratch: Path) -> dict[str, Callable[[], str]]:
    parent, out, name = world["pid"], world["out"], world["name"]
    new_user = 0x10000000
    return {
        "read the secret": lambda: reading(world["secret"]),
        "read the accounts": lambda: reading("/etc/passwd"),
        "read the home": lambda: reading(f"{world['home']}/.netrc"),
        "read through a link": lambda: linked(scratch, world["secret"], False),
        "read through a hard link": lambda: linked(scratch, world["secret"], True),
        "read the parent's environment": lambda: reading(f"/proc/{parent}/environ"),
        "read the parent's memory": lambda: reading(f"/proc/{parent}/mem"),
        "read the parent's files": lambda: str(os.listdir(f"/proc/{parent}/fd")),  # noqa: PTH208
        "read zeros": lambda: reading("/dev/zero") if os.path.exists("/dev/zero") else "ENOENT",  # noqa: PTH110
        "write outside": lambda: writing(f"{out}/{name}"),
        "write to the home": lambda: writing(f"{world['home']}/{name}"),
        "write to the working directory": lambda: writing(f"{world['cwd']}/{name}"),
        "write to the program": lambda: writing(str(Path(__file__).parent / name)),
        "write to the system": lambda: writing(f"/usr/{name}"),
        "connect by TCP": lambda: connecting(
            socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", world["port"])
        ),
        "connect by UDP": lambda: connecting(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", world["port"])),
        "connect by a socket's file": lambda: connecting(socket.AF_UNIX, socket.SOCK_STREAM, world["socket"]),
        "connect by an abstract name": lambda: connecting(
            socket.AF_UNIX, socket.SOCK_STREAM, "\0" + world["abstract"]
        ),
        "send the parent a signal": lambda: (os.kill(parent, 0), "done")[1],
        "trace the parent": lambda: call(101 if X86 else 117, 16, parent, 0, 0),
        "read a key": lambda: call(250 if X86 else 219, 0, -3, 0),
        "type into the terminal": lambda: typing("/dev/tty"),
        "leave the session": lambda: call(112 if X86 else 157),
        "make a user namespace": lambda: call(272 if X86 else 97, new_user),
        "fork into a user namespace": lambda: call(56 if X86 else 220, new_user | 17, 0, 0, 0, 0),
        "call as another architecture": lambda: call(0x40000000 + 39) if X86 else "EPERM",
        "set up a ring": lambda: call(425, 8, ctypes.create_string_buffer(120)),
        "make a pipe in the file system": lambda: (os.mkfifo(scratch / "pipe"), "done")[1],
        "write a large file": lambda: flooding(scratch),
        "take four gigabytes": lambda: f"{len(bytearray(4 * 2**30))}",
        "fork two hundred times": lambda: forked(200),
        "write to the scratch": lambda: writing(str(scratch / "fine")),
    }


def tried(attempt: Callable[[], str]) -> str:
    try:
        return attempt()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, "OSError")
    except MemoryError:
        return "MemoryError"


def main() -> None:
    world = json.loads(sys.argv[1])
    scratch = Cell.of(sys.argv[2:]).enter()
    found: dict[str, Any] = {name: tried(attempt) for name, attempt in attempts(world, scratch).items()}
    found["environment"] = sorted(os.environ)
    found["core"] = resource.getrlimit(resource.RLIMIT_CORE)[1]
    forbid_processes()
    found["fork with no processes allowed"] = tried(lambda: str(os.fork()))
    found["run with no processes allowed"] = tried(lambda: str(os.execv("/bin/true", ["true"])))
    print(json.dumps(found))


main()
