#!/usr/bin/env bash
# system_packages.sh run|test: installs the Debian packages that are missing, and only those.
# Without root it prints the command to type and stops.
set -euo pipefail

missing=()
has_library() { ldconfig -p 2>/dev/null | grep -q "$1" || /sbin/ldconfig -p | grep -q "$1"; }
has_any_file() { compgen -G "$1" >/dev/null; }

python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
has_library 'libpango-1\.0\.so\.0' || missing+=(libpango-1.0-0)
has_library 'libpangoft2-1\.0\.so\.0' || missing+=(libpangoft2-1.0-0)
if [ "${1:-run}" = test ]; then
    has_any_file '/usr/lib/postgresql/*/bin/initdb' || missing+=(postgresql)
    command -v redis-server >/dev/null || missing+=(redis-server)
    command -v node >/dev/null || missing+=(nodejs)
    command -v chromium >/dev/null || missing+=(chromium fonts-dejavu-core)
fi

[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" -ne 0 ]; then
    echo "Debian packages are missing. Type this, then repeat your command:" >&2
    echo "    sudo apt-get update && sudo apt-get install --yes --no-install-recommends ${missing[*]}" >&2
    exit 1
fi
echo "Installing Debian packages: ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get update && apt-get install --yes --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    echo "apt-get could not install: ${missing[*]}" >&2
    exit 1
fi
