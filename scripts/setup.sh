#!/usr/bin/env bash
# Sets up .venv and the system's tools. Usage: scripts/setup.sh base|dev
# Does nothing, in a few milliseconds, when everything is as it should be.
set -euo pipefail
cd "$(dirname "$0")/.."
kind=${1:-base}
lock=requirements/$kind.txt
venv=${VENV:-.venv}
say() { printf 'rtlwright setup: %s\n' "$*" >&2; }

python_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
  local candidate
  for candidate in "${PYTHON:-python3}" python3.13 python3.12 python3.11; do
    if command -v "$candidate" >/dev/null && python_new_enough "$candidate"; then
      echo "$candidate"; return
    fi
  done
  say "Python 3.11 or newer is needed; install it, or name one: make PYTHON=/path/to/python3.12"
  exit 3
}

make_venv() {
  [ -x "$venv/bin/python" ] && return
  if command -v uv >/dev/null; then
    uv venv -q --python "${PYTHON:->=3.11}" "$venv"
  else
    "$(find_python)" -m venv "$venv" || { say "run: sudo apt-get install python3-venv"; exit 3; }
  fi
}

install_packages() {
  if command -v uv >/dev/null; then
    uv pip install -q --python "$venv/bin/python" --require-hashes -r "$lock"
    uv pip install -q --python "$venv/bin/python" --no-deps -e .
  else
    "$venv/bin/python" -m pip --version >/dev/null 2>&1 || "$venv/bin/python" -m ensurepip >/dev/null
    "$venv/bin/python" -m pip install -q --disable-pip-version-check --require-hashes -r "$lock"
    "$venv/bin/python" -m pip install -q --disable-pip-version-check --no-deps -e .
  fi
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# The tools that pip cannot bring. Where we may not install, the command is told and the setup goes on:
# rtlwright works with what is there, and 'rtlwright doctor' tells what is missing.
install_tools() {
  local missing=()
  command -v iverilog >/dev/null || missing+=(iverilog)
  [ "$(uname -s)" != Linux ] || command -v bwrap >/dev/null || missing+=(bubblewrap)
  [ ${#missing[@]} -eq 0 ] && return
  local manager=() refresh=()
  if command -v apt-get >/dev/null; then manager=(apt-get install -y -qq); refresh=(apt-get update -qq)
  elif command -v dnf >/dev/null; then manager=(dnf install -y -q)
  elif command -v pacman >/dev/null; then manager=(pacman -S --noconfirm)
  else say "please install: ${missing[*]}"; return
  fi
  say "installing ${missing[*]}"
  if { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; } \
    && { [ ${#refresh[@]} -eq 0 ] || as_root "${refresh[@]}" >/dev/null || true; } \
    && DEBIAN_FRONTEND=noninteractive as_root "${manager[@]}" "${missing[@]}" >/dev/null; then
    return
  fi
  say "could not install them here; type: sudo ${manager[*]} ${missing[*]}"
}

# Tests judge by Icarus Verilog 12 where it is to be had (14 MB in the user's own directory); without it they use
# what there is. Tried once per set-up: a machine without network is not made to wait at each 'make test'.
install_reference_icarus() {
  [ "$kind" = dev ] || return 0
  scripts/eda.sh --quiet 12 || say "goes on with the system's Icarus Verilog; later: make eda"
}

# dev contains base: a stamp of dev is good for both.
digest=$(cat requirements/*.txt pyproject.toml scripts/setup.sh | cksum | tr -d ' ')
for done_kind in "$kind" dev; do
  if [ -e "$venv/.rtlwright-$done_kind-$digest" ] && [ -x "$venv/bin/rtlwright" ]; then
    install_tools
    exit 0
  fi
done
# An environment without the stamp may be right all the same: made by hand, or before this script was changed.
if ! { [ -x "$venv/bin/rtlwright" ] && "$venv/bin/python" scripts/installed.py "$lock"; }; then
  say "setting up $venv ($kind)"
  make_venv
  install_packages
fi
rm -f "$venv"/.rtlwright-"$kind"-*
touch "$venv/.rtlwright-$kind-$digest"
install_tools
install_reference_icarus
