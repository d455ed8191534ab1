#!/usr/bin/env bash
# with_postgres.sh [--stock] COMMAND...: runs COMMAND with DATABASE_URL naming a throwaway PostgreSQL.
# Durability is off for speed; --stock keeps the server's own settings, for figures that mean something.
set -euo pipefail

fast=(-c fsync=off -c synchronous_commit=off -c full_page_writes=off)
if [ "${1:-}" = --stock ]; then
    fast=()
    shift
fi

bin=$(compgen -G '/usr/lib/postgresql/*/bin' | sort -V | tail -n 1 || true)
if [ -z "$bin" ]; then
    echo "PostgreSQL is missing: .ci/system_packages.sh test installs it." >&2
    exit 1
fi

home=$(mktemp -d "${TMPDIR:-/tmp}/countersign-postgres.XXXXXX")
as_server=()
if [ "$(id -u)" -eq 0 ]; then # the server refuses to run as root
    chown postgres: "$home"
    as_server=(runuser -u postgres --)
fi
server() { (cd "$home" && "${as_server[@]}" "$@"); }
cleanup() {
    server "$bin/pg_ctl" -D "$home/data" -m immediate -w stop >/dev/null 2>&1 || true
    rm -rf "$home"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
port=$(python3 "$(dirname "$0")/../tests/ports.py")
server sh -c "umask 077; echo $password >password"
server "$bin/initdb" -D "$home/data" -U countersign --pwfile="$home/password" --auth=scram-sha-256 \
    --encoding=UTF8 --locale=C.UTF-8 >/dev/null
options="-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories=$home -c max_connections=200 ${fast[*]:-}"
if ! server "$bin/pg_ctl" -D "$home/data" -l "$home/log" -o "$options" -w -t 180 start >/dev/null; then
    cat "$home/log" >&2
    exit 1
fi
PGPASSWORD=$password "$bin/createdb" -h 127.0.0.1 -p "$port" -U countersign countersign

export DATABASE_URL="postgres://countersign:$password@127.0.0.1:$port/countersign"
export PRODUCTION=false
status=0
"$@" || status=$?
exit "$status"
