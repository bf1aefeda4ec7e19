# The words that measure something and hold it to a bar. Each prints a line at its end that sums up, and exits with 0 (met), 1 (missed)
# or 75 (inconclusive, or what it needs is not here).

command_mutation_check() {
  choose_environment
  build_preset release tools_test
  env_run env OMP_WAIT_POLICY=passive python3 scripts/mutation_check --jobs "$(jobs_max)" "$@"
}

command_resume_bench() {
  choose_environment
  build_preset release resume_bench
  run_program "$repo_folder/build/release/bin/resume_bench" "$@"
}

# The second program counts what the engine allocates; the first finds it beside itself.
command_bench() {
  choose_environment
  build_preset release puna step_counts
  run_program "$repo_folder/build/release/bin/puna" bench "$@"
}

command_escape_suite() {
  choose_environment
  build_preset release escape_suite
  env_run build/release/bin/escape_suite "$@"
}

command_crash_test() {
  choose_environment
  build_preset release crash_store
  env_run build/release/bin/crash_store "$@"
}

command_sandbox_bench() {
  choose_environment
  build_preset release sandbox_bench
  env_run build/release/bin/sandbox_bench "$@"
}

# The registry is asked with the certificates that this machine trusts, not those of the environment.
command_interop() {
  local cache=$cache_folder/interop
  choose_environment
  (require_group interop && require_group interop-python) || {
    say "interop: skipped, Node.js and Python's venv cannot be added to the environment"
    return 75
  }
  build_preset release puna
  mkdir -p "$cache"
  cp -f /etc/ssl/certs/ca-certificates.crt "$cache/certificates.pem" 2>/dev/null || true
  env_run python3 scripts/interop/run --puna build/release/bin/puna --cache "$cache" "$@"
}

command_server_load() {
  choose_environment
  build_preset release puna bare_server
  env_run python3 tests/server_load.py build/release/bin/puna build/release/bin/bare_server "$@"
}

command_server_throughput() {
  choose_environment
  build_preset release puna
  env_run python3 tests/server_throughput.py build/release/bin/puna "$@"
}

command_sim_bench() {
  choose_environment
  build_preset release puna
  env_run python3 tests/sim_bench.py build/release/bin/puna models/demo/puna-demo-Q8_0.gguf "$@"
}

# group_or_skip GROUP TEXT: status 75, and the text, where the group cannot be had.
group_or_skip() {
  (require_group "$1") || {
    say "$2"
    return 75
  }
}

command_report_check() {
  choose_environment
  group_or_skip browser "report-check: skipped, Chromium cannot be added to the environment" || return
  build_preset release puna
  env_run python3 scripts/report_check build/release/bin/puna build/report-check
}

command_cluster_test() {
  choose_environment
  group_or_skip cluster "cluster-test: skipped, Slurm cannot be added to the environment" || return
  build_preset release puna
  env_run python3 scripts/cluster_test build/release/bin/puna build/cluster-test
}

command_chat_test() {
  choose_environment
  build_preset release puna
  env_run python3 tests/chat_terminal.py build/release/bin/puna "$@"
}

# Tasks are made by Python, with any seed; the program under test answers them. Where another project's generator lies
# beside the outside test data, its test split is scored as well: wording that this project did not choose.
command_demo_eval() {
  local jsonl= generate= model=models/demo/puna-demo-Q8_0.gguf tasks=build/release/demo-eval.jsonl
  local reference=${PUNA_ORACLES:-$repo_folder/../shared/oracles}/../demo-model/gen.py
  while [ $# -gt 0 ]; do
    case "$1" in
      --per-family | --seed)
        case "${2:-}" in '' | *[!0-9]*) die "$1 takes a whole number, not '${2:-}'" ;; esac
        generate="$generate $1 $2"
        shift 2
        ;;
      --jsonl)
        [ $# -ge 2 ] || die "--jsonl needs a file"
        case "$2" in /*) jsonl=$2 ;; *) jsonl=$user_folder/$2 ;; esac
        shift 2
        ;;
      *) die "demo-eval takes [--per-family N] [--seed S] [--jsonl FILE], not '$1'" ;;
    esac
  done
  choose_environment
  build_preset release puna-demo-eval
  env_run python3 models/demo/train/tasks.py $generate >"$repo_folder/$tasks"
  if [ -e "$reference" ]; then
    env_run python3 models/demo/train/reference_tasks.py "$reference" >"$repo_folder/$tasks.reference"
    say "the test split of $reference"
    env_run build/release/bin/puna-demo-eval "$model" "$tasks.reference"
    say "our own held-out tasks"
  fi
  env_run build/release/bin/puna-demo-eval "$model" "$tasks" --bars ${jsonl:+--jsonl "$jsonl"}
}

command_code_eval() {
  choose_environment
  build_preset release puna
  env_run python3 models/demo/eval/code_eval.py build/release/bin/puna "$@"
}
