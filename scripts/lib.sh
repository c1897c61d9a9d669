# Words shared by the set-up scripts; read with `.`, never run. They start at the checkout's top directory.
# shellcheck shell=bash

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
# shellcheck disable=SC2034  # for the script that reads this
checkout=$PWD

say() { printf 'set-up: %s\n' "$*" >&2; }

die() {
    printf 'set-up cannot go on: %s\n' "$*" >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo -- "$@"
    fi
}

may_be_root() {
    [ "$(id -u)" -eq 0 ] && return 0
    command -v sudo >/dev/null || return 1
    # With a terminal sudo can ask for the password; without one (CI) it must not need to.
    [ -t 0 ] || sudo -n true 2>/dev/null
}

# install_packages NAME… — Debian packages, through apt-get. The package lists are brought up to date only when needed:
# a fresh machine has none, and an old one has some that name versions no longer there.
install_packages() {
    command -v apt-get >/dev/null ||
        die "this machine has no apt-get (Debian 12, 13 and Ubuntu 24.04 do); install by hand what these packages hold: $*"
    may_be_root || die "neither root nor sudo; ask an administrator to run: apt-get install $*"
    say "installing packages: $*"
    local log
    log=$(mktemp)
    if ! apt_get install "$@" >"$log" 2>&1 &&
        ! { apt_get update >"$log" 2>&1 && apt_get install "$@" >"$log" 2>&1; }; then
        tail -n 20 "$log" >&2
        rm -f "$log"
        die "apt-get could not install: $*"
    fi
    rm -f "$log"
}

# File descriptors 8 and 9 are set-up's locks; a daemon that a package starts must not inherit them.
apt_get() {
    local verb=$1
    shift
    as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C \
        apt-get -y -q --no-install-recommends -o DPkg::Lock::Timeout=300 "$verb" "$@" </dev/null 8>&- 9>&-
}
