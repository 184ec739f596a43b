"""A handful of rows by hand, and a tiny run trained on them once."""

import json
from pathlib import Path

import pytest

from rtlwright.training.config import PretrainConfig
from rtlwright.training.pretrain import pretrain
from rtlwright.training.report import Reporter

NAMES = ["tick_gen", "burst_cnt", "slot_sel", "frame_mux", "byte_latch", "word_hold", "pulse_det", "lane_or"]


def row(index: int, held_out: bool = False) -> dict[str, object]:
    """One of two families, with a name and a width of its own."""
    name, width = f"{NAMES[index % len(NAMES)]}{index}", index % 7 + 2
    if index % 2:
        spec = f"Design {name}, a {width}-bit register: q_{name} follows d_{name} at each rising edge of clk."
        wide = f"[{width - 1}:0]"
        header = f"module {name} (input clk, input {wide} d_{name}, output reg {wide} q_{name});"
        body = f"  always @(posedge clk) begin\n    q_{name} <= d_{name};\n  end\n"
    else:
        spec = f"Write {name}: y_{name} is the OR of a_{name} and b, all of {width} bits."
        wide = f"[{width - 1}:0]"
        header = f"module {name} (input {wide} a_{name}, input {wide} b, output {wide} y_{name});"
        body = f"  assign y_{name} = a_{name} | b;\n"
    return {
        "id": f"row-{index}",
        "family": "register" if index % 2 else "or",
        "seed": index,
        "voice": "terse",
        "name": name,
        "language": "verilog",
        "spec": spec,
        "header": header,
        "module": f"{header}\n{body}endmodule\n",
        "testbench": "",
        "held_out": held_out,
    }


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus folder of 120 rows, the last eight from a family held out."""
    folder = tmp_path_factory.mktemp("rows")
    rows = [row(index, held_out=index >= 112) for index in range(120)]
    lines = [json.dumps(entry) + "\n" for entry in rows]
    (folder / "shard-00000.jsonl").write_text("".join(lines[:60]), "utf-8")
    (folder / "shard-00001.jsonl").write_text("".join(lines[60:]), "utf-8")
    return folder


@pytest.fixture(scope="session")
def tiny() -> dict[str, object]:
    """The configuration of the smallest model that all steps still work with."""
    return {
        "model": {"layers": 2, "hidden": 64, "heads": 2, "kv_heads": 2, "feed_forward": 96, "context": 256},
        "corpus": {"vocabulary": 448, "lexicon": 24, "sequence": 256, "validation_percent": 5},
        "batch": 2,
        "warmup_steps": 2,
        "log_steps": 1,
        "threads": 1,
    }


@pytest.fixture(scope="session")
def trained(data: Path, tiny: dict[str, object], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished tiny run of eight steps."""
    out = tmp_path_factory.mktemp("runs") / "tiny"
    config = PretrainConfig.model_validate({**tiny, "steps": 8})
    result = pretrain(data, out, config, False, Reporter(quiet=True))
    assert result.finished and result.steps == 8 and result.loss < 6.5
    return out
