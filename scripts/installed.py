"""Exit status 0 if this environment is what a lock file and pyproject.toml ask for: `installed.py LOCK`.

For `setup.sh`, which need then install nothing. In doubt (no `packaging` to read markers with) it is not.
"""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path


def main() -> int:
    try:
        from packaging.requirements import Requirement
    except ImportError:
        return 1
    lines = Path(sys.argv[1]).read_text().splitlines()
    wanted = [Requirement(line.rstrip("\\ ")) for line in lines if line[:1].isalnum()]
    try:
        if any(not each.specifier.contains(version(each.name)) for each in wanted if _concerns(each)):
            return 1
        own = distribution("rtlwright")
    except PackageNotFoundError:
        return 1
    place = Path(str(own.locate_file(f"rtlwright-{own.version}.dist-info/METADATA")))
    return int(not place.exists() or place.stat().st_mtime < Path("pyproject.toml").stat().st_mtime)


def _concerns(requirement: object) -> bool:
    marker = getattr(requirement, "marker", None)
    return marker is None or bool(marker.evaluate())


sys.exit(main())
