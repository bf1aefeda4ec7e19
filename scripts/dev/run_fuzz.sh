#!/usr/bin/env bash
# run_fuzz.sh SECONDS JOBS [TARGET...]: runs these or all built fuzz targets, JOBS at a time, in the environment. Called by ./dev.
#
# Seeds are fuzz/corpus/TARGET (committed, small); what libFuzzer finds goes to build/fuzz/corpus/TARGET, a failing
# input to build/fuzz/failures/. Exit status 1 when a target failed.
set -euo pipefail

seconds=$1 jobs=$2
shift 2

fuzz_one() {
  local seconds=$1 target=$2 log=build/fuzz/$2.log
  mkdir -p "build/fuzz/corpus/$target" build/fuzz/failures "fuzz/corpus/$target"
  if "build/fuzz/bin/${target}_fuzz" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=3000 -max_len=4096 \
    -print_final_stats=1 -artifact_prefix="build/fuzz/failures/$target-" "build/fuzz/corpus/$target" "fuzz/corpus/$target" \
    >"$log" 2>&1; then
    printf 'ok    %-16s %s inputs\n' "$target" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")"
  else
    printf 'FAIL  %s\n' "$target"
    tail -n 40 "$log"
    return 1
  fi
}
export -f fuzz_one

status=0
if [ $# -eq 0 ]; then
  for file in fuzz/*_fuzz.cpp; do
    set -- "$@" "$(basename "$file" _fuzz.cpp)"
  done
fi
printf '%s\0' "$@" |
  xargs -0 -P "$jobs" -I '{}' bash -c 'fuzz_one "$0" "$1"' "$seconds" '{}' || status=1
exit "$status"
