#!/usr/bin/env bash
# What capture costs the writers: single-row updates per second without it, with it, and with a daemon waiting for them.
# bench/README.md says how to read the table.
set -euo pipefail

usage() {
    cat <<'END'
usage: bench/capture.sh [--rounds N] [--seconds N] [--bin DIR] [--place DIR] [--protocol simple|prepared]
  --rounds    runs of each kind, alternating; medians are printed (7)
  --seconds   of each run (5)
  --bin       where trompd and trompctl are (build/release/bin; built where they are missing)
  --place     where the throwaway server goes (/var/tmp, because /tmp may be memory, and commits must reach a disk)
  --protocol  pgbench's (simple)
END
}

cd "$(dirname "${BASH_SOURCE[0]}")/.."
. packaging/dependencies.sh
. packaging/throwaway.sh
. bench/common.sh

rounds=7
seconds=5
directory=/var/tmp
programs=$PWD/build/release/bin
protocol=simple
while [ $# -gt 0 ]; do
    case "$1:${2-}" in
        --rounds:[1-9]*) rounds=$2 ;;
        --seconds:[1-9]*) seconds=$2 ;;
        --bin:?*) programs=$(cd "$2" && pwd) ;;
        --place:/*) directory=$2 ;;
        --protocol:simple | --protocol:prepared) protocol=$2 ;;
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

target=0.65      # of the rate without capture, 8 clients
rows=100000
kinds=(bare captured waiting)
clients=(8 1)

# The neighbour is away: all that is written stays in the log, which is what capture alone must cope with.
install_capture() {
    cat >"$place/$1.yaml" <<END
node: 1
database: $conninfo dbname=$1
tables: [public.*]
neighbours: [{node: 2}]
control: {socket: $place/$1.sock}
END
    "$programs/trompctl" --config "$place/$1.yaml" init >/dev/null
}

armed() { [ "$(psql_in waiting -At -c "SELECT last_value FROM replication.armed")" = 2 ]; }

# Every run begins alike: an empty log, no dead rows, nothing to be written, and the daemon asleep.
prepare() {
    local kind=$1
    if [ "$kind" != bare ]; then psql_in "$kind" -c "TRUNCATE replication.events"; fi
    psql_in "$kind" -c "VACUUM ANALYZE item" -c "CHECKPOINT"
    if [ "$kind" = waiting ]; then
        is_running trompd || die "trompd is gone: see $place/log/trompd"
        wait_for 20 armed || die "trompd does not arm: see $place/log/trompd"
    fi
}

run() {
    local kind=$1 count=$2 output
    prepare "$kind"
    output=$("$pgbench" --no-vacuum --client="$count" --jobs="$((count < 2 ? 1 : 2))" --time="$seconds" --protocol="$protocol" \
        --define=rows="$rows" --file="$place/update.sql" "$conninfo dbname=$kind" 2>&1) ||
        die "pgbench: $output"
    sed -n 's/^tps = \([0-9]*\).*/\1/p' <<<"$output" >>"$place/tps.$kind.$count"
}

ratio() { ratio_of "$place/tps.$1.$2" "$place/tps.bare.$2"; }

# kind, clients, words for it
line() {
    local rates=$place/tps.$1.$2
    printf '%7s  %-42s %9.0f  %15s  %5.2f\n' "$2" "$3" "$(median <"$rates")" "$(spread <"$rates")" "$(ratio "$1" "$2")"
}

report() {
    local count
    printf '\n%7s  %-42s %9s  %15s  %5s\n' clients "single-row updates" "tps" "from-to" "ratio"
    for count in "${clients[@]}"; do
        line bare "$count" "without capture"
        line captured "$count" "with capture"
        line waiting "$count" "with capture, trompd waiting for changes"
    done
    say "" "Target: at least $target of the rate without capture, with 8 clients."
    awk -v c="$(ratio captured 8)" -v w="$(ratio waiting 8)" -v t="$target" 'BEGIN {
        worst = c < w ? c : w
        printf "Seen:   %.2f, so the target is %s.\n", worst, (worst >= t ? "met" : "MISSED")
        exit (worst < t) }'
}

clean() {
    stop_all
    rm -rf "${place:?}/data" "$place/run" "$place"/*.yaml "$place"/*.sock "$place"/tps.* "$place/update.sql"
}

main() {
    local round count kind minutes=$((rounds * seconds * ${#kinds[@]} * ${#clients[@]} / 60 + 1))
    build
    use_directory "$directory/pg_trompe-bench-$(id -u)"
    begin_with clean
    make_cluster "shared_buffers = '256MB'" "max_wal_size = '4GB'" "autovacuum = off" "jit = off"
    say "\\set nr random(1, :rows)" "UPDATE item SET qty = qty + 1 WHERE nr = :nr;" >"$place/update.sql"
    for kind in "${kinds[@]}"; do
        psql_in postgres -c "CREATE DATABASE $kind"
        make_item "$kind" "$rows"
    done
    install_capture captured
    install_capture waiting
    start_process trompd "$programs/trompd" --config "$place/waiting.yaml"
    say "$("$bindir/postgres" --version), $(nproc) cores, fsync $(psql_in postgres -At -c 'SHOW fsync'), pgbench --protocol=$protocol;" \
        "table item of $rows rows, random keys; $rounds alternating runs of $seconds s for each line: about $minutes min"
    for round in $(seq "$rounds"); do
        for count in "${clients[@]}"; do
            for kind in "${kinds[@]}"; do
                run "$kind" "$count"
            done
        done
        printf 'round %s of %s done\n' "$round" "$rounds" >&2
    done
    report
}

main "$@"
