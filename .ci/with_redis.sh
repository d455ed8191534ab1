#!/usr/bin/env bash
# with_redis.sh COMMAND...: runs COMMAND with CELERY_BROKER_URL naming a throwaway Redis on this machine.
set -euo pipefail

home=$(mktemp -d "${TMPDIR:-/tmp}/countersign-redis.XXXXXX")
server=
cleanup() {
    [ -z "$server" ] || { kill "$server" 2>/dev/null && wait "$server" 2>/dev/null; } || true
    rm -rf "$home"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

port=$(python3 "$(dirname "$0")/../tests/ports.py")
redis-server --bind 127.0.0.1 --port "$port" --dir "$home" --save '' --appendonly no >"$home/log" 2>&1 &
server=$!
for _ in $(seq 1200); do
    redis-cli -p "$port" ping >/dev/null 2>&1 && break
    kill -0 "$server" 2>/dev/null || { cat "$home/log" >&2; exit 1; }
    sleep 0.05
done

export CELERY_BROKER_URL="redis://127.0.0.1:$port/0"
status=0
"$@" || status=$?
exit "$status"
