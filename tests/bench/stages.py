"""Prints the median milliseconds of each leg and stage that `make bench` wrote into its JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

COLUMNS = ("context", "sources", "check", "splice", "syntax", "icarus", "yosys")


def main() -> None:
    table = Table("median ms", "request", *COLUMNS)
    for bench in json.loads(Path(sys.argv[1]).read_text())["benchmarks"]:
        legs = bench["extra_info"].get("median ms")
        if legs:
            request = f"{bench['stats']['median'] * 1e3:.1f}"
            table.add_row(bench["param"] or bench["name"], request, *(str(legs.get(c, "-")) for c in COLUMNS))
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
