"""How well structure fills port maps, on directories of RTL, one project each: no model, no gate.

    python tests/bench/port_maps.py DIRECTORY… [--cuts N] [--seed N] [--show]

Every place is the empty port map of an instance in a finished file; what follows it is known. `whole` is the
share of maps that are the author's but for white space; `nets` but for comments and layout too; `right`,
`wrong` and `open` are shares of the author's connections: the same net, another, or none.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from rtlwright.eval.completion.cuts import Cut, Kind, cuts_of
from rtlwright.server.config import Config
from rtlwright.server.context.index import ProjectIndex
from rtlwright.server.context.window import Context
from rtlwright.server.sources.portmap import propose_instance
from rtlwright.server.types import Cancel, Document

_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)


def connections(text: str) -> dict[str, str]:
    """Port → expression without white space; `.a` is `.a(a)`."""
    found, clean = {}, _COMMENT.sub("", text)
    for match in re.finditer(r"\.(\w+)\s*(\(|(?=[,)\s]))", clean):
        if not match[2]:
            found[match[1]] = match[1]
            continue
        depth, at = 1, match.end()
        while at < len(clean) and depth:
            depth += {"(": 1, ")": -1}.get(clean[at], 0)
            at += 1
        found[match[1]] = "".join(clean[match.end() : at - 1].split())
    return found


def measure(root: Path, cuts: list[Cut], show: bool) -> tuple[int, ...]:
    """(maps, proposed, whole, nets, connections, right, wrong, open)."""
    index = ProjectIndex(root, Config.load(root).project, None)
    total = [0] * 8
    for cut in cuts:
        document = Document.of(cut.file, cut.prefix + cut.rest)
        index.ensure()
        index.update(document, Cancel())
        context = Context.at(document, len(cut.prefix), (), index)
        proposed = max(propose_instance(context, Cancel()), key=lambda c: c.score, default=None)
        wanted = connections(cut.wanted)
        got = connections(proposed.text) if proposed else {}
        total[0] += 1
        if proposed is None:
            continue
        right = sum(got.get(port) == net for port, net in wanted.items())
        left = sum(not got.get(port) and bool(net) for port, net in wanted.items())
        whole = proposed.text.split() == cut.wanted.split()
        for at, value in enumerate(
            (
                1,
                whole,
                right == len(wanted) and len(got) == right,
                len(wanted),
                right,
                len(wanted) - right - left,
                left,
            ),
            1,
        ):
            total[at] += value
        if show and not whole:
            print(f"== {cut.id}\n{cut.wanted}\n-- proposed\n{proposed.text}")
    index.close()
    return tuple(total)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("directories", nargs="+", type=Path)
    parser.add_argument("--cuts", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args()
    print(f"{'':24}  maps  proposed  whole  nets  connections  right  wrong  open")
    sums = [0] * 8
    for root in options.directories:
        cuts = cuts_of(root, options.cuts, options.seed, rest=True, kinds=[Kind.PORT_MAP])
        row = measure(root, cuts, options.show)
        sums = [a + b for a, b in zip(sums, row, strict=True)]
        _print(root.name, row)
    _print("all", sums)


def _print(name: str, row: tuple[int, ...] | list[int]) -> None:
    maps, proposed, whole, nets, ports, right, wrong, left = row
    shares = " ".join(f"{value / max(1, ports):6.1%}" for value in (right, wrong, left))
    whole, nets = (f"{value / max(1, proposed):6.1%}" for value in (whole, nets))
    print(f"{name[:24]:24} {maps:5} {proposed:9} {whole} {nets} {ports:8}   {shares}")


if __name__ == "__main__":
    main()
