#!/usr/bin/env bash
# Rebuilds a tiny model from nothing and completes with it: synth, pretrain, sft, reject, quantize, complete.
# Usage: scripts/model_smoke.sh [DIR]      DIR (default: a fresh temporary folder) receives the files.
# Takes under 6 minutes on two cores, most of it the STEPS (default 300, of 4,096 tokens) of pretraining.
set -euo pipefail
cd "$(dirname "$0")/.."
began=$SECONDS
root=$PWD
bin=$root/${VENV:-.venv}/bin
[[ ${VENV:-.venv} = /* ]] && bin=$VENV/bin
if [ $# -gt 0 ]; then dir=$1; else dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; fi
steps=${STEPS:-300}
families=gate,mux2,register,register_init,counter,subtractor,comparator,edge_detector,wires,toggle
mkdir -p "$dir"
cat > "$dir/tiny.json" <<JSON
{"model": {"layers": 4, "hidden": 128, "heads": 4, "kv_heads": 4, "feed_forward": 384, "context": 512}, "threads": 1,
 "corpus": {"vocabulary": 1024, "sequence": 512}, "batch": 8}
JSON
say() { echo "== $1 ($((SECONDS - began)) s)"; }

say "synth: 4000 verified triples of ten families"
"$bin/rtlwright" synth --count 4000 --seed 1 --families $families --yosys 0.1 --jobs 2 --out "$dir/rows"
"$bin/rtlwright" synth --count 30 --seed 2 --families $families --against "$dir/rows" --out "$dir/questions"
say "pretrain: $steps steps"
"$bin/rtlwright" train pretrain --data "$dir/rows" --out "$dir/base" --config "$dir/tiny.json" --steps "$steps"
say "sft"
"$bin/rtlwright" train sft --from "$dir/base" --data "$dir/rows" --out "$dir/sft" --steps 40
say "reject: one small round, what passed is a data set"
"$bin/rtlwright" train reject "$dir/sft" --data "$dir/rows" --out "$dir/passed" --limit 20 --samples 2 --references
"$bin/rtlwright" train sft --from "$dir/sft" --data "$dir/passed" --out "$dir/round1" --steps 10
say "quantize"
"$bin/rtlwright" quantize "$dir/round1" --to gguf --out "$dir/tiny.gguf"
say "measure: 30 specifications that it has not seen"
"$bin/rtlwright" train measure "$dir/tiny.gguf" --data "$dir/questions" --limit 30 --validation-percent 100 --json \
  > "$dir/measured.json"
say "complete: a line in an unfinished file"
printf 'module top (\n  input logic clk,\n  input logic [7:0] d,\n  output logic [7:0] q\n);\n  always_ff @(posedge clk) begin\n    \n  end\nendmodule\n' > "$dir/top.sv"
(cd "$dir" && RTLWRIGHT_MODEL_PATH="$dir/tiny.gguf" "$bin/rtlwright" complete top.sv:7:5 --json) > "$dir/completed.json" || true
"$bin/python" - "$dir" <<'PY'
import json, sys
from pathlib import Path

folder = Path(sys.argv[1])
spec = json.loads((folder / "measured.json").read_text())["spec"]["seen"]
answer = json.loads((folder / "completed.json").read_text())
shown = [s["text"].strip() for s in answer["suggestions"] if s["source"] == "model"]
print(f"{spec['rows']} unseen specifications: {spec['compiles']:.0%} compile, {spec['passes']:.0%} pass, "
      f"{spec['any_passes']:.0%} pass with five answers; completion: {shown or 'none shown'}")
if spec["compiles"] < 0.2:
    sys.exit("the tiny model has learned too little: fewer than a fifth of its modules compile")
PY
say "done"
