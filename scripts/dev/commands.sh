# The words of ./dev. Sourced by it; each command_X gets the words after X.

usage() {
  cat <<'TEXT'
./dev WORD...       builds what is needed, then does what the word says

  build             build everything
  test [ARGS]       build and run all tests; ARGS go to ctest (-R NAME runs those that match)
  test --preset asan|tsan [ROOM...]
                    the same under a sanitizer, for all rooms or the named ones
  check [--all]     format, layers, sizes, README, clang-tidy (changed files, or all), unit tests: before every push
  fuzz [TARGET...] [--seconds N]
                    run every fuzz target, or these, for N seconds each (60)
  mutation-check [FILE...]
                    turn every condition of the permission decision and the path resolver round: a test must fail for each
  bench [ARGS]      run the benchmarks (--quick: a few minutes; --only B0: counts, in seconds)
  escape-suite [--tier A|B] [--as-user] [--quick]
                    try every known way out of the sandbox, with controls (exit status 75: no such tier here)
  crash-test [--kills N] [--seed S]
                    kill an agent that keeps its session, N times (200): nothing acknowledged is lost, no tool runs twice
  resume-bench [--tokens N] [--rounds N]
                    measure how much sooner a saved conversation goes on in a new process than one that is computed again
  sandbox-bench [--rounds N]
                    measure what the sandbox and the Python worker cost, each number beside its bar
  interop [FAMILY...]
                    other people's programs against Puna: clients of the server, the MCP conformance suite, MCP servers
                    (downloads them, adds Node.js and pip to the environment on first use; exit status 75: no registry here)
  server-load [--seconds N] [--slow N] [--streams N]
                    the server under 512 slow connections and 200 streaming clients that leave as they like, for ten minutes:
                    nothing may be left behind (exit status 1: something was; 75: the load cannot be made here)
  server-throughput [--clients 8,32] [--rounds N]
                    the server beside llama-server: processor time of the same requests (exit status 75: inconclusive)
  sim-bench [--only counts|growth|peer] [--agents N] [--steps N] [--rounds N]
                    scenarios of 50 LLM agents: tokens computed beside the bound, time of twice the agents, llama-server asked
                    for one answer after the other beside ours (exit status 0 met, 1 missed, 75 inconclusive)
  report-check      make reports of runs, open them in headless Chromium without a network, light and dark, phone and desk:
                    no request, no word on the console, nothing outside of its place; pictures go to build/report-check
                    (adds Chromium to the environment on first use; exit status 75: it cannot be had here)
  cluster-test      submit a sweep to a real Slurm, a controller and two machines in network namespaces, and kill one of them in
                    the middle: every run is there, none twice, with the bytes of one process
                    (adds Slurm to the environment on first use; exit status 75: it cannot be had or started here)
  chat-test [--pictures FOLDER] [TEST...]
                    puna chat in a terminal: keys in through tmux, the screen back; --pictures docs/pictures draws those of the documents
  container-test    run the steps of packaging/container/Containerfile without a container engine, and try what they make
  examples          build and run the examples
  demo-eval [--per-family N] [--seed S] [--jsonl FILE]
                    score the demo model on held-out tasks; judged with 200 of each family, as without --per-family
  code-eval [--questions N] [--seed S] [--model FILE] [--jsonl FILE] [--show N]
                    score it as a code agent: questions on animals and places, true and with random numbers
  train-demo [ARGS] train the demo model (adds PyTorch to the environment on first use); without ARGS an hour more, from the
                    last such call's checkpoint or from the bundled file, as models/demo/README.md says
  shell [COMMAND]   a shell, or one command, in the build environment
  setup [GROUP]     only make the build environment (and add a package group: train, interop, browser, cluster)
  clean [--env]     remove what was built here (--env: the build environments too)

Any other word goes to the program: `./dev run "What is 4817 * 36?"` is `puna run ...`, built first.

PUNA_MIRROR   the Debian mirror to make the environment from (default: the one in apt's configuration)
PUNA_ORACLES  the folder with outside test data (default: ../shared/oracles; tests that need it are skipped without)
TEXT
}

command_build() {
  choose_environment
  build_preset release "$@"
  say "built in build/release; the program is build/release/bin/puna (start it with ./dev)"
}

command_test() {
  local preset=release rooms=
  if [ "${1:-}" = --preset ]; then
    preset=${2:-}
    shift $(($# < 2 ? $# : 2))
    case "$preset" in
      asan | tsan) ;;
      *) die "test --preset takes asan or tsan, not '$preset'" ;;
    esac
    while [ $# -gt 0 ] && [ "${1#-}" = "$1" ]; do
      ls "$repo_folder/src/$1"/*_test.cpp >/dev/null 2>&1 || die "no room with tests is called '$1'; there are: $(tested_rooms)"
      rooms="$rooms $1"
      shift
    done
    rooms=${rooms:-$(tested_rooms)}
  fi
  choose_environment
  if [ -n "$rooms" ]; then
    build_preset "$preset" $(printf '%s_test ' $rooms)
    set -- -R "^($(echo $rooms | tr ' ' '|'))_test\." "$@"
  else
    build_preset "$preset"
  fi
  run_tests "$preset" "$@"
}

tested_rooms() {
  (cd "$repo_folder/src" && ls -- */*_test.cpp | sed 's|/.*||' | sort -u | tr '\n' ' ')
}

# run_tests PRESET CTEST-ARGS...: ends with the skipped tests and the line "N passed, N failed, N skipped".
run_tests() {
  local preset=$1 status=0 results=build/$1/results.xml passed=$repo_folder/build/$1/tests-passed
  shift
  rm -f "$repo_folder/$results" "$passed"
  touch "$passed.begin"
  export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_stack_use_after_return=1:strict_string_checks=1}
  export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
  export LSAN_OPTIONS=${LSAN_OPTIONS:-suppressions=\'$repo_folder/scripts/lsan.supp\':print_suppressions=0}
  export TSAN_OPTIONS=${TSAN_OPTIONS:-suppressions=\'$repo_folder/scripts/tsan.supp\':second_deadlock_stack=1}
  env_run ctest --test-dir "build/$preset" -j 2 --output-on-failure --no-tests=error --output-junit "$repo_folder/$results" \
    --test-output-size-passed 8192 "$@" || status=$?
  if [ -e "$repo_folder/$results" ]; then
    env_run python3 scripts/test_summary "$results" || status=$?
  fi
  if [ "$status" = 0 ] && [ $# = 0 ]; then
    mv "$passed.begin" "$passed"
  fi
  return "$status"
}

# passed_already PRESET: every test has passed, and no file of ours and no program has changed since they began.
passed_already() {
  local passed=$repo_folder/build/$1/tests-passed
  [ -e "$passed" ] &&
    [ -z "$(find "$repo_folder" \( -path "$repo_folder/.git" -o -path "$repo_folder/build" -o -name __pycache__ \) -prune -o -type f -newer "$passed" -print -quit)" ] &&
    [ -z "$(find "$repo_folder/build/$1/bin" -type f -newer "$passed" -print -quit)" ]
}

command_check() {
  local what=changed failed=
  case "${1:-}" in
    --all) what=all ;;
    '') ;;
    *) die "check takes --all or nothing, not '$1'" ;;
  esac
  choose_environment
  build_preset release
  check_step shell check_shell
  check_step format check_format
  check_step layers env_run python3 scripts/check_layers
  check_step sizes env_run python3 scripts/check_sizes
  check_step readme env_run python3 scripts/check_readme
  check_step tidy check_tidy "$what"
  if passed_already release; then
    say "ok    tests (all of them have passed on this build)"
  else
    check_step tests run_tests release -L unit --progress
  fi
  [ -z "$failed" ] || die "check failed:$failed"
  say "check passed"
}

# Runs one step, keeps its output for a failure or a warning, and goes on, so that one run shows everything.
check_step() {
  local name=$1 log=$repo_folder/build/check-$1.log begin=$SECONDS status=0
  shift
  "$@" >"$log" 2>&1 </dev/null || status=$?
  if [ "$status" = 0 ]; then
    say "ok    $name ($((SECONDS - begin)) s)"
    grep -a '^warning: ' "$log" >&2 || true
  else
    say "FAIL  $name ($((SECONDS - begin)) s)"
    tail -n 60 "$log" >&2
    failed="$failed $name"
  fi
}

check_shell() {
  local file
  for file in dev .ci/run scripts/dev/*.sh packaging/container/*.sh; do
    bash -n "$repo_folder/$file" || return
  done
}

# Every C++ file that is ours, by path, ended by NUL.
sources() {
  (cd "$repo_folder" && find include src tests examples bench fuzz \( -name '*.cpp' -o -name '*.h' \) -print0 2>/dev/null || true)
}

check_format() {
  sources | env_run xargs -0 -P "$(jobs_max)" -n 20 clang-format --dry-run -Werror
}

check_tidy() {
  if [ "$1" = all ]; then
    env_run python3 scripts/check_tidy --build build/release --all
  else
    changed_files | env_run python3 scripts/check_tidy --build build/release
  fi
}


# Files that differ from the merge base with the branch this one will be merged into; on that branch itself, from the
# commit before. Where git cannot say, all of them.
changed_files() {
  local base branch
  cd "$repo_folder"
  for branch in '@{upstream}' origin/HEAD origin/main main master; do
    base=$(git merge-base HEAD "$branch" 2>/dev/null) && break
  done
  if [ -n "${base:-}" ] && [ "$base" = "$(git rev-parse HEAD)" ]; then
    base=$(git rev-parse --verify --quiet HEAD~1) || base=
  fi
  if [ -n "${base:-}" ]; then
    git diff --name-only --diff-filter=d "$base" -- '*.cpp' '*.h'
    git ls-files --others --exclude-standard -- '*.cpp' '*.h'
  else
    sources | tr '\0' '\n'
  fi
}

command_fuzz() {
  local seconds=60 targets=()
  while [ $# -gt 0 ]; do
    case "$1" in
      --seconds)
        seconds=${2:-}
        case "$seconds" in '' | *[!0-9]*) die "--seconds takes a whole number, not '$seconds'" ;; esac
        shift 2
        ;;
      -*) die "fuzz takes [TARGET...] [--seconds N], not '$1'" ;;
      *)
        [ -e "$repo_folder/fuzz/${1}_fuzz.cpp" ] ||
          die "no fuzz target is called '$1'; there are: $(cd "$repo_folder/fuzz" && echo *_fuzz.cpp | sed 's/_fuzz\.cpp//g')"
        targets+=("$1")
        shift
        ;;
    esac
  done
  choose_environment
  if [ ${#targets[@]} -gt 0 ]; then
    build_preset fuzz "${targets[@]/%/_fuzz}"
  else
    build_preset fuzz fuzz_targets
  fi
  env_run bash scripts/dev/run_fuzz.sh "$seconds" "$(jobs_max)" "${targets[@]}"
}

command_examples() {
  choose_environment
  build_preset release examples
  run_each examples "$@"
}

# Runs the program of each FOLDER/X.cpp, build/release/bin/X, in the repository.
run_each() {
  local folder=$1 file name failed=
  shift
  for file in "$repo_folder/$folder"/*.cpp; do
    name=$(basename "$file" .cpp)
    say "$folder/$name"
    env_run "build/release/bin/$name" "$@" || failed="$failed $name"
  done
  [ -z "$failed" ] || die "these failed:$failed"
}

command_train_demo() {
  local out=$cache_folder/train/demo from
  if [ $# = 0 ]; then
    from=$out/checkpoint.pt
    [ -e "$from" ] || from=$repo_folder/models/demo/puna-demo-Q8_0.gguf
    set -- --out "$out" --minutes 60 --progress-from 0.4 --resume "$from"
  fi
  say "train.py $*"
  choose_environment
  require_group train
  run_program python3 "$repo_folder/models/demo/train/train.py" "$@"
}

command_shell() {
  choose_environment
  use_ccache
  if [ $# -gt 0 ]; then
    run_program "$@"
  fi
  say "the build environment; leave it with exit"
  run_program bash -i
}

command_setup() {
  choose_environment
  [ $# = 0 ] || require_group "$1"
  if [ "$environment_kind" = native ]; then
    say "this machine's own packages are used"
  else
    say "the build environment is $environment_root"
  fi
}

command_clean() {
  case "${1:-}" in
    '') ;;
    --env) remove_environments ;;
    *) die "clean takes --env or nothing, not '$1'" ;;
  esac
  rm -rf "$repo_folder/build"
  say "removed build/"
}

remove_environments() {
  local folder
  if [ -d "$cache_folder" ]; then
    exec 9>"$cache_folder/environment.lock"
    flock -n 9 || die "another ./dev is making the build environment; nothing was removed"
    remove_partial_rootfs
    for folder in "$cache_folder"/env-????????????; do
      [ -d "$folder" ] || continue
      rm -rf --one-file-system "$folder"
      say "removed $folder"
    done
    exec 9>&-
  fi
}
