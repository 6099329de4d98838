#!/usr/bin/env bash
# Five databases that replicate, from nothing: builds, makes a throwaway PostgreSQL with the databases A to E, starts five
# daemons, shows changes flowing, takes a laptop away and back, shows the conflict, and compares all rows.
set -euo pipefail

usage() {
    cat <<'END'
usage: packaging/quickstart.sh [--once | --stop]
  --once   stop everything at the end, instead of leaving it there to play with
  --stop   stop what an earlier run left running
END
}

cd "$(dirname "${BASH_SOURCE[0]}")/.."
. packaging/dependencies.sh
. packaging/throwaway.sh

directory=/tmp/pg_trompe-$(id -u) # short: a socket's path has at most 107 bytes
nodes=(A B C D E)
tables=(appointment guest)
programs=$PWD/build/release/bin
step=0
decider= # a node that kept a conflict

header() {
    step=$((step + 1))
    printf '\n%s%d. %s%s\n' "$bold" "$step" "$*" "$plain"
}

if [ -t 1 ]; then
    bold=$'\e[1m' plain=$'\e[0m'
else
    bold='' plain=''
fi

# Shows a statement and runs it.
at() {
    local node=$1
    shift
    printf '%s%s=>%s %s\n' "$bold" "$node" "$plain" "$*"
    psql_in "$node" -P footer=off -c "$*"
}

# What a query says in every database: everywhere CAPTION QUERY
everywhere() {
    local node
    say "" "$1, in each database:"
    for node in "${nodes[@]}"; do
        psql_in "$node" -At -F '  ' -c "$2" | sed "s/^/    $node   /"
    done
}

tromp() {
    local node=$1
    shift
    "$programs/trompctl" --config "$place/$node.yaml" "$@"
}

show_tromp() {
    printf '%s%s$%s trompctl %s\n' "$bold" "$1" "$plain" "${*:2}"
    tromp "$@"
}

# Changes of D reach B over three links: one round for each.
sync_all() {
    local round node
    for round in 1 2 3; do
        for node in "${nodes[@]}"; do
            tromp "$node" sync --wait || die "node $node did not get in sync (round $round): see $place/log/trompd-$node"
        done
    done
}

build() {
    header "Building (some minutes the first time)"
    install_dependencies "${build_dependencies[@]}" "${server_dependencies[@]}"
    # The lock is the build's own: one that goes on after its quickstart was killed is waited for.
    mkdir -p build
    flock build/release.lock sh -ec "cmake --preset release; cmake --build --preset release --parallel $(nproc)"
}

# write_config NODE NUMBER "NEIGHBOUR NUMBER [KEY]"…
write_config() {
    local node=$1 number=$2 neighbour key
    shift 2
    {
        say "node: $number" "name: $node" "database: $conninfo dbname=$node" "tables: [public.*]"
        say "control: {socket: $place/$node.sock}" "neighbours:"
        for neighbour in "$@"; do
            read -r neighbour number key <<<"$neighbour"
            say "  - node: $number" "    name: $neighbour"
            if [ "$key" != comes-to-us ]; then say "    database: $conninfo dbname=$neighbour"; fi
            if [ "$key" = both ]; then say "    direction: both"; fi
        done
    } >"$place/$node.yaml"
}

make_databases() {
    local node
    header "Five databases, none the master"
    say '
        B home             D laptop          D runs both directions of its link
          \               /                  by itself: nobody can connect to it.
           A server --- C office
                          \
                           E shop
'
    say "PostgreSQL starts in $place; nothing listens on a port."
    make_cluster
    write_config A 1 "B 2" "C 3"
    write_config B 2 "A 1"
    write_config C 3 "A 1" "D 4 comes-to-us" "E 5"
    write_config D 4 "C 3 both"
    write_config E 5 "C 3"
    for node in "${nodes[@]}"; do
        psql_in postgres -c "CREATE DATABASE \"$node\""
        psql_in "$node" <<'END'
CREATE TABLE appointment (nr bigserial PRIMARY KEY, day date NOT NULL, title text NOT NULL, place text);
CREATE TABLE guest (appointment bigint REFERENCES appointment ON DELETE CASCADE, name text, coming boolean,
                    PRIMARY KEY (appointment, name));
END
    done
    show_tromp A init
    for node in "${nodes[@]:1}"; do tromp "$node" init >/dev/null; done
    for node in "${nodes[@]}"; do
        start_process "trompd-$node" "$programs/trompd" --config "$place/$node.yaml"
        wait_for 15 tromp "$node" sync 2>/dev/null || die "trompd of $node does not start: see $place/log/trompd-$node"
    done
    sync_all
    say "" "Five daemons are running. Each knows only its neighbours."
    show_tromp C status
}

# Prints when the row is there, by the server's clock.
wait_for_row() {
    psql_in E -At <<'SQL'
DO $$ BEGIN
    FOR i IN 1..10000 LOOP
        EXIT WHEN EXISTS (SELECT FROM appointment WHERE title = 'Dentist');
        PERFORM pg_sleep(0.001);
    END LOOP;
END $$;
SELECT extract(epoch FROM clock_timestamp()) * 1000;
SQL
}

someone_waits() {
    [ "$(psql_in E -At -c "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'DO %' AND state = 'active'")" = 1 ]
}

show_flow() {
    local made arrived waiter
    header "Changes flow, from anywhere to everywhere"
    wait_for_row >"$place/arrived" &
    waiter=$!
    wait_for 10 someone_waits
    say "${bold}B=>$plain INSERT INTO appointment (day, title, place) VALUES ('2026-12-01', 'Dentist', 'Main Street 1')"
    made=$(psql_in B -At -c "INSERT INTO appointment (day, title, place) VALUES ('2026-12-01', 'Dentist', 'Main Street 1')" \
        -c "SELECT extract(epoch FROM clock_timestamp()) * 1000")
    wait "$waiter"
    arrived=$(<"$place/arrived")
    say "    at E, three links away, $(awk -v a="$arrived" -v m="$made" 'BEGIN { printf "%.0f", a - m }') ms later" ""
    at A "INSERT INTO appointment (day, title, place) VALUES ('2026-12-02', 'Board meeting', 'Room 1')"
    at D "INSERT INTO appointment (day, title, place) VALUES ('2026-12-03', 'Lunch', 'Harbour')"
    at E "INSERT INTO appointment (day, title) SELECT date '2026-12-04' + i, 'Shift ' || i FROM generate_series(1, 3) i"
    sync_all
    say "" "Keys do not collide: each node has its own share of the sequence (A 1, 11, 21 …; B 2, 12, 22 …)."
    at B "SELECT * FROM appointment ORDER BY day"
    at E "UPDATE appointment SET place = 'Room 2' WHERE title = 'Board meeting'"
    at B "DELETE FROM appointment WHERE title = 'Shift 2'"
    at D "INSERT INTO guest SELECT nr, name, true FROM appointment, (VALUES ('Ann'), ('Bob')) v(name) WHERE title = 'Board meeting'"
    sync_all
    everywhere "The board meeting and its guests" "SELECT a.title, a.place, string_agg(g.name, ', ' ORDER BY g.name)
        FROM appointment a JOIN guest g ON g.appointment = a.nr GROUP BY a.nr"
}

two_rows="SELECT title, day, place FROM appointment WHERE title IN ('Dentist', 'Lunch') ORDER BY title"

take_laptop_away() {
    local node
    header "The laptop leaves, and both sides go on writing"
    stop_process trompd-D
    say "trompd of D is stopped: there is no link between C and D any more." ""
    at B "UPDATE appointment SET place = 'Hospital' WHERE title = 'Dentist'"
    at E "DELETE FROM appointment WHERE title = 'Lunch'"
    at E "INSERT INTO appointment (day, title) VALUES ('2026-12-24', 'Shop closes at noon')"
    at D "UPDATE appointment SET place = 'Park Lane 7' WHERE title = 'Dentist'"
    at D "UPDATE appointment SET day = '2026-12-05' WHERE title = 'Lunch'"
    at D "INSERT INTO appointment (day, title) VALUES ('2026-12-31', 'Party')"
    for node in E A B A E; do tromp "$node" sync --wait; done
    everywhere "The dentist and the lunch" "$two_rows"
    say ""
    show_tromp C status
    show_tromp D status
}

bring_laptop_back() {
    local node
    header "The laptop is back"
    start_process trompd-D "$programs/trompd" --config "$place/D.yaml"
    wait_for 15 tromp D sync 2>/dev/null || die "trompd of D does not start: see $place/log/trompd-D"
    sync_all
    everywhere "The dentist and the lunch" "$two_rows"
    say "" "The later change of the dentist won; the delete of the lunch won against the change of its day." \
        "Nothing is lost: what was overruled is kept where that was decided." ""
    for node in "${nodes[@]}"; do
        [ "$(psql_in "$node" -At -c "SELECT count(*) FROM replication.conflicts")" != 0 ] || continue
        decider=$node
        show_tromp "$node" conflicts list
        say ""
    done
    [ -n "$decider" ] || die "no conflict was found, though the same rows were changed at both ends"
    show_tromp "$decider" conflicts show 1
}

compare() {
    local node table key rows equal=true
    header "Are they equal? All rows of all five"
    mkdir -p "$place/rows"
    for table in "${tables[@]}"; do
        for node in "${nodes[@]}"; do
            psql_in "$node" -c "\\copy (SELECT * FROM public.$table t ORDER BY t) TO '$place/rows/$table.$node'"
            key=$(md5sum <"$place/rows/$table.$node")
            rows=$(wc -l <"$place/rows/$table.$node")
            printf '    %s  %-12s %3d rows  %s' "$node" "$table" "$rows" "${key%% *}"
            if cmp -s "$place/rows/$table.A" "$place/rows/$table.$node"; then
                say "  equal"
            else
                say "  DIFFERENT"
                diff "$place/rows/$table.A" "$place/rows/$table.$node" || true
                equal=false
            fi
        done
    done
    $equal || die "the databases are not equal"
    say "" "All five are equal."
}

say_how_to_play() {
    header "It is yours to play with"
    cat >"$place/sql" <<END
#!/bin/sh
node=\$1; shift
exec "$bindir/psql" "$conninfo dbname=\$node" "\$@"
END
    cat >"$place/tromp" <<END
#!/bin/sh
node=\$1; shift
exec "$programs/trompctl" --config "$place/\$node.yaml" "\$@"
END
    chmod +x "$place/sql" "$place/tromp"
    cat <<END
    $place/sql B                          psql in database B (or A, C, D, E)
    $place/tromp C status --watch         how the links of C stand
    $place/tromp $decider conflicts restore 1    brings back what lost in conflict 1, everywhere
    $place/tromp C pause E                stops a link; resume starts it again
    $place/log/trompd-A                   what the daemon of A says
    packaging/quickstart.sh --stop                  stops everything
END
}

finished=false
finish() {
    local status=$?
    trap - EXIT
    if ! $finished; then
        stop_all
        complain "stopped (exit $status); the logs are in $place/log"
    fi
    exit "$status"
}

clean() {
    stop_all
    find "$place" -mindepth 1 -maxdepth 1 ! -name lock -exec rm -rf {} +
    mkdir "$place/process" "$place/log"
}

main() {
    once=false
    case "$#:${1-}" in
        0:) ;;
        1:--once) once=true ;;
        1:--stop)
            use_directory "$directory"
            clean
            say "Nothing of the quickstart is running."
            return 0
            ;;
        1:--help)
            usage
            return 0
            ;;
        *)
            usage >&2
            return 2
            ;;
    esac
    build
    use_directory "$directory"
    trap finish EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    clean # whatever an earlier run left
    make_databases
    show_flow
    take_laptop_away
    bring_laptop_back
    compare
    if $once; then
        clean
        say "Everything is stopped. Without --once it is left running, to play with."
    else
        say_how_to_play
    fi
    finished=true
}

main "$@"
