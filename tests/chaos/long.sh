#!/usr/bin/env bash
# Runs one seed after the other for some hours, prints a line for each and the sums at the end. What a failing seed
# leaves, its whole output included, is kept below $TROMP_CHAOS_KEEP. The exit code is 0 only when none failed.
# It works on copies of the programs, so that the tree may be built meanwhile.
set -euo pipefail

usage() {
    echo "usage: tests/chaos/long.sh [HOURS [FIRST_SEED]]     with TROMP_CHAOS_SECONDS, TROMP_CHAOS_KEEP, TROMP_BUILD" >&2
    exit 2
}

[ $# -le 2 ] || usage
hours=${1-1}
seed=${2-$(date +%s)}
[[ $hours =~ ^[0-9]+(\.[0-9]+)?$ && $seed =~ ^[0-9]+$ ]] || usage

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
bin=${TROMP_BUILD-build/dev}/bin
export TROMP_CHAOS_KEEP=${TROMP_CHAOS_KEEP-${TMPDIR-/tmp}/tromp-chaos}
export TROMP_CHAOS_RUNS=1
mkdir -p "$TROMP_CHAOS_KEEP"
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp "$bin"/{trompd,trompctl,test_chaos} "$copy"
export TROMP_BIN=$copy

end=$(($(date +%s) + $(awk "BEGIN {print int($hours * 3600)}")))
totals=$copy/lines
failed=0
touch "$totals"
while [ "$(date +%s)" -lt "$end" ]; do
    output=$copy/output
    if ! TROMP_CHAOS_SEED=$seed timeout 900 "$copy/test_chaos" "random trees*" >"$output" 2>&1; then
        failed=$((failed + 1))
        mkdir -p "$TROMP_CHAOS_KEEP/$seed"
        cp "$output" "$TROMP_CHAOS_KEEP/$seed/output.txt"
        grep -q "^seed $seed:" "$output" || echo "seed $seed: did not come to its end: FAILED"
    fi
    grep "^seed $seed:" "$output" | tee -a "$totals" || true
    seed=$((seed + 1))
done

awk -v failed="$failed" -v kept="$TROMP_CHAOS_KEEP" '
    {
        for (i = 3; i < NF; ++i) {
            if ($(i + 1) ~ /^transactions/) transactions += $i
            if ($(i + 1) ~ /^operations/) operations += $i
            if ($(i + 1) ~ /^truncates/) truncates += $i
            if ($(i + 1) ~ /^faults/) faults += $i
            if ($(i + 1) ~ /^held/) held += $i
            if ($(i + 1) ~ /^conflicts/) conflicts += $i
        }
    }
    END {
        printf "%d seeds, %d transactions, %d operations, %d truncates, %d faults, %d held rows, %d conflicts: %d failed", NR, transactions,
               operations, truncates, faults, held, conflicts, failed
        print (failed > 0 ? ", kept in " kept : "")
    }' "$totals"
[ "$failed" -eq 0 ]
