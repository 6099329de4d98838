#!/usr/bin/env bash
# How long after a link's return both ends are in sync again, although the back-off has grown to a minute.
# bench/README.md says how to read the table.
set -euo pipefail

usage() {
    cat <<'END'
usage: bench/rejoin.sh [--rounds N] [--changes N] [--bin DIR] [--place DIR]
  --rounds    medians of so many are printed (7)
  --changes   that wait when the link returns, each a transaction of its own (1000)
  --bin       where trompd and trompctl are (build/release/bin; built where they are missing)
  --place     where the throwaway server goes (/var/tmp, because /tmp may be memory, and commits must reach a disk)
END
}

cd "$(dirname "${BASH_SOURCE[0]}")/.."
. packaging/dependencies.sh
. packaging/throwaway.sh
. bench/common.sh

rounds=7
changes=1000
directory=/var/tmp
programs=$PWD/build/release/bin
arguments=("$@")
while [ $# -gt 0 ]; do
    case "$1:${2-}" in
        --rounds:[1-9]*) rounds=$2 ;;
        --changes:[1-9]*) changes=$2 ;;
        --bin:?*) programs=$(cd "$2" && pwd) ;;
        --place:/*) directory=$2 ;;
        --help:*)
            usage
            exit 0
            ;;
        *)
            usage >&2
            exit 2
            ;;
    esac
    shift 2
done

target=1 # second
here=198.18.77.1 # set aside for tests by RFC 2544
there=198.18.77.2

# A network of our own, in which a cable leads to another one. It goes with its processes.
if [ -z "${TROMP_REJOIN_INSIDE-}" ] && unshare --net ip link add one type veth peer name other 2>/dev/null; then
    build # while there is a network
    TROMP_REJOIN_INSIDE=1 exec unshare --net "$0" "${arguments[@]}"
fi

make_cable() {
    start_process elsewhere unshare --net sleep infinity
    elsewhere=$(pid_of elsewhere)
    wait_for 10 apart || die "no network of its own for the other end"
    ip link add cable type veth peer name cable netns "$elsewhere"
    ip link set lo up
    ip addr add "$here/30" dev cable
    ip link set cable up
    over_there ip addr add "$there/30" dev cable
    over_there ip link set lo up
    over_there ip link set cable up
}

apart() { [ "$(readlink "/proc/$elsewhere/ns/net")" != "$(readlink /proc/self/ns/net)" ]; }
over_there() { nsenter "--net=/proc/$elsewhere/ns/net" -- "$@"; }

make_proxy() {
    g++ -std=c++20 -O1 -pthread -I. bench/link_proxy.cpp tests/support/proxy*.cpp tests/support/port.cpp -o "$place/link_proxy"
    coproc PROXY { "$place/link_proxy" "$server_port"; }
    read -r proxy_port <&"${PROXY[0]}"
}

proxy() {
    echo "$1" >&"${PROXY[1]}"
    read -r _ <&"${PROXY[0]}"
}

# name, number, name and number of the other one, how it is reached (or nothing)
make_node() {
    psql_in postgres -c "CREATE DATABASE $1"
    psql_in "$1" -c 'CREATE TABLE item (nr bigint PRIMARY KEY, name text)'
    cat >"$place/$1.yaml" <<END
node: $2
database: $conninfo dbname=$1
tables: [public.*]
neighbours:
  - {node: $4, name: $3, ${5:+database: $5 user=postgres dbname=$3, direction: both, }retry: {first: 1m, max: 1m}, poll_interval: 1h}
control: {socket: $place/$1.sock}
END
    ctl "$1" init
}

ctl() {
    local node=$1
    shift
    "$programs/trompctl" --config "$place/$node.yaml" "$@" >/dev/null || die "trompctl $* at $node failed: see $place/log"
}

# Waits for a minute or so.
has_given_up() {
    "$programs/trompctl" --config "$place/b.yaml" --json status | grep -Eq '"retry_in_seconds": *[2-6][0-9]'
}

answers() { "$programs/trompctl" --config "$place/$1.yaml" sync >/dev/null 2>&1; }

# Changes of a wait for b; the last of them has the number of the round.
make_changes() {
    psql_in a -v changes="$changes" -v round="$1" <<'SQL'
SELECT set_config('bench.changes', :'changes', false), set_config('bench.round', :'round', false) \g /dev/null
DO $$ BEGIN FOR i IN 1..current_setting('bench.changes')::int LOOP
    INSERT INTO item VALUES (i, current_setting('bench.round')) ON CONFLICT (nr) DO UPDATE SET name = excluded.name;
    COMMIT;
END LOOP; END $$;
SQL
}

# Prints when b has them, in seconds since 1970.
wait_for_changes() {
    psql_in b -At -v changes="$changes" -v round="$1" <<'SQL'
SELECT set_config('bench.changes', :'changes', false), set_config('bench.round', :'round', false) \g /dev/null
DO $$ BEGIN
    WHILE (SELECT count(*) FROM item WHERE name = current_setting('bench.round')) < current_setting('bench.changes')::int LOOP
        PERFORM pg_sleep(0.002);
    END LOOP;
END $$;
SELECT extract(epoch FROM clock_timestamp());
SQL
}

now() { date +%s.%N; }

# cuts, heals, and prints the seconds from the healing until b has all
round() {
    local nr=$1 cut=$2 heal=$3 began ended
    $cut
    make_changes "$nr"
    answers b # it finds out at once that the link is gone
    wait_for 40 has_given_up || die "b does not notice that its link is gone: see $place/log/b"
    wait_for_changes "$nr" >"$place/ended" &
    local waiter=$!
    began=$(now)
    $heal
    wait "$waiter"
    ended=$(cat "$place/ended")
    awk -v began="$began" -v ended="$ended" 'BEGIN { printf "%.3f\n", ended - began }'
    ctl b sync --wait
}

measure() {
    local name=$1 cut=$2 heal=$3 nr
    : >"$place/seconds"
    for nr in $(seq "$rounds"); do
        round "$name $nr" "$cut" "$heal" >>"$place/seconds"
    done
    printf '%-48s %10.3f %10s %15s\n' "$name" "$(median <"$place/seconds")" "$target" "$(spread <"$place/seconds")"
    missed=$(awk -v missed="$missed" -v median="$(median <"$place/seconds")" -v target="$target" 'BEGIN { print (missed || median > target) ? 1 : 0 }')
}

pull_cable() { ip link set cable down; }
plug_cable() { ip link set cable up; }
cut_proxy() { proxy cut; }
heal_proxy() {
    proxy pass
    "$programs/trompctl" --config "$place/b.yaml" sync
}

start_nodes() {
    make_node a 1 b 2 ""
    make_node b 2 a 1 "$1"
    start_process a "$programs/trompd" --config "$place/a.yaml"
    start_process b ${over_cable:+nsenter "--net=/proc/$elsewhere/ns/net" --} "$programs/trompd" --config "$place/b.yaml"
    wait_for 20 answers a && wait_for 20 answers b || die "trompd does not start: see $place/log"
    ctl b sync --wait
}

stop_nodes() {
    stop_process a
    stop_process b
    psql_in postgres -c 'DROP DATABASE a' -c 'DROP DATABASE b'
}

build
use_directory "$directory/tromp-rejoin"
begin_with stop_all
missed=0
over_cable=${TROMP_REJOIN_INSIDE-}
server_port=$((20000 + RANDOM % 20000))
[ -z "$over_cable" ] || make_cable
export PGPORT=$server_port # for all that comes now
make_cluster "listen_addresses = '${over_cable:+$here, }127.0.0.1'" "port = $server_port"
echo "host all all $here/30 trust" >>"$place/data/pg_hba.conf"
psql_in postgres -Atc 'SELECT pg_reload_conf()' >/dev/null

printf '%-48s %10s %10s %15s\n' "$changes changes wait; seconds until they are there" median target from-to
if [ -n "$over_cable" ]; then
    start_nodes "host=$here port=$server_port"
    measure "the cable is back, and nobody says anything" pull_cable plug_cable
    stop_nodes
else
    say "no network of its own can be made here (that takes root): without the kernel's word of it"
fi
make_proxy
over_cable=
start_nodes "host=127.0.0.1 port=$proxy_port"
measure "the link is back, and trompctl sync says so" cut_proxy heal_proxy
stop_nodes
exit "$missed"
