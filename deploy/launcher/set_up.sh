#!/bin/sh
# Finds a Python that can make the environment and hands over to set_up.py. Arguments: demo | test.
set -u
cd "$(dirname "$0")/../.." || exit 1

works() { # is this Python one of ours, can it make a usable environment?
    "$1" -c "$2" >/dev/null 2>&1
}
VERSION='import sys; assert (3, 11) <= sys.version_info[:2] <= (3, 12)'
BUNDLED="$VERSION; import venv, ensurepip"
WITH_PIP="$VERSION; import venv, pip; assert int(pip.__version__.split('.')[0]) >= 23"

if works .venv/bin/python "$VERSION; import pip"; then
    exec .venv/bin/python -m deploy.launcher.set_up "$@"
fi

# The system's own come first: a server account cannot run an interpreter that lives in somebody's home.
CANDIDATES="${PYTHON:-} /usr/bin/python3.12 /usr/bin/python3.11 /usr/bin/python3 python3.12 python3.11 python3 python
/usr/local/bin/python3.12 /usr/local/bin/python3.11 /opt/homebrew/bin/python3.12 /opt/homebrew/bin/python3.11"

find_python() {
    for needs in "$BUNDLED" "$WITH_PIP"; do
        for candidate in $CANDIDATES; do
            if works "$candidate" "$needs"; then
                echo "$candidate"
                return 0
            fi
        done
    done
    return 1
}

if ! found=$(find_python); then
    # Debian's python3 comes without the part that makes environments.
    bare=""
    for candidate in $CANDIDATES; do
        if works "$candidate" "$VERSION"; then bare=$candidate; break; fi
    done
    if [ -z "$bare" ]; then
        echo "Marquee needs Python 3.11 or 3.12, and none is on the PATH. Install one, or run: make PYTHON=/path/to/python3.11" >&2
        exit 1
    fi
    package="python$("$bare" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv"
    install="apt-get install -y --no-install-recommends $package"
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "  → $bare cannot make environments yet: $install"
        { DEBIAN_FRONTEND=noninteractive $install || { apt-get update && DEBIAN_FRONTEND=noninteractive $install; }; } >/dev/null 2>&1
    elif command -v apt-get >/dev/null && sudo -n true 2>/dev/null; then
        echo "  → $bare cannot make environments yet: sudo $install"
        { sudo -n $install || { sudo -n apt-get update && sudo -n $install; }; } >/dev/null 2>&1
    fi
    if ! found=$(find_python); then
        echo "$bare lacks ensurepip, which makes environments. Run: sudo $install" >&2
        exit 1
    fi
fi
exec "$found" -m deploy.launcher.set_up "$@"
