"""System calls that no check needs, forbidden to the worker and all that it starts, in every sandbox.

Network, other processes, new namespaces, mounts, keys, and leaving the session (so that whoever ends a
session ends all of it). Whatever is on the list answers EPERM, so that a library may go on without it; a call
for another architecture kills the process. Known for x86-64 and aarch64; elsewhere there is no filter.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
from collections.abc import Sequence

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER_MODE = 38, 22, 2
_LOAD, _EQUAL, _GREATER_EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _REFUSE, _ABSENT = 0x7FFF0000, 0x80000000, 0x00050000 | 1, 0x00050000 | 38
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_X32 = 0x40000000
_NEW_NAMESPACES = 0x7E020080
_THREAD = 0x00010000
_TERMINAL = (0x5412, 0x541C)
"""TIOCSTI and TIOCLINUX: typing into the user's terminal."""

_BOTH = {
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428,
    "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433,
    "pidfd_send_signal": 424, "pidfd_getfd": 438, "mount_setattr": 442,
}  # fmt: skip
_X86_64 = {
    "socket": 41, "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312,
    "add_key": 248, "request_key": 249, "keyctl": 250, "bpf": 321, "perf_event_open": 298,
    "userfaultfd": 323, "mount": 165, "umount2": 166, "pivot_root": 155, "chroot": 161, "unshare": 272,
    "setns": 308, "kexec_load": 246, "kexec_file_load": 320, "init_module": 175, "finit_module": 313,
    "delete_module": 176, "setsid": 112, "name_to_handle_at": 303, "open_by_handle_at": 304,
    "swapon": 167, "swapoff": 168, "reboot": 169, "syslog": 103, "acct": 163, "quotactl": 179,
    "mknod": 133, "mknodat": 259, "personality": 135, "fanotify_init": 300,
}  # fmt: skip
_AARCH64 = {
    "socket": 198, "ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271, "kcmp": 272,
    "add_key": 217, "request_key": 218, "keyctl": 219, "bpf": 280, "perf_event_open": 241,
    "userfaultfd": 282, "mount": 40, "umount2": 39, "pivot_root": 41, "chroot": 51, "unshare": 97,
    "setns": 268, "kexec_load": 104, "kexec_file_load": 294, "init_module": 105, "finit_module": 273,
    "delete_module": 106, "setsid": 157, "name_to_handle_at": 264, "open_by_handle_at": 265,
    "swapon": 224, "swapoff": 225, "reboot": 142, "syslog": 116, "acct": 89, "quotactl": 60,
    "mknodat": 33, "personality": 92, "fanotify_init": 262,
}  # fmt: skip
_MACHINES = {
    "x86_64": (
        0xC000003E, _X86_64, {"ioctl": 16, "clone": 56, "clone3": 435, "fork": 57, "vfork": 58, "exec": 59}
    ),
    "aarch64": (0xC00000B7, _AARCH64, {"ioctl": 29, "clone": 220, "clone3": 435, "exec": 221}),
}  # fmt: skip
_EXECVEAT = {"x86_64": 322, "aarch64": 281}
_OPEN = {"x86_64": (2, 85, 257, 437), "aarch64": (56, 437)}
"""open, creat, openat, openat2."""

_Step = tuple[int, int, int, int]
"""Operation, steps to skip if true, if false, and the operand (struct sock_filter)."""


def known() -> bool:
    """There is a filter for this machine's architecture."""
    return platform.machine() in _MACHINES


def forbid() -> None:
    """Restrict this process and all its descendants for good; nothing happens on an unknown architecture.

    Raises:
        OSError: the kernel refused.
    """
    if known():
        _, numbers, _ = _MACHINES[platform.machine()]
        _install([step for n in (*numbers.values(), *_BOTH.values()) for step in _refuse(n)] + _arguments())


def forbid_processes() -> None:
    """No new process and no other program from here on; threads are allowed. For a tool that needs none."""
    if not known():
        return
    _, _, special = _MACHINES[platform.machine()]
    steps = [step for name in ("fork", "vfork", "exec") if name in special for step in _refuse(special[name])]
    steps += _refuse(_EXECVEAT[platform.machine()])
    steps += [*_if_call(special["clone3"], [(_RETURN, 0, 0, _ABSENT)])]
    unless_thread = [(_LOAD, 0, 0, _ARGUMENTS), (_ANY_BIT, 1, 0, _THREAD), (_RETURN, 0, 0, _REFUSE)]
    _install([*steps, *_if_call(special["clone"], [*unless_thread, (_RETURN, 0, 0, _ALLOW)])])


def forbid_files() -> None:
    """No file is opened from here on, not even to be read. For a parser of texts that it is given."""
    if known():
        _install([step for number in _OPEN[platform.machine()] for step in _refuse(number)])


def _arguments() -> list[_Step]:
    """Calls that are refused for what they are asked to do."""
    _, _, special = _MACHINES[platform.machine()]
    spaces: list[_Step] = [
        (_LOAD, 0, 0, _ARGUMENTS), (_ANY_BIT, 0, 1, _NEW_NAMESPACES), (_RETURN, 0, 0, _REFUSE),
        (_RETURN, 0, 0, _ALLOW),
    ]  # fmt: skip
    terminal: list[_Step] = [(_LOAD, 0, 0, _ARGUMENTS + 8)]
    for request in _TERMINAL:
        terminal += [(_EQUAL, 0, 1, request), (_RETURN, 0, 0, _REFUSE)]
    terminal.append((_RETURN, 0, 0, _ALLOW))
    # clone3 has its flags in memory, where a filter cannot look; without it, the C library takes clone.
    without = _if_call(special["clone3"], [(_RETURN, 0, 0, _ABSENT)])
    return [*without, *_if_call(special["clone"], spaces), *_if_call(special["ioctl"], terminal)]


def _refuse(number: int) -> list[_Step]:
    return [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _REFUSE)]


def _if_call(number: int, steps: Sequence[_Step]) -> list[_Step]:
    """`steps` for one system call; they have to end by returning."""
    return [(_EQUAL, 0, len(steps), number), *steps]


def _install(steps: Sequence[_Step]) -> None:
    architecture, _, _ = _MACHINES[platform.machine()]
    program: list[_Step] = [
        (_LOAD, 0, 0, _ARCHITECTURE), (_EQUAL, 1, 0, architecture), (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER), (_GREATER_EQUAL, 0, 1, _X32), (_RETURN, 0, 0, _REFUSE),
        *steps, (_RETURN, 0, 0, _ALLOW),
    ]  # fmt: skip
    code = b"".join(struct.pack("HBBI", *step) for step in program)
    buffer = ctypes.create_string_buffer(code, len(code))
    header = struct.pack("HxxxxxxP", len(program), ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    for arguments in ((_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (_PR_SET_SECCOMP, _FILTER_MODE, header, 0, 0)):
        if libc.prctl(*arguments) < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
