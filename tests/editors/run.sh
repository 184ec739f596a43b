#!/usr/bin/env bash
# `make test-editors`: the real editors, with the real server. Installs them below .cache/editors at the first run
# (about 600 MB and two minutes), which git ignores. Says what it could not install, and what was therefore not tested.
# Usage: tests/editors/run.sh [vscode|nvim|emacs]…    Exit status: 0 all that could run passed, 1 a failure, 3 nothing ran.
set -uo pipefail
cd "$(dirname "$0")/../.."
export RTLWRIGHT_EDITORS=${RTLWRIGHT_EDITORS:-$PWD/.cache/editors}
export RTLWRIGHT=${RTLWRIGHT:-$PWD/${VENV:-.venv}/bin/rtlwright}
prefix=$RTLWRIGHT_EDITORS here=tests/editors
passed=() failed=() skipped=()
say() { printf 'test-editors: %s\n' "$*" >&2; }
skip() { skipped+=("$1"); say "$1 not tested: $2"; }
verdict() { if [ "$2" = 0 ]; then passed+=("$1"); else failed+=("$1"); fi; }

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

# The browser and what code-server's native modules are built with; Debian's and Ubuntu's names.
system_packages() {
  local missing=()
  command -v chromium >/dev/null || [ -n "${CHROMIUM:-}" ] || command -v google-chrome >/dev/null || missing+=(chromium)
  [ -d "$prefix/code-server" ] || [ -e /usr/include/krb5.h ] || missing+=(libkrb5-dev pkg-config)
  [ ${#missing[@]} -eq 0 ] && return
  say "installing ${missing[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null 2>&1 \
    || { say "type: sudo apt-get install ${missing[*]}"; return 1; }
}

# VS Code in a browser. The last release for Node 20 runs there alone: its native modules are built for it.
code_server() {
  local target=$prefix/code-server code=$prefix/code-server/node_modules/code-server/lib/vscode
  [ -e "$target/.ready" ] && return
  mkdir -p "$target"
  npm install --silent --no-fund --no-audit --ignore-scripts --prefix "$target" code-server@4.100.3 playwright-core@1.65.1 || return 1
  (cd "$code" && npm install --silent --no-fund --no-audit --omit=dev --ignore-scripts) || return 1
  (cd "$code/extensions" && npm install --silent --no-fund --no-audit --omit=dev --ignore-scripts) || return 1
  npm rebuild --silent --prefix "$code" @vscode/spdlog native-watchdog @parcel/watcher kerberos || return 1
  npm rebuild --silent --prefix "$target" argon2 || return 1
  touch "$target/.ready"
}

extension() {
  (cd editors/vscode \
    && { [ -d node_modules ] || npm ci --silent --no-fund --no-audit --ignore-scripts; } \
    && npm run --silent lint && npm run --silent test && npm run --silent package)
}

vscode() {
  command -v npm >/dev/null || { skip "VS Code" "npm is needed (Node 20)"; return; }
  extension >"$prefix/extension.log" 2>&1; local status=$?
  verdict "VS Code extension: lint, unit tests, package" $status
  [ $status = 0 ] || { tail -30 "$prefix/extension.log" >&2; return; }
  [ "$(node -p 'process.versions.node.split(".")[0]')" = 20 ] || { skip "VS Code end to end" "code-server 4.100.3 needs Node 20"; return; }
  system_packages || { skip "VS Code end to end" "no browser"; return; }
  code_server >"$prefix/code-server.log" 2>&1 || { skip "VS Code end to end" "code-server did not install, see $prefix/code-server.log"; return; }
  local file
  for file in "$here"/vscode/*.test.mjs; do
    node --test --test-concurrency=1 --test-reporter=spec "$file"; status=$?
    verdict "VS Code: $(basename "$file" .test.mjs)" $status
  done
}

neovim() {
  local version=$1 suite=$2 target=$prefix/nvim-$1
  "$here/debian.sh" "$suite" neovim nvim "$target" || { skip "Neovim $version" "it did not install"; return; }
  "$target/nvim" --version | grep -q "NVIM v$version" || { skip "Neovim $version" "Debian $suite has another one now"; return; }
  NVIM_UNDER_TEST=$target/nvim "$target/nvim" --clean -l "$here/nvim/run.lua"
  verdict "Neovim $version" $?
}

emacs() {
  local target=$prefix/emacs tree=$prefix/emacs/tree lisp
  "$here/debian.sh" sid emacs-nox emacs-nox "$target" || { skip "Emacs" "it did not install"; return; }
  lisp=$(echo "$tree"/usr/share/emacs/[0-9]*/lisp)
  EMACSLOADPATH=$(find "$lisp" -maxdepth 1 -type d ! -name obsolete -printf '%p:') EMACSDATA=${lisp%/lisp}/etc \
    "$target/emacs-nox" --dump-file="$(find "$tree" -name '*.pdmp' -print -quit)" --batch -l "$here/emacs.el"
  verdict "Emacs, Eglot" $?
}

# The plugin manager that most people have; a checkout of it may be named.
lazy() {
  export RTLWRIGHT_LAZY=${RTLWRIGHT_LAZY:-$prefix/lazy.nvim}
  [ -d "$RTLWRIGHT_LAZY" ] && return
  timeout 60 git clone --quiet --depth 1 --branch stable https://github.com/folke/lazy.nvim.git "$RTLWRIGHT_LAZY" 2>"$prefix/lazy.log" \
    || { export RTLWRIGHT_LAZY=; skip "lazy.nvim" "it could not be fetched ($(tail -1 "$prefix/lazy.log"))"; }
}

nvim() { lazy; neovim 0.12 sid; neovim 0.10 trixie; }

mkdir -p "$prefix"
for editor in "${@:-nvim emacs vscode}"; do for one in $editor; do "$one"; done; done
[ ${#passed[@]} -eq 0 ] || say "passed: $(IFS=';'; echo "${passed[*]}")"
[ ${#skipped[@]} -eq 0 ] || say "not tested: $(IFS=';'; echo "${skipped[*]}")"
[ ${#failed[@]} -eq 0 ] || { say "failed: $(IFS=';'; echo "${failed[*]}")"; exit 1; }
[ ${#passed[@]} -gt 0 ] || exit 3
