#!/usr/bin/env bash
# How long trompctl verify takes for a large table of which a hundred rows differ, whether it finds exactly these, and what it
# sends to and fro, beside what a bare scan of the table takes. bench/README.md says how to read the table.
set -euo pipefail

usage() {
    cat <<'END'
usage: bench/verify.sh [--rounds N] [--rows N] [--bin DIR] [--place DIR]
  --rounds    medians are printed (3)
  --rows      of the table at each of two nodes (1000000)
  --bin       where trompctl is (build/release/bin; built where it is missing)
  --place     where the throwaway server goes (/var/tmp)
END
}

cd "$(dirname "${BASH_SOURCE[0]}")/.."
. packaging/dependencies.sh
. packaging/throwaway.sh
. bench/common.sh

rounds=3
rows=1000000
directory=/var/tmp
programs=$PWD/build/release/bin
while [ $# -gt 0 ]; do
    case "$1:${2-}" in
        --rounds:[1-9]*) rounds=$2 ;;
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

differences=100
hash="sum(('x' || left(md5(t::text), 15))::bit(60)::bigint)"

# name, number, name and number of the other one
make_node() {
    psql_in postgres -c "CREATE DATABASE $1"
    make_item "$1" "$rows"
    psql_in "$1" -c "VACUUM ANALYZE item"
    cat >"$place/$1.yaml" <<END
node: $2
database: $conninfo dbname=$1
tables: [public.*]
neighbours: [{node: $4, database: $conninfo dbname=$3}]
control: {socket: $place/$1.sock}
END
    "$programs/trompctl" --config "$place/$1.yaml" init >/dev/null
}

# Spread over the whole table, behind the back of replication: a third each is changed, gone, and there twice under another key.
make_differences() {
    psql_in b -v rows="$rows" -v n="$differences" <<'SQL'
SET session_replication_role = replica;
CREATE TABLE public.changed AS SELECT DISTINCT 1 + i * (:rows / :n) AS nr, i % 3 AS way FROM generate_series(0, :n - 1) i;
UPDATE item SET qty = qty + 1 WHERE nr IN (SELECT nr FROM changed WHERE way = 0);
DELETE FROM item WHERE nr IN (SELECT nr FROM changed WHERE way = 1);
INSERT INTO item SELECT -nr, name, price, qty, note, updated FROM item WHERE nr IN (SELECT nr FROM changed WHERE way = 2);
SQL
}

undo_differences() {
    psql_in b <<'SQL'
SET session_replication_role = replica;
UPDATE item SET qty = qty - 1 WHERE nr IN (SELECT nr FROM changed WHERE way = 0);
INSERT INTO item SELECT nr, 'item ' || nr, nr / 100.0, nr % 1000, repeat('n', 80), '2026-01-01' FROM changed WHERE way = 1;
DELETE FROM item WHERE nr < 0;
DROP TABLE changed;
SQL
}

# Seconds that a command takes; its output goes to a file.
seconds() {
    local began ended output=$1
    shift
    began=$(date +%s.%N)
    "$@" >"$output" || return $?
    ended=$(date +%s.%N)
    awk -v a="$began" -v b="$ended" 'BEGIN { printf "%.3f\n", b - a }'
}

# Both databases at once, as verify asks them.
bare() {
    psql_in a -At -c "SELECT $1 FROM item t" &
    psql_in b -At -c "SELECT $1 FROM item t"
    wait $!
}

verify() {
    local code=0
    "$programs/trompctl" --config "$place/a.yaml" --json verify --table public.item || code=$?
    [ "$code" = "$1" ] || die "verify ended with $code instead of $1"
}

field() { sed -n "s/.*\"$1\": \([0-9]*\).*/\1/p" "$place/answer" | head -n 1; }

check_found() {
    [ "$(field missing_here) $(field missing_there) $(field different)" = "$1" ] || die "verify did not find exactly the differences: see $place/answer"
}

round() {
    seconds /dev/null bare "count(*)" >>"$place/took.count"
    seconds /dev/null bare "count(*), $hash" >>"$place/took.md5"
    seconds "$place/answer" verify 0 >>"$place/took.equal"
    check_found "0 0 0"
    field bytes >>"$place/bytes.equal"
    make_differences
    seconds "$place/answer" verify 1 >>"$place/took.different"
    check_found "$((differences / 3)) $((differences / 3)) $((differences - 2 * (differences / 3)))"
    [ "$(grep -c '"what"' "$place/answer")" = "$differences" ] || die "verify did not name the $differences keys: see $place/answer"
    field bytes >>"$place/bytes.different"
    undo_differences
}

# words, name
line() {
    printf '%-44s %9.2f  %15s  %5.2f  %10s\n' "$1" "$(median <"$place/took.$2")" "$(spread <"$place/took.$2")" \
        "$(ratio_of "$place/took.$2" "$place/took.md5")" "$([ ! -e "$place/bytes.$2" ] || median <"$place/bytes.$2")"
}

report() {
    printf '\n%-44s %9s  %15s  %5s  %10s\n' "$rows rows at each end" seconds "from-to" ratio "bytes"
    line "count(*) at both ends at once" count
    line "count(*) and a sum of md5, likewise" md5
    line "verify, equal tables" equal
    line "verify, $differences rows differ, found exactly" different
}

clean() {
    stop_all
    rm -rf "${place:?}/data" "$place/run" "$place"/*.yaml "$place"/*.sock "$place"/took.* "$place"/bytes.* "$place/answer"
}

main() {
    local round
    build
    use_directory "$directory/pg_trompe-bench-$(id -u)"
    begin_with clean
    make_cluster "shared_buffers = '256MB'" "max_wal_size = '4GB'" "jit = off"
    make_node a 1 b 2
    make_node b 2 a 1
    say "$("$bindir/postgres" --version), $(nproc) cores for both ends; item is $(psql_in a -At -c "SELECT pg_size_pretty(pg_table_size('item'))"); $rounds rounds"
    for round in $(seq "$rounds"); do
        round
        printf 'round %s of %s done\n' "$round" "$rounds" >&2
    done
    report
}

main "$@"
