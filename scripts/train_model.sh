#!/usr/bin/env bash
# Builds a model like the shipped one from nothing: questions, rows, pretraining, fine-tuning, GGUF, measurement.
# Usage: scripts/train_model.sh [DIR]      resumes what DIR (default runs/model) has already.
# Takes about 8 minutes for the data and MINUTES (default 240) and a tenth more for the training, on one core of
# two. RTLWRIGHT_BENCHMARKS names the benchmarks that no row may overlap (see docs/training.md).
set -euo pipefail
cd "$(dirname "$0")/.."
dir=${1:-runs/model}
bin=${VENV:-.venv}/bin
minutes=${MINUTES:-240}
resume() { [ -e "$1/checkpoint.pt" ] && echo --resume || true; }
RTLWRIGHT_BENCHMARKS= "$bin/rtlwright" synth --questions --seed 90001 --out "$dir/questions"
RTLWRIGHT_BENCHMARKS="${RTLWRIGHT_BENCHMARKS:+$RTLWRIGHT_BENCHMARKS:}$dir/questions/known:$dir/questions/held-out" \
  "$bin/rtlwright" synth --count 127000 --seed 2026 --yosys 0.02 --shard-size 5000 --jobs 2 --out "$dir/data"
"$bin/rtlwright" train pretrain --data "$dir/data" --out "$dir/base" --minutes "$minutes" --threads 1 $(resume "$dir/base")
"$bin/rtlwright" train sft --from "$dir/base" --data "$dir/data" --out "$dir/run" --minutes $((minutes / 10)) --threads 1 \
  $(resume "$dir/run")
"$bin/rtlwright" quantize "$dir/run" --to gguf --out "$dir/rtlwright-small.gguf"
"$bin/rtlwright" train measure "$dir/rtlwright-small.gguf" --data "$dir/questions/known" --data "$dir/questions/held-out" \
  --limit 300 --validation-percent 100
