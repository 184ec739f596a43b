"""What keeps processes small, in processes of their own."""

from __future__ import annotations

import subprocess
import sys

import pytest

SHARE = """
import os
import re
from pathlib import Path
from rtlwright.server.check.yosys.host import warm
from rtlwright.server.memory import release_startup_pages

def mapped():
    return int(re.search(r"^Rss: +(\\d+)", Path("/proc/self/smaps_rollup").read_text(), re.M)[1])

scratch = Path({scratch!r})
warm(scratch)
child = os.fork()  # what was relocated is shared with it
if child == 0:
    release_startup_pages()
    warm(scratch)
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
before = mapped()
release_startup_pages()
after = mapped()
warm(scratch)
print(before, after)
"""


def run(text: str) -> str:
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="page tables are Linux'")
def test_yosys_works_on_with_the_pages_that_it_needs(tmp_path: object) -> None:
    pytest.importorskip("pyosys")
    before, after = map(int, run(SHARE.format(scratch=str(tmp_path))).split())
    assert after < before - 10_000, "in kB"


def test_methods_of_the_protocols_types_know_no_names_that_they_do_not_use() -> None:
    told = run(
        "import rtlwright.lsp.lean\n"
        "from lsprotocol import converters, types\n"
        "given = types.CompletionParams(types.TextDocumentIdentifier('a'), types.Position(1, 2))\n"
        "converter = converters.get_converter()\n"
        "assert converter.structure(converter.unstructure(given), types.CompletionParams) == given\n"
        "print(max(len(each.__init__.__globals__) for each in types.ALL_TYPES_MAP.values()\n"
        "          if hasattr(each, '__attrs_attrs__')))\n"
    )
    assert int(told) < 40, "the module has eight hundred"
