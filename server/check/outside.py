"""Files outside of the project's root, which a filelist may name: where they stand in the tools' directory.

The tools see the project below one directory, by paths relative to its root. What lies elsewhere stands
below a folder in there that takes the place of `/`, so that `../ip/fifo.v` of `/srv/soc` is
`outside.root/srv/ip/fifo.v` for them, and `/srv/ip/fifo.v` again in what they say.
"""

from __future__ import annotations

import os
from pathlib import Path

_FOLDER = "outside.root"


def placed(path: str, root: Path) -> str:
    """Relative to the root, with forward slashes; `path` is relative to the root, or absolute."""
    whole = os.path.normpath(root / path)
    if Path(whole).is_relative_to(root):
        return Path(whole).relative_to(root).as_posix()
    return f"{_FOLDER}/{whole.replace(os.sep, '/').lstrip('/')}"


def told(path: str) -> str:
    """A path that a tool has named, as users know it: relative to the root, or absolute."""
    return path.removeprefix(_FOLDER) if path.startswith(f"{_FOLDER}/") else path
