# What the commands in scripts/ share: system packages and the virtual environment.
# To be sourced by bash; everything it makes is in .venv.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
venv=$top/.venv
python=$venv/bin/python
export PATH=$PATH:/usr/sbin:/sbin
# Nothing else in the checkout is ever written to.
export PYTHONPYCACHEPREFIX=$venv/cache/python
export HYPOTHESIS_STORAGE_DIRECTORY=$venv/cache/hypothesis
export MYPY_CACHE_DIR=$venv/cache/mypy RUFF_CACHE_DIR=$venv/cache/ruff

fail() {
    echo "$*" >&2
    exit 1
}

# find_python: print a Python from 3.11 to 3.13 that can make virtual environments.
find_python() {
    local candidate
    for candidate in python3 python3.13 python3.12 python3.11 /usr/local/bin/python3 /usr/bin/python3; do
        if "$candidate" -c '
import ensurepip, sys, venv
sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

# missing PROGRAM:PACKAGE...: print the packages whose program is not there.
missing() {
    local pair
    for pair; do
        case ${pair%%:*} in
            venv) find_python >/dev/null || echo "${pair#*:}" ;;
            /*) [ -e "${pair%%:*}" ] || echo "${pair#*:}" ;;
            *) command -v "${pair%%:*}" >/dev/null || echo "${pair#*:}" ;;
        esac
    done | sort -u
}

# need PROGRAM:PACKAGE...: install what is missing as root, name it as an ordinary user.
need() {
    local packages
    packages=$(missing "$@" | tr '\n' ' ')
    packages=${packages% }
    [ -z "$packages" ] && return
    if [ "$(id -u)" != 0 ]; then
        fail "Missing on this machine; please have it installed:  apt-get install $packages"
    fi
    command -v apt-get >/dev/null || fail "Missing on this machine (Debian package names): $packages"
    echo "Installing system packages: $packages"
    install_quietly $packages
    packages=$(missing "$@" | tr '\n' ' ')
    [ -z "$packages" ] || fail "Still missing after their installation: $packages"
}

# install_quietly PACKAGE...: install without starting any service, now or at the next boot.
install_quietly() {
    local policy=/usr/sbin/policy-rc.d before log answer=0
    if [ -e $policy ]; then
        $policy none start >/dev/null 2>&1 || answer=$?
        # 101: this is forbidden; see invoke-rc.d(8).
        [ $answer = 101 ] || fail "$policy of this machine lets packages start their services;" \
            "please have them installed:  apt-get install $*"
    fi
    log=$(mktemp)
    before=$(boot_links)
    (
        if [ ! -e $policy ]; then
            trap 'rm -f $policy' EXIT
            trap 'exit 130' INT TERM
            printf '#!/bin/sh\nexit 101\n' >$policy
            chmod 755 $policy
        fi
        apt-get update -q && DEBIAN_FRONTEND=noninteractive \
            apt-get install -q -y --no-install-recommends "$@"
    ) >"$log" 2>&1 || {
        tail -n 20 "$log" >&2
        rm -f "$log"
        fail "apt-get install $* failed"
    }
    rm -f "$log"
    keep_from_boot "$before"
}

# boot_links: print the links by which services are started at boot.
boot_links() {
    find /etc/rc?.d /etc/systemd/system -type l \( -name 'S[0-9][0-9]*' -o -path '*.wants/*' \) 2>/dev/null | sort
}

# keep_from_boot LINKS: take away what was added to LINKS, as update-rc.d and systemctl disable do.
keep_from_boot() {
    local link name
    boot_links | comm -13 <(echo "$1") - | while read -r link; do
        case $link in
            /etc/rc*)
                name=${link##*/S}
                mv "$link" "${link%/*}/K${name}"
                ;;
            *) rm "$link" ;;
        esac
    done
}

# environment EXTRAS: make .venv with the project and, if EXTRAS is "[dev]", its tools.
# The project is installed so that the checkout itself is what runs.
environment() {
    local extras=$1 base wanted stamp
    mkdir -p "$venv" 2>/dev/null || fail "Cannot write to $top: run this in a checkout of your own"
    [ -w "$venv" ] || fail "Cannot write to $venv: run this in a checkout of your own"
    exec 9>"$venv/.lock"
    flock 9
    if ! "$python" -c "import sys; sys.exit(sys.prefix != '$venv')" 2>/dev/null; then
        base=$(find_python)
        echo "Making .venv with $("$base" --version)"
        "$base" -m venv --clear "$venv"
        exec 9>"$venv/.lock"
        flock 9
    fi
    stamp=$venv/installed$extras
    wanted=$(cat "$top/setup.cfg" "$top/pyproject.toml" | sha256sum)
    if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
        echo "Installing hatwist$extras and what it needs into .venv"
        project
        "$python" -m pip install --quiet --disable-pip-version-check \
            --config-settings editable_mode=compat --editable "$venv/src$extras" ||
            fail "pip could not install what is needed, see above"
        echo "$wanted" >"$stamp"
    fi
    exec 9>&-
}

# project: make .venv/src, a project that consists of links into the checkout, so that
# what an installation leaves beside the sources does not end up in the checkout.
project() {
    mkdir -p "$venv/src/twisted/plugins"
    cp "$top/setup.cfg" "$top/pyproject.toml" "$top/README.md" "$top/LICENSE" "$venv/src/"
    cp "$top/twisted/plugins/hatwist_plugin.py" "$venv/src/twisted/plugins/"
    ln -sfn "$top/hatwist" "$venv/src/hatwist"
}

# minutes SECONDS: print seconds as minutes and seconds.
minutes() {
    printf '%d:%02d' $(($1 / 60)) $(($1 % 60))
}
