#!/usr/bin/env bash
# Installs Icarus Verilog beside the system's own, in a directory of the user's: nothing of the system changes.
#
#   scripts/eda.sh [12|13] [--beside] [--quiet] [--remove] [--prefix DIR]
#
# The packages are Debian's (of a newer suite, or Ubuntu's of a newer release), from the mirror that this machine's
# apt knows, verified against the suite's signed index by apt itself in a private state directory; where apt cannot do
# that, against the hashes in scripts/eda.pins. They do not start on an older C library, so they bring their own and are
# run by its loader. What the prefix holds is described in docs/eda.md; deleting it uninstalls.
#
# Exit status: 0 installed, there already or not needed; 2 wrong usage; 3 cannot be installed here.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
packages=(iverilog libc6 libgcc-s1 libstdc++6 libreadline8t64 libtinfo6 zlib1g libbz2-1.0)
version=12 beside='' quiet='' remove='' root=${RTLWRIGHT_EDA:-${XDG_DATA_HOME:-${HOME:+$HOME/.local/share}}/rtlwright/eda}

say() { [ -n "$quiet" ] || printf 'rtlwright eda: %s\n' "$*" >&2; }
stop() { status=$1; shift; printf 'rtlwright eda: %s\n' "$*" >&2; exit "$status"; }

while [ $# -gt 0 ]; do
  case $1 in
    12 | 13) version=$1 ;;
    --beside) beside=yes ;;
    --quiet) quiet=yes ;;
    --remove) remove=yes ;;
    --prefix) [ $# -gt 1 ] || stop 2 "--prefix needs a directory"; root=$2; shift ;;
    -h | --help) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
    *) stop 2 "unknown argument '$1'; usage: eda.sh [12|13] [--beside] [--quiet] [--remove] [--prefix DIR]" ;;
  esac
  shift
done
case $root in
  /rtlwright/eda) stop 3 "no home directory is known; name a place: RTLWRIGHT_EDA=/some/directory $0" ;;
  /*) ;;
  *) root=$PWD/$root ;;
esac
case $root in *[\'\"\\$'\n:']*) stop 2 "$root: a prefix without quotes, colons, backslashes or line ends is needed" ;; esac
prefix=$root/iverilog-$version

# "12.0" of an iverilog, nothing if it does not run.
version_of() { "$1" -V 2>/dev/null | sed -n '1s/.*version \([0-9.]*\).*/\1/p'; }

system_is_enough() {
  local own
  own=$(command -v iverilog) && own=$(version_of "$own") || return 1
  [ -n "$own" ] && [ "${own%%.*}" -ge "$version" ] || return 1
  say "this machine's own Icarus Verilog is $own: nothing to install (--beside installs $version all the same)"
}

multiarch() { # MACHINE → the packages' name for it
  case $(uname -m) in
    x86_64) echo amd64 ;;
    aarch64) echo arm64 ;;
    *) stop 3 "no packages for $(uname -m); build Icarus Verilog $version from its sources and set check.icarus" ;;
  esac
}

# The suite that has the version: Debian's, unless this is an Ubuntu (whose apt trusts Ubuntu's keys).
pick_suite() {
  local id
  id=$(. /etc/os-release 2>/dev/null && echo "${ID:-} ${ID_LIKE:-}") || true
  case "$version $id" in
    "12 ubuntu"*) suite=noble component='main universe' keyring=ubuntu-archive-keyring.gpg ;;
    12*) suite=trixie component=main keyring=debian-archive-keyring.gpg ;;
    *) suite=sid component=main keyring=debian-archive-keyring.gpg ;;
  esac
  case $suite in
    noble) canonical=http://archive.ubuntu.com/ubuntu ;;
    *) canonical=http://deb.debian.org/debian ;;
  esac
}

# The mirror that apt uses for this machine's own release, if it is one of the suite's distribution.
find_mirror() {
  local release found=''
  mirror=$canonical
  release=$(. /etc/os-release 2>/dev/null && echo "${VERSION_CODENAME:-}") || true
  # shellcheck disable=SC2016 # apt's own variables
  [ -z "$release" ] || found=$(apt-get indextargets --format '$(RELEASE) $(SITE)' 2>/dev/null \
    | sed -n "s/^$release //p" | sed 1q) || true
  case $found in
    */"${canonical##*/}" | */"${canonical##*/}"/) mirror=${found%/} ;;
  esac
}

# Verified by apt: the index by its signature, the packages by the index.
fetch_by_apt() {
  command -v apt-get >/dev/null || return 1
  local options names=() package signed=''
  mkdir -p "$work/state/lists/partial" "$work/cache/archives/partial"
  : >"$work/state/status"
  [ ! -e "/usr/share/keyrings/$keyring" ] || signed="Signed-By: /usr/share/keyrings/$keyring"
  printf '%s\n' "Types: deb" "URIs: $mirror" "Suites: $suite" "Components: $component" >"$work/eda.sources"
  [ -z "$signed" ] || printf '%s\n' "$signed" >>"$work/eda.sources"
  options=(
    -q=2 -o "Dir::State=$work/state" -o "Dir::State::status=$work/state/status" -o "Dir::Cache=$work/cache"
    -o "Dir::Etc::sourcelist=$work/eda.sources" -o Dir::Etc::sourceparts=/dev/null
    -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null
    -o "APT::Sandbox::User=$(id -un)" -o APT::Update::Error-Mode=any -o Acquire::Languages=none
    -o Acquire::Retries=1 -o Acquire::http::Timeout=15 -o Acquire::https::Timeout=15
    -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false
    -o Acquire::IndexTargets::deb::CNF::DefaultEnabled=false
    -o APT::Update::Post-Invoke-Success::= -o APT::Get::AllowUnauthenticated=false
  )
  for package in "${packages[@]}"; do names+=("$package/$suite"); done
  say "asking ${mirror#*://} for $suite"
  (cd "$work/debs" && apt-get "${options[@]}" update && apt-get "${options[@]}" download "${names[@]}") \
    >"$work/apt.log" 2>&1 || { say "apt could not bring them: $(grep -m1 '^[EW]:' "$work/apt.log" || echo 'no reason given')"; return 1; }
}

# Verified by the hashes in the repository.
fetch_by_pins() {
  [ "$version" = 12 ] && command -v curl >/dev/null || return 1
  local arch=$1 path sha file from=$mirror
  [ "$suite" = trixie ] || from=http://deb.debian.org/debian
  rm -f "$work"/debs/*
  say "fetching the pinned packages from ${from#*://}"
  while read -r _ sha path; do
    file=$work/debs/$(basename "$path")
    curl -fsSL --retry 1 --max-time 120 -o "$file" "$from/$path" 2>"$work/curl.log" \
      || { say "$(basename "$path"): $(sed 1q "$work/curl.log")"; return 1; }
    echo "$sha  $file" | sha256sum --check --status || stop 3 "$(basename "$path") is not what scripts/eda.pins says"
  done < <(grep "^$arch " "$here/eda.pins")
}

unpack() { # DEB DIRECTORY
  if command -v dpkg-deb >/dev/null; then dpkg-deb -x "$1" "$2"; return; fi
  local data
  data=$(ar t "$1" | grep '^data\.tar') || return 1
  case $data in
    *.xz) ar p "$1" "$data" | tar -xJ -C "$2" ;;
    *.zst) ar p "$1" "$data" | tar --zstd -x -C "$2" ;;
    *) ar p "$1" "$data" | tar -xz -C "$2" ;;
  esac
}

starter() { # FILE PROGRAM ARGUMENTS…: a command that runs PROGRAM by the prefix's own loader
  local file=$1 program=$2; shift 2
  printf '#!/bin/sh\nexec %s --library-path %s %s%s "$@"\n' \
    "'$prefix/lib/$loader'" "'$prefix/lib'" "'$prefix/$program'" "${*:+ $*}" >"$file"
  chmod 755 "$file"
}

# Takes what is needed from the unpacked packages: programs, targets, system tasks, libraries, licences.
arrange() {
  local tree=$work/tree made=$work/made library program
  mkdir -p "$made/bin" "$made/lib" "$made/libexec"
  cp -a "$tree"/usr/lib/*/ivl "$made/ivl"
  rm -rf "$made/ivl/include"
  cp "$tree/usr/bin/iverilog" "$tree/usr/bin/vvp" "$made/libexec/"
  for library in libc.so.6 libm.so.6 libdl.so.2 libpthread.so.0 libgcc_s.so.1 libstdc++.so.6 libreadline.so.8 \
    libtinfo.so.6 libz.so.1 libbz2.so.1.0 'ld-linux*.so.*'; do
    find "$tree" -name "$library" -not -path '*/lib64/*' -exec cp -L {} "$made/lib/" \;
  done
  loader=$(cd "$made/lib" && ls -d ld-linux*.so.* | sed 1q)
  for program in ivl ivlpp vhdlpp; do
    [ -e "$made/ivl/$program" ] || continue
    mv "$made/ivl/$program" "$made/libexec/$program"
    starter "$made/ivl/$program" "libexec/$program"
  done
  starter "$made/bin/iverilog" libexec/iverilog "'-B$prefix/ivl'"
  starter "$made/bin/vvp" libexec/vvp
  mkdir -p "$made/share"
  (cd "$tree/usr/share/doc" && for program in */copyright; do cp -L "$program" "$made/share/copyright.${program%%/*}"; done)
}

# A tiny design through the whole chain, from where it is going to stay.
works() {
  local found
  found=$(version_of "$prefix/bin/iverilog")
  [ "${found%%.*}" = "$version" ] || return 1
  printf 'module t; initial begin $display("%%0d", 6 * 7); $finish(0); end endmodule\n' >"$work/t.v"
  "$prefix/bin/iverilog" -o "$work/t.vvp" "$work/t.v" && [ "$("$prefix/bin/vvp" -n "$work/t.vvp")" = 42 ]
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
mkdir -p "$work/debs" "$work/tree"
if [ -n "$remove" ]; then rm -rf "$prefix"; say "removed $prefix"; exit 0; fi
if [ -e "$prefix/manifest" ] && works; then say "Icarus Verilog $version is in $prefix"; exit 0; fi
if [ -z "$beside" ] && system_is_enough; then exit 0; fi
[ "$(uname -s)" = Linux ] || stop 3 "only on Linux; here the package manager has Icarus Verilog $version (brew install icarus-verilog)"
mkdir -p "$root" 2>/dev/null && [ -w "$root" ] || stop 3 "cannot write $root; name another place: RTLWRIGHT_EDA=/some/directory $0"
arch=$(multiarch)
pick_suite
find_mirror
fetch_by_apt || fetch_by_pins "$arch" \
  || stop 3 "Icarus Verilog $version could not be fetched; rtlwright goes on with the one that is there"
for deb in "$work"/debs/*.deb; do unpack "$deb" "$work/tree" || stop 3 "cannot unpack $(basename "$deb"): dpkg-deb, or ar and tar with xz, is needed"; done
arrange
{ echo "version $(basename "$(ls "$work"/debs/iverilog_*)" .deb | cut -d_ -f2)"; (cd "$work/debs" && sha256sum ./*.deb); } >"$work/made/manifest"
rm -rf "$prefix"
cp -a "$work/made" "$prefix.$$" && mv "$prefix.$$" "$prefix"
works || { rm -rf "$prefix"; stop 3 "Icarus Verilog $version does not run on this machine"; }
say "Icarus Verilog $version is in $prefix ($(du -sm "$prefix" | cut -f1) MB); rtlwright finds it there, uninstall: $0 $version --remove"
