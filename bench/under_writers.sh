#!/usr/bin/env bash
# How fast a node takes what it missed while its users write to the very same rows, and what these notice of it.
# bench/README.md says how to read the table.
set -euo pipefail

usage() {
    cat <<'END'
usage: bench/under_writers.sh [--rounds N] [--seconds N] [--writers N] [--rows N] [--bin DIR] [--place DIR]
  --rounds    each takes a backlog without writers and one with them; medians are printed (3)
  --seconds   that the writers write alone, in each round (5)
  --writers   (8)
  --rows      of the table; each is changed at one node, and by the writers at the other one (20000)
  --bin       where trompd and trompctl are (build/release/bin; built where they are missing)
  --place     where the throwaway server goes (/var/tmp, because /tmp may be memory, and commits must reach a disk)
END
}

cd "$(dirname "${BASH_SOURCE[0]}")/.."
. packaging/dependencies.sh
. packaging/throwaway.sh
. bench/common.sh

rounds=3
seconds=5
writers=8
rows=20000
directory=/var/tmp
programs=$PWD/build/release/bin
while [ $# -gt 0 ]; do
    case "$1:${2-}" in
        --rounds:[1-9]*) rounds=$2 ;;
        --seconds:[1-9]*) seconds=$2 ;;
        --writers:[1-9]*) writers=$2 ;;
        --rows:[1-9]*) rows=$2 ;;
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

patience=300 # seconds, for a backlog

# name, number, name and number of the other one
make_node() {
    psql_in postgres -c "CREATE DATABASE $1"
    make_item "$1" "$rows"
    cat >"$place/$1.yaml" <<END
node: $2
database: $conninfo dbname=$1
tables: [public.*]
neighbours: [{node: $4, database: $conninfo dbname=$3}]
control: {socket: $place/$1.sock}
END
    ctl "$1" init
}

ctl() {
    local node=$1
    shift
    "$programs/trompctl" --config "$place/$node.yaml" "$@" >/dev/null || die "trompctl $* at $node failed: see $place/log"
}

sync_both() {
    ctl a sync --wait --timeout "${patience}s"
    ctl b sync --wait --timeout "${patience}s"
}

# Each row once, a hundred to a transaction; the link rests. Prints the last transaction's id.
make_backlog() {
    ctl b pause
    psql_in a -v rows="$rows" <<'SQL'
SELECT set_config('bench.rows', :'rows', false) \g /dev/null
DO $$ BEGIN
    FOR low IN 1 .. current_setting('bench.rows')::int BY 100 LOOP
        UPDATE item SET price = price + 1, updated = clock_timestamp() WHERE nr BETWEEN low AND low + 99;
        COMMIT;
    END LOOP;
END $$;
SQL
    psql_in a -At -c "SELECT max(xid) FROM replication.events"
}

# Lets the link go on, and prints how long it took until node b had the transaction.
take_backlog() {
    ctl b resume
    ctl b sync
    psql_in b -v last="$1" -v patience="$patience" -At <<'SQL' || die "the backlog was not taken within $patience s: see $place/log"
SELECT set_config('bench.last', :'last', false), set_config('bench.patience', :'patience', false) \g /dev/null
DO $$ BEGIN
    WHILE NOT (SELECT pg_visible_in_snapshot(current_setting('bench.last')::xid8, snapshot) FROM replication.positions WHERE node = 1) LOOP
        IF clock_timestamp() > now() + make_interval(secs => current_setting('bench.patience')::int) THEN
            RAISE EXCEPTION 'not taken';
        END IF;
        PERFORM pg_sleep(0.01);
    END LOOP;
    PERFORM set_config('bench.took', extract(epoch FROM clock_timestamp() - now())::text, false);
END $$;
SELECT current_setting('bench.took');
SQL
}

# Two rows in a transaction, from the back to the front: the daemon goes from the front to the back.
start_writers() {
    start_process writers "$pgbench" --no-vacuum --client="$writers" --jobs=2 --time=100000 --define=rows="$rows" \
        --file="$place/write.sql" "$conninfo dbname=b"
}

# Of a sequence that every transaction of the writers draws from.
written() { psql_in b -At -c "SELECT last_value FROM written"; }
rate() { awk -v n="$1" -v s="$2" 'BEGIN { printf "%.0f\n", n / s }'; }

round() {
    local last took before
    last=$(make_backlog)
    rate "$rows" "$(take_backlog "$last")" >>"$place/rate.alone"
    sync_both

    last=$(make_backlog)
    start_writers
    sleep 1 # until all are connected
    before=$(written)
    sleep "$seconds"
    rate $(($(written) - before)) "$seconds" >>"$place/tps.alone"
    before=$(written)
    took=$(take_backlog "$last")
    rate $(($(written) - before)) "$took" >>"$place/tps.applied"
    rate "$rows" "$took" >>"$place/rate.applied"
    is_running writers || die "the writers have ended: see $place/log/writers"
    stop_process writers
    sync_both
}

image() { psql_in "$1" -At -c "SELECT md5(string_agg(t::text, E'\n' ORDER BY nr)) FROM item t"; }

# words, file, file to compare with
line() { printf '%-44s %9.0f  %15s  %5.2f\n' "$1" "$(median <"$place/$2")" "$(spread <"$place/$2")" "$(ratio_of "$place/$2" "$place/$3")"; }

report() {
    local deadlocks errors
    printf '\n%-44s %9s  %15s  %5s\n' "" "a second" "from-to" "ratio"
    line "rows taken, nobody writes" rate.alone rate.alone
    line "rows taken, $writers writers on the same rows" rate.applied rate.alone
    line "writers' transactions, nothing is taken" tps.alone tps.alone
    line "writers' transactions, rows are being taken" tps.applied tps.alone
    deadlocks=$(psql_in b -At -c "SELECT deadlocks FROM pg_stat_database WHERE datname = 'b'")
    errors=$(grep -c -E "ERROR|aborted" "$place/log/writers") || true
    say "" "Errors that the writers saw: $errors; deadlocks: $deadlocks;" \
        "conflicts, whose losers are kept: $(psql_in b -At -c "SELECT count(*) FROM replication.conflicts"); the backlogs were taken, and both ends are equal."
    if [ "$errors" != 0 ] || [ "$deadlocks" != 0 ]; then die "writers must see no error, and no deadlock must come about"; fi
}

clean() {
    stop_all
    rm -rf "${place:?}/data" "$place/run" "$place"/*.yaml "$place"/*.sock "$place"/tps.* "$place"/rate.* "$place/write.sql" "$place/log/writers"
}

main() {
    local round
    build
    use_directory "$directory/pg_trompe-bench-$(id -u)"
    begin_with clean
    make_cluster "shared_buffers = '256MB'" "max_wal_size = '4GB'" "jit = off"
    say "\\set high random(2, :rows)" "\\set low random(1, :high - 1)" "BEGIN;" \
        "UPDATE item SET qty = qty + 1, updated = clock_timestamp() WHERE nr = :high;" \
        "UPDATE item SET qty = qty + 1, updated = clock_timestamp() WHERE nr = :low RETURNING nextval('written');" \
        "COMMIT;" >"$place/write.sql"
    make_node a 1 b 2
    make_node b 2 a 1
    psql_in b -c "CREATE SEQUENCE written"
    start_process trompd_a "$programs/trompd" --config "$place/a.yaml"
    start_process trompd_b "$programs/trompd" --config "$place/b.yaml"
    wait_for 30 "$programs/trompctl" --config "$place/a.yaml" status >/dev/null || die "trompd does not start: see $place/log"
    wait_for 30 "$programs/trompctl" --config "$place/b.yaml" status >/dev/null || die "trompd does not start: see $place/log"
    sync_both
    say "$("$bindir/postgres" --version), $(nproc) cores for both nodes and the writers, fsync $(psql_in postgres -At -c 'SHOW fsync');" \
        "table item of $rows rows, all of them changed at a while the link to b rests; $writers writers at b, two random rows in a transaction; $rounds rounds"
    for round in $(seq "$rounds"); do
        round
        [ "$(image a)" = "$(image b)" ] || die "the nodes differ"
        printf 'round %s of %s done\n' "$round" "$rounds" >&2
    done
    report
}

main "$@"
