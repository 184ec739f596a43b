#!/usr/bin/env python
"""Writes server/check/icarus/versions.json: which constructs each Icarus on this machine does not read.

The constructs are the valid ones of tests/unit/check/versions/constructs.txt. Versions that are not here keep
what was measured before. Run it after a change of that file, with 11, 12 and 13 at hand (`make eda`).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "unit" / "check"))

from construct_cases import constructs, unread  # noqa: E402

from rtlwright.server.check.icarus.find import installed  # noqa: E402

TABLE = ROOT / "server" / "check" / "icarus" / "versions.json"


def main() -> None:
    table = json.loads(TABLE.read_text()) if TABLE.exists() else {"unread": {}}
    table["constructs"] = sum(each.valid for each in constructs())
    for install in installed():
        table["unread"][str(install.major)] = unread(install)
        print(f"Icarus {install.version}: {len(table['unread'][str(install.major)])} not read")
    TABLE.write_text(json.dumps(table, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
