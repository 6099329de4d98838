# shellcheck shell=bash
# Sourced by the measurements, after packaging/dependencies.sh and packaging/throwaway.sh.
#
#   build                  makes trompd and trompctl in $programs where they are missing
#   begin_with FUNCTION    calls it, and again at the end, whatever ends it; finds $pgbench
#   make_item DATABASE ROWS    the table `item`, filled
#   median, spread         of the numbers in stdin, one a line
#   ratio_of FILE FILE     median of the ratios, line by line

build() {
    # shellcheck disable=SC2154
    [ ! -x "$programs/trompd" ] || [ ! -x "$programs/trompctl" ] || return 0
    # shellcheck disable=SC2154
    install_dependencies "${build_dependencies[@]}" "${server_dependencies[@]}"
    cmake --preset release
    cmake --build --preset release --parallel "$(nproc)"
}

begin_with() {
    # shellcheck disable=SC2064
    trap "$1" EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    "$1"
    # shellcheck disable=SC2154
    pgbench=$bindir/pgbench
    [ -x "$pgbench" ] || pgbench=$(command -v pgbench) || die "pgbench is missing: it comes with the package postgresql"
}

make_item() {
    psql_in "$1" -v rows="$2" <<'SQL'
CREATE TABLE item (nr bigint PRIMARY KEY, name text, price numeric(12,2), qty int, note text, updated timestamptz);
INSERT INTO item SELECT i, 'item ' || i, i / 100.0, i % 1000, repeat('n', 80), '2026-01-01' FROM generate_series(1, :rows) i;
SQL
}

median() { sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
spread() { sort -n | awk 'NR == 1 { low = $1 } END { print low "-" $1 }'; }

# The runs of one round are neighbours in time, so each is compared with that of its round.
ratio_of() { paste "$1" "$2" | awk '{ printf "%.4f\n", $1 / $2 }' | median; }
