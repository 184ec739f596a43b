#!/usr/bin/env bash
# Measures every figure of docs/results.md anew.  Usage: scripts/results.sh [DIR]      (default runs/results)
#
# Stopped, it goes on where it was; with another model file it begins anew, in a folder of its own.
#   MODEL                   embedded (the shipped one, the default) or a GGUF file
#   PARTS                   which: "harness verilogeval spec completion" (the default) and "throughput"
#   RTLWRIGHT_VERILOGEVAL   folder of VerilogEval v1's JSONL files
#   RTLWRIGHT_VERILOGEVAL2  checkout of VerilogEval v2
#   RTLWRIGHT_RTLLM         checkouts of RTLLM, v1.1 and v2.0, separated by colons
#   RTLWRIGHT_REPOSITORIES  folders of RTL that nobody has tuned anything on, separated by colons
# What is not named is left out. About 40 minutes on two cores, and 5 for the throughput.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=${VENV:-.venv}/bin
model=${MODEL:-embedded}
file=$model; [ "$model" = embedded ] && file=server/model/rtlwright-small.gguf
weights=$(sha256sum "$file" | cut -c1-16)
out=${1:-runs/results}/$weights
mkdir -p "$out"
echo "model file $file, sha256 $weights…; logs and tables in $out" >&2

part() { case " ${PARTS:-harness verilogeval spec completion} " in *" $1 "*) true;; *) false;; esac; }
measure() { # NAME WORDS…: the figures go into a file
  local name=$1; shift
  printf '\n## %s\n$ rtlwright eval %s\n' "$name" "$*"
  "$bin/rtlwright" eval "$@" --json --log "$out/$name" > "$out/$name.json.part" || [ $? = 1 ]
  mv "$out/$name.json.part" "$out/$name.json"
}
IFS=: read -ra repositories <<< "${RTLWRIGHT_REPOSITORIES:-}"
IFS=: read -ra rtllm <<< "${RTLWRIGHT_RTLLM:-}"
v1=${RTLWRIGHT_VERILOGEVAL:-} v2=${RTLWRIGHT_VERILOGEVAL2:-}

if part harness; then
  for set in ${v1:+Human Machine}; do
    measure "reference-v1-$set" verilogeval --problems "$v1/VerilogEval_$set.jsonl" --samples reference
  done
  for set in ${v2:+spec-to-rtl code-complete-iccad2023}; do
    measure "reference-v2-$set" verilogeval --problems "$v2/dataset_$set" --samples reference
  done
  for folder in ${rtllm[@]+"${rtllm[@]}"}; do
    measure "reference-$(basename "$folder")" rtllm --problems "$folder" --samples reference
  done
fi

if part spec || part completion; then
  [ -e "$out/questions/done" ] || RTLWRIGHT_BENCHMARKS= "$bin/rtlwright" synth --questions --seed 90001 --out "$out/questions"
  touch "$out/questions/done"
fi
if part spec; then
  for set in known held-out; do
    measure "spec-$set" spec --problems "$out/questions/$set" --model "$model" -n 5 --repair 2
  done
fi
if part completion; then
  for set in known held-out; do
    measure "next-line-$set" completion "$out/questions/$set" --cuts 250 --kind "next line" --rest --model "$model"
    measure "next-line-$set-at-end" completion "$out/questions/$set" --cuts 250 --kind "next line" --model "$model"
  done
  if [ ${#repositories[@]} -gt 0 ]; then
    measure repositories completion "${repositories[@]}" --cuts 25 --model "$model"
    measure repositories-rest completion "${repositories[@]}" --cuts 25 --rest --model "$model"
  fi
fi

if part verilogeval; then
  for set in ${v1:+Human Machine}; do
    measure "v1-$set" verilogeval --problems "$v1/VerilogEval_$set.jsonl" --model "$model" --preset rtlcoder --max-tokens 512
  done
fi
if part throughput && [ -n "$v1" ]; then
  "$bin/python" tests/bench/bench_eval.py --problems "$v1/VerilogEval_Human.jsonl" --json "$out/throughput.json" | tee "$out/throughput.txt"
fi
"$bin/python" scripts/results_table.py "$out" | tee "$out/tables.md"
