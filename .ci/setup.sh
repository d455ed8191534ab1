#!/usr/bin/env bash
# setup.sh: .venv with exactly the locked packages. Does nothing when the lock has not changed.
set -euo pipefail
cd "$(dirname "$0")/.."

.ci/system_packages.sh run

if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "Python 3.11 or newer is needed; python3 is $(python3 --version)." >&2
    exit 1
fi

stamp=.venv/.locked
wanted=$(cat requirements/uv.txt requirements/dev.txt | sha256sum | cut -d' ' -f1)
if [ -x .venv/bin/python ] && .venv/bin/python -c '' 2>/dev/null && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
    exit 0
fi

echo "Setting up .venv"
.venv/bin/python -c '' 2>/dev/null || { rm -rf .venv; python3 -m venv .venv; }
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
.venv/bin/uv pip sync --quiet --no-config --require-hashes --python .venv/bin/python requirements/dev.txt
echo "$wanted" >"$stamp"
