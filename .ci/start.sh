#!/usr/bin/env bash
# start.sh: brings the embedded database up to date, fills a new one with demo data, runs everything.
set -euo pipefail
cd "$(dirname "$0")/.."

var=${VAR_DIR:-var}
manage=(.venv/bin/python manage.py)
mkdir -p "$var"
"${manage[@]}" migrate --verbosity 0
"${manage[@]}" install_schedule

# Static files change only with the code or the locked packages.
static=$(find requirements/base.txt approvals netsuite inventory quotes -type f \( -path '*/static/*' -o -name base.txt \) | sort | xargs cat | sha256sum | cut -d' ' -f1)
if [ "$(cat "$var/static.stamp" 2>/dev/null)" != "$static" ]; then
    "${manage[@]}" collectstatic --noinput --verbosity 0
    echo "$static" >"$var/static.stamp"
fi
if [ ! -e "$var/demo.stamp" ] && [ -z "${DATABASE_URL:-}" ]; then
    echo "Filling the new database with demo data"
    "${manage[@]}" seed_demo
    "${manage[@]}" seed_quotes
    "${manage[@]}" seed_subscriptions
    touch "$var/demo.stamp"
fi
exec .venv/bin/python -m config.processes
