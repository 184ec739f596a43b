#!/usr/bin/env bash
# PostgreSQL from the system's packages, for the tests of the team's store: they start their own server, as a process
# of their own. No cluster is made, and no service started.
set -euo pipefail
have() { command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; }
say() { printf 'rtlwright: %s\n' "$*" >&2; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }
have && exit 0
if command -v apt-get >/dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  as_root apt-get update -qq
  as_root apt-get install -y -qq --no-install-recommends postgresql-common >/dev/null
  as_root sed -i 's/^#\?create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
  as_root apt-get install -y -qq --no-install-recommends postgresql >/dev/null
elif command -v dnf >/dev/null; then as_root dnf install -y -q postgresql-server
elif command -v pacman >/dev/null; then as_root pacman -S --noconfirm postgresql
else say "please install PostgreSQL (initdb and postgres)"; exit 3
fi
have || { say "PostgreSQL could not be installed; type: sudo apt-get install postgresql"; exit 3; }
