"""The parser's process: `python -m rtlwright.server.context.parser`, spoken to by `reader`.

It sees only texts it is sent, may be crashed or hung by them, and limits its own memory; where the
kernel can, it forbids itself files, sockets and processes, since an include directive may name any
path. It ends when nobody has asked for a while. Before each file it says which one it begins, so that
the reader knows which file it died of. Where the texts are strangers' (a team server), it is started in
a sandbox besides: see `cell`.
"""

from __future__ import annotations

import contextlib
import os
import resource
import sys
from collections.abc import Sequence
from typing import Any

from rtlwright.server.check.confine import seccomp
from rtlwright.server.context.extract import extract
from rtlwright.server.context.headers import to_row
from rtlwright.server.memory import release_startup_pages
from rtlwright.server.worker_main import Job, serve

_MEMORY = 3 * 2**29


def headers(params: Any, job: Job) -> int:
    """Parts: `{"begin": path}`, then `{"headers": row}` or `{"unreadable": reason}`, for every file."""
    texts, defines = params["texts"], params["defines"]
    for file in params["files"]:
        if job.cancelled.is_set():
            break
        job.part({"begin": file["path"]})
        includes = {name: texts[digest] for name, digest in file["includes"].items()}
        try:
            found = extract(file["path"], file["text"], includes, defines)
        except MemoryError:
            raise
        except Exception as error:
            job.part({"unreadable": f"{type(error).__name__}: {error}"[:200]})
        else:
            job.part({"headers": to_row(found)})
    return len(params["files"])


def _limit() -> None:
    for what, value in ((resource.RLIMIT_AS, _MEMORY), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 0)):
        with contextlib.suppress(ValueError, OSError):  # a lower limit is in force already
            resource.setrlimit(what, (value, value))


def _end() -> None:
    """The next call starts another one, in a tenth of a second."""
    os._exit(0)


def main(arguments: Sequence[str] = ()) -> None:
    """`arguments` are those of a `Cell`, or none."""
    if arguments:
        from rtlwright.server.check.confine.cell import Cell  # not loaded where it is not needed

        Cell.of(arguments).enter()
    release_startup_pages()
    _limit()
    with contextlib.suppress(OSError):  # a kernel without filters
        for forbid in (seccomp.forbid, seccomp.forbid_processes, seccomp.forbid_files):
            forbid()
    serve({"headers": headers}, rest=_end)


if __name__ == "__main__":
    main(sys.argv[1:])
