# shellcheck shell=bash
# Sourced by packaging/quickstart.sh and the measurements in bench: a PostgreSQL server for once, and background processes that
# can be stopped later, by another run too, without ever touching a process that is not ours.
#
#   use_directory DIR      makes DIR ours, or fails; one run at a time. Sets `place`.
#   stop_all               stops what this or an earlier run started in `place`
#   start_process NAME COMMAND…   in a session of its own; output goes to place/log/NAME
#   stop_process NAME      SIGTERM, and SIGKILL where that does not help within 10 s
#   is_running NAME
#   make_cluster [SETTING…]   initdb and start; connect with `psql_in DATABASE` or $conninfo (append dbname=…)
#   wait_for SECONDS COMMAND…     until the command succeeds

place=
conninfo=
server_user=

say() { printf '%s\n' "$@"; } # each argument on a line of its own
complain() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() {
    complain "$*"
    exit 1
}

# A session that reads the variables of libpq would go elsewhere.
forget_libpq_variables() {
    local name
    for name in "${!PG@}"; do unset "$name"; done
}

# As root the server runs under an ordinary user, because PostgreSQL refuses root.
choose_server_user() {
    server_user=
    [ "$(id -u)" = 0 ] || return 0
    for server_user in postgres nobody; do
        if id -u "$server_user" >/dev/null 2>&1; then return 0; fi
    done
    die "no ordinary user to run PostgreSQL under: create one named postgres"
}

as_server_user() {
    if [ -z "$server_user" ]; then
        "$@"
    else
        setpriv --reuid="$server_user" --regid="$(id -g "$server_user")" --clear-groups -- "$@"
    fi
}

find_server_programs() {
    local found
    bindir=${TROMP_PG_BINDIR-}
    [ -z "$bindir" ] || return 0
    found=$(compgen -G '/usr/lib/postgresql/*/bin/initdb' | sort -V | tail -n 1) || true
    [ -n "$found" ] || found=$(pg_config --bindir 2>/dev/null)/initdb || true
    [ -x "$found" ] || die "no PostgreSQL server found: install the package postgresql, or set TROMP_PG_BINDIR"
    bindir=$(dirname "$found")
}

use_directory() {
    place=$1
    mkdir -m 0711 "$place" 2>/dev/null || true
    # Below a directory that everybody may write to: it must not be a link, nor somebody else's.
    if [ -L "$place" ] || [ ! -d "$place" ] || [ ! -O "$place" ]; then die "$place is not ours: remove it"; fi
    # Whoever starts a process lets go of the lock only when that is on record.
    exec 9>"$place/lock"
    flock --timeout 20 9 || die "another run is using $place: wait for it to end"
    mkdir -p "$place/process" "$place/log"
    choose_server_user
    find_server_programs
    forget_libpq_variables
}

# Field 22 of /proc/PID/stat, when a process started, tells it from a later one with the same number. Zombies are gone.
start_time_of() {
    local stat fields
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    read -ra fields <<<"${stat##*) }"
    [ "${fields[0]}" != Z ] || return 1
    echo "${fields[19]}"
}

# Prints the id of a process that is on record, if it is still the one that we started.
pid_of() {
    local pid start boot
    read -r pid start boot 2>/dev/null <"$place/process/$1" || return 1
    [ "$boot" = "$(cat /proc/sys/kernel/random/boot_id)" ] && [ "$(start_time_of "$pid")" = "$start" ] && echo "$pid"
}

is_running() { pid_of "$1" >/dev/null; }

# The process writes its own record before it becomes the program, so that no moment is without one. A session of its own
# keeps the terminal's Ctrl-C and hang-up away from it, and it keeps no file open that is the caller's (a lock, a pipe).
start_process() {
    local name=$1
    shift
    rm -f "$place/process/$name"
    # shellcheck disable=SC2016
    setsid bash -c '
        record=$1; shift
        stat=$(cat /proc/$$/stat); read -ra fields <<<"${stat##*) }"
        echo "$$ ${fields[19]} $(cat /proc/sys/kernel/random/boot_id)" >"$record.new" && mv "$record.new" "$record" &&
            for fd in /proc/$$/fd/*; do fd=${fd##*/}; [ "$fd" -le 2 ] || exec {fd}>&-; done && exec "$@"' record "$place/process/$name" "$@" </dev/null >>"$place/log/$name" 2>&1 &
    wait_for 10 test -f "$place/process/$name" || die "$name does not start: see $place/log/$name"
}

stop_process() {
    local name=$1 signal=${2-TERM} pid
    if pid=$(pid_of "$name"); then
        kill -s "$signal" "$pid" 2>/dev/null || true
        if ! wait_for 10 is_gone "$name"; then
            complain "$name ($pid) does not end: it is killed"
            kill -s KILL "$pid" 2>/dev/null || true
            wait_for 10 is_gone "$name" || die "$name ($pid) cannot be stopped"
        fi
    fi
    rm -f "$place/process/$name"
}

is_gone() { ! is_running "$1"; }

# The server last. It need not write anything: its data is thrown away.
stop_all() {
    local record
    for record in "$place"/process/*; do
        [ -f "$record" ] || continue
        case "${record##*/}" in
            server | *.new) ;;
            *) stop_process "${record##*/}" ;;
        esac
    done
    stop_process server QUIT
}

wait_for() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -le "$deadline" ] || return 1
        sleep 0.05
    done
}

# shellcheck disable=SC2120
# No TCP at all, and a socket in a directory that only we may enter: no port can be taken, and nobody else gets in.
make_cluster() {
    local setting
    rm -rf "$place/data" "$place/run"
    mkdir -m 0700 "$place/data" "$place/run"
    [ -z "$server_user" ] || chown "$server_user" "$place/data" "$place/run"
    (cd / && as_server_user "$bindir/initdb" --pgdata="$place/data" --username=postgres --auth=trust --encoding=UTF8 \
        --locale=C --no-sync) >"$place/log/initdb" 2>&1 || die "initdb failed: see $place/log/initdb"
    for setting in "listen_addresses = ''" "unix_socket_directories = '$place/run'" "$@"; do
        say "$setting"
    done >>"$place/data/postgresql.conf"
    conninfo="host=$place/run user=postgres"
    if [ -z "$server_user" ]; then
        start_process server "$bindir/postgres" -D "$place/data"
    else
        start_process server setpriv --reuid="$server_user" --regid="$(id -g "$server_user")" --clear-groups -- \
            "$bindir/postgres" -D "$place/data"
    fi
    wait_for 60 "$bindir/pg_isready" --quiet --host="$place/run" || die "PostgreSQL does not start: see $place/log/server"
}

psql_in() {
    local database=$1
    shift
    "$bindir/psql" -X -q -v ON_ERROR_STOP=1 "$conninfo dbname=$database" "$@"
}
