#!/usr/bin/env bash
# test.sh [PYTEST ARGUMENTS]: the whole suite on SQLite, then on PostgreSQL, then how each went.
set -euo pipefail
cd "$(dirname "$0")/.."

.ci/system_packages.sh test
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
failed=0

suite() { # suite NAME OPTION RUNNER...
    local name=$1 option=$2 status=0
    shift 2
    printf '\n== Tests on %s\n' "$name"
    "$@" .venv/bin/python -m pytest -n "${TEST_WORKERS:-2}" $option "${arguments[@]}" 2>&1 | tee "$logs/$name" || status=$?
    # 5: pytest chose no test; those that were asked for by name may all be the other database's.
    [ "$status" -eq 0 ] || { [ "$status" -eq 5 ] && [ ${#arguments[@]} -gt 0 ]; } || failed=1
}

arguments=("$@")
suite SQLite "" .ci/with_redis.sh env -u DATABASE_URL
suite PostgreSQL --database-tests .ci/with_redis.sh .ci/with_postgres.sh

printf '\n== Summary\n'
for name in SQLite PostgreSQL; do
    printf '%-11s %s\n' "$name" "$(tail -n 1 "$logs/$name" | tr -d '=' | sed 's/^ *//; s/ *$//')"
    # Named once more where a cut-off log still shows them.
    sed -n '/^=* short test summary info/,$ s/^\(FAILED\|ERROR\) .*/  &/p' "$logs/$name"
done
exit "$failed"
