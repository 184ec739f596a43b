"""A toolchain for all tests of the benchmarks, and the benchmarks' own data where this machine has it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from mini import write_v1, write_v2

from rtlwright.eval.harness import Harness
from rtlwright.eval.pool import Pool
from rtlwright.eval.toolchain import Toolchain
from rtlwright.eval.verilogeval.v1 import load_v1
from rtlwright.eval.verilogeval.v2 import load_v2
from rtlwright.server.config import CheckConfig
from rtlwright.server.errors import MissingError

BESIDE = Path(__file__).parents[4] / "shared" / "data" / "verilog-eval-v1"


@pytest.fixture(scope="session")
def toolchain() -> Toolchain:
    try:
        return Toolchain.find(CheckConfig())
    except MissingError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def pool(toolchain: Toolchain) -> Iterator[Pool]:
    pool = Pool(toolchain, 2)
    yield pool
    pool.close()


@pytest.fixture
def reference_icarus(toolchain: Toolchain) -> None:
    if toolchain.icarus.major != 12:
        pytest.skip("letters are those of Icarus Verilog 12; `make eda` installs it")


@pytest.fixture(scope="session")
def verilogeval() -> Path:
    """VerilogEval v1's data: not part of this repository."""
    folder = Path(os.environ.get("RTLWRIGHT_VERILOGEVAL", BESIDE))
    if not (folder / "VerilogEval_Human.jsonl").exists():
        pytest.skip("VerilogEval v1 is not here; RTLWRIGHT_VERILOGEVAL names its folder")
    return folder


@pytest.fixture
def mini_v1(tmp_path: Path) -> Harness:
    return load_v1(write_v1(tmp_path / "VerilogEval_Mini.jsonl"), None)


@pytest.fixture
def mini_v2(tmp_path: Path) -> Harness:
    return load_v2(write_v2(tmp_path / "dataset"))
