# shellcheck shell=bash disable=SC2034
# Sourced by tests/run.sh and packaging/quickstart.sh: what the build and the tests need from the distribution
# (Debian 12 and later, Ubuntu 24.04 and later).
#
#   install_dependencies PACKAGE...   installs those that are missing, and Boost. Without root it prints the command
#                                     that does, and returns 1.
#   build_dependencies, test_dependencies, server_dependencies   arrays of package names for it

build_dependencies=(cmake ninja-build g++ pkg-config libpq-dev libyaml-cpp-dev libspdlog-dev libsystemd-dev libpg-query-dev)
test_dependencies=(catch2 librapidcheck-dev faketime iproute2)
server_dependencies=(postgresql)

# Boost 1.81 or later. Debian 12 has it beside its default, which is older; where it is not offered, the default is
# later. apt-cache knows nothing before the first apt-get update.
boost_dependencies() {
    if [ -n "$(apt-cache show libboost1.81-dev 2>/dev/null)" ] || grep -qs '=bookworm$' /etc/os-release; then
        echo libboost1.81-dev libboost-program-options1.81-dev libboost-json1.81-dev
    else
        echo libboost-dev libboost-program-options-dev libboost-json-dev
    fi
}

is_installed() {
    # Any server will do, whatever repository it came from.
    if [ "$1" = postgresql ] && compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; then return 0; fi
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# The array `missing`: those of the arguments, and of Boost, that are not installed.
find_missing() {
    local package boost
    read -ra boost <<<"$(boost_dependencies)"
    missing=()
    for package in "$@" "${boost[@]}"; do
        is_installed "$package" || missing+=("$package")
    done
}

apt_update() {
    apt-get -qq update </dev/null >&2
}

# --no-remove: rather an error than another program of the user's gone.
apt_install() {
    DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends --no-remove install "$@" </dev/null >&2
}

# The package would make and start a cluster that nobody asked for, unless this file, which a package that it depends on
# brings, says otherwise.
install_without_cluster() {
    local conf=/etc/postgresql-common/createcluster.conf status=0
    apt_install postgresql-common || return
    sed -i.tromp -E 's/^#?create_main_cluster *=.*/create_main_cluster = false/' "$conf" || return
    apt_install "$@" || status=$?
    mv "$conf.tromp" "$conf"
    return "$status"
}

install_dependencies() {
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        echo "Neither Debian nor Ubuntu: packaging/dependencies.sh names what to install by hand." >&2
        return 0
    fi
    local missing
    find_missing "$@"
    [ "${#missing[@]}" -gt 0 ] || return 0
    if [ "$(id -u)" != 0 ]; then
        echo "Packages are missing. Install them with:" >&2
        echo "  sudo apt-get update && sudo apt-get install --no-install-recommends ${missing[*]}" >&2
        return 1
    fi
    if ! compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null; then
        apt_update || return
        find_missing "$@"  # now it is known which Boost there is
    fi
    echo "Installing ${missing[*]}" >&2
    local install=apt_install
    if [[ " ${missing[*]} " == *" postgresql "* ]] && ! is_installed postgresql-common; then
        install=install_without_cluster
    fi
    # Old lists name packages that the mirror no longer has.
    "$install" "${missing[@]}" || { apt_update && "$install" "${missing[@]}"; }
}
