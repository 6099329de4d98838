#!/usr/bin/env bash
# Installs what is missing, builds, and runs all tests. The last line is ctest's count.
set -euo pipefail

usage() {
    echo "usage: tests/run.sh [asan|tsan]" >&2
    exit 2
}

[ $# -le 1 ] || usage
preset=${1-dev}
case "$preset" in
    dev | asan | tsan) ;;
    *) usage ;;
esac

cd "$(dirname "${BASH_SOURCE[0]}")/.."
. packaging/dependencies.sh
install_dependencies "${build_dependencies[@]}" "${test_dependencies[@]}" "${server_dependencies[@]}"

export ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
export TSAN_OPTIONS=halt_on_error=1

jobs=$(nproc)
cmake --preset "$preset"
cmake --build --preset "$preset" --parallel "$jobs"

log=build/$preset/tests.log
status=0
ctest --preset "$preset" --parallel "$jobs" 2>&1 | tee "$log" || status=$?
grep -E '[0-9]+% tests passed' "$log" || echo "ctest did not come to its end" >&2
exit "$status"
