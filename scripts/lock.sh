#!/usr/bin/env bash
# Pins every dependency, with hashes and for every platform, from pyproject.toml. Needs uv.
# Requirement files and not uv.lock: pip reads them too, and they name no package index, so that the
# same lock installs from whatever index or mirror a machine is set up with.
set -euo pipefail
cd "$(dirname "$0")/.."
UV=${UV:-uv}
compile() { # NAME [extra…]
  local name=$1 extras=(); shift
  for extra in "$@"; do extras+=(--extra "$extra"); done
  "$UV" pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
    --no-emit-index-url "${extras[@]}" pyproject.toml -o "requirements/$name.txt" "${UPGRADE[@]}"
}
UPGRADE=(); [ "${1:-}" = --upgrade ] && UPGRADE=(--upgrade)
compile base
compile dev tui train serve dev
