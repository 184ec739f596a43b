#!/usr/bin/env bash
# Unpacks a program of another Debian suite, with all that it links to, and starts it through its own loader:
# nothing is installed in the system. Usage: debian.sh SUITE PACKAGE PROGRAM DIRECTORY
# Writes DIRECTORY/PROGRAM, a script that runs it. Exit status 3: this machine cannot.
set -euo pipefail
suite=$1 package=$2 program=$3 target=$4
[ ! -x "$target/$program" ] || exit 0
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null && [ -r "$keyring" ] || {
  echo "$package: Debian's apt and its keyring are needed (on Ubuntu: apt-get install debian-archive-keyring)" >&2
  exit 3
}
mkdir -p "$target/apt/lists/partial" "$target/apt/cache/archives/partial" "$target/tree"
target=$(cd "$target" && pwd)
echo "deb [signed-by=$keyring] http://deb.debian.org/debian $suite main" >"$target/apt/sources.list"
options=(-qq -o "Dir::Etc::sourcelist=$target/apt/sources.list" -o Dir::Etc::sourceparts=- -o Acquire::Languages=none
  -o "Dir::State::lists=$target/apt/lists" -o "Dir::Cache=$target/apt/cache" -o APT::Sandbox::User=)
apt-get "${options[@]}" update || exit 3
mapfile -t needed < <(apt-cache "${options[@]}" depends --recurse --no-recommends --no-suggests --no-conflicts \
  --no-breaks --no-replaces --no-enhances "$package" | grep '^[a-z0-9]' | sort -u)
mkdir -p "$target/debs"
(cd "$target/debs" && apt-get "${options[@]}" download "${needed[@]}")
for deb in "$target"/debs/*.deb; do dpkg-deb -x "$deb" "$target/tree"; done
rm -rf "$target/debs" "$target/apt"
loader=$(find "$target/tree" -name 'ld-linux-*.so.*' -print -quit)
libraries=$(dirname "$(find "$target/tree" -name libc.so.6 -print -quit)")
binary=$(readlink -e "$target/tree/usr/bin/$program")
cat >"$target/$program" <<RUN
#!/bin/sh
VIMRUNTIME="$target/tree/usr/share/nvim/runtime" exec "$loader" --library-path \
  "$libraries:$target/tree/usr/lib" "$binary" "\$@"
RUN
chmod +x "$target/$program"
