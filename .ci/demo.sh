#!/usr/bin/env bash
# demo.sh [SHEET]: the main job as a story, on a database of its own that is gone afterwards.
set -euo pipefail
sheet=${1:+$(realpath -- "$1")}
cd "$(dirname "$0")/.."

var=$(mktemp -d "${TMPDIR:-/tmp}/countersign-demo.XXXXXX")
trap 'rm -rf "$var"' EXIT
unset DATABASE_URL CELERY_BROKER_URL
export VAR_DIR=$var LOG_LEVEL=${LOG_LEVEL:-WARNING}
.venv/bin/python manage.py migrate --verbosity 0
.venv/bin/python manage.py demo_story ${sheet:+--sheet "$sheet"}
