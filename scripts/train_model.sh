#!/usr/bin/env bash
# Builds the shipped model from nothing: synthetic RTL, pretraining, GGUF, measurement.
# Usage: scripts/train_model.sh [DIR]      resumes what DIR (default runs/model) has already.
# Takes about 6 minutes for the data and MINUTES (default 101) for the training, on one core of two.
set -euo pipefail
cd "$(dirname "$0")/.."
dir=${1:-runs/model}
bin=${VENV:-.venv}/bin
minutes=${MINUTES:-101}
"$bin/rtlwright" synth --count 65000 --seed 2026 --yosys 0.05 --shard-size 5000 --jobs 2 --out "$dir/data"
resume=(); [ -e "$dir/run/checkpoint.pt" ] && resume=(--resume)
"$bin/rtlwright" train pretrain --data "$dir/data" --out "$dir/run" --minutes "$minutes" --threads 1 "${resume[@]}"
"$bin/rtlwright" quantize "$dir/run" --to gguf --out "$dir/rtlwright-small.gguf"
"$bin/rtlwright" synth --count 500 --seed 4711 --shard-size 500 --out "$dir/unseen"
"$bin/rtlwright" synth --count 200 --seed 4711 --shard-size 200 --held-out --out "$dir/held-out-families"
# Of rows with a seed of their own, any half is unseen.
"$bin/rtlwright" train measure "$dir/rtlwright-small.gguf" --data "$dir/unseen" --limit 250 --validation-percent 50
"$bin/rtlwright" train measure "$dir/rtlwright-small.gguf" --data "$dir/held-out-families" --limit 100
