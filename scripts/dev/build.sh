# Configuring and building a CMake preset, quietly unless it takes long or fails. Sourced by ./dev.
#
# Invariant: one ./dev at a time builds a preset (ninja has no lock of its own), and a build folder made by another
# environment or at another path is thrown away, not reused; ccache makes that cheap.

# build_preset PRESET [TARGET...]: without a target, everything.
build_preset() {
  local preset=$1 folder=$repo_folder/build/$1 stamp status=0
  shift
  stamp="$environment_id $repo_folder"
  mkdir -p "$folder"
  if have flock; then
    exec 8>"$repo_folder/build/$preset.lock"
    if ! flock -n 8; then
      say "another ./dev is building here; waiting for it"
      flock 8
    fi
  fi
  if [ "$(cat "$folder/.made-by" 2>/dev/null)" != "$stamp" ]; then
    rm -rf "$folder"
    mkdir -p "$folder"
    echo "$stamp" >"$folder/.made-by"
  fi
  use_ccache
  if [ ! -e "$folder/build.ninja" ] || [ "$repo_folder/CMakePresets.json" -nt "$folder/build.ninja" ]; then
    require_space "$repo_folder" 1000 "a build"
    run_logged "configuring" "$folder/configure.log" env_run cmake --preset "$preset" $(missing_tool_options) || {
      rm -f "$folder/build.ninja"
      cat "$folder/configure.log" >&2
      die "the configuration failed" "$(configure_hint)"
    }
  fi
  run_logged "building" "$folder/build.log" env_run ninja -C "build/$preset" -j "$(jobs_max)" "$@" || status=$?
  if [ "$status" != 0 ]; then
    show_build_failure "$folder/build.log"
    die "the build failed (the whole log: $folder/build.log)"
  fi
  if have flock; then
    exec 8>&-
  fi
}

use_ccache() {
  export CCACHE_DIR=${CCACHE_DIR:-$cache_folder/ccache}
  export CCACHE_MAXSIZE=${CCACHE_MAXSIZE:-2G}
  # Paths below the repository count as relative, so that another clone finds the same objects.
  export CCACHE_BASEDIR=$repo_folder CCACHE_NOHASHDIR=true
  export CCACHE_SLOPPINESS=${CCACHE_SLOPPINESS:-pch_defines,time_macros} CCACHE_PCH_EXTSUM=true  # for precompiled headers
}

# The presets name ccache and mold; a machine without apt may have neither.
missing_tool_options() {
  [ "$environment_kind" = native ] || return 0
  have ccache || echo -DCMAKE_CXX_COMPILER_LAUNCHER=
  have mold || echo -DCMAKE_LINKER_TYPE=DEFAULT
}

configure_hint() {
  if [ "$environment_kind" = native ] && ! have apt-get; then
    echo "is libllama 0.7 or newer installed? CMAKE_PREFIX_PATH says where, -DPUNA_FETCH_LLAMA=ON builds a pinned release"
  fi
}

# From the first failed step on; a compiler's first error is the one that counts.
show_build_failure() {
  local first
  first=$(grep -n -m 1 '^FAILED:' "$1" | cut -d: -f1) || true
  if [ -n "$first" ]; then
    tail -n "+$first" "$1" | head -n 80 >&2
  else
    tail -n 40 "$1" >&2
  fi
}

jobs_max() {
  nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null || echo 2
}

# run_logged LABEL LOG COMMAND...: the command's output goes to the log; after two seconds the screen says how far it
# is. Returns the command's status.
run_logged() {
  local label=$1 log=$2 status=0
  shift 2
  mkdir -p "${log%/*}"
  : >"$log"
  show_progress "$label" "$log" 8>&- 9>&- &
  progress_pid=$!
  "$@" >>"$log" 2>&1 </dev/null || status=$?
  stop_progress
  return "$status"
}

stop_progress() {
  if [ -n "${progress_pid:-}" ]; then
    kill "$progress_pid" 2>/dev/null || true
    wait "$progress_pid" 2>/dev/null || true
    progress_pid=
    [ ! -t 2 ] || printf '\r\033[K' >&2
  fi
}

# On a terminal one line that is rewritten, else a line now and then. Ends with ./dev, however that ends.
show_progress() {
  local label=$1 log=$2 begin=$SECONDS next=10 seconds last
  while kill -0 $$ 2>/dev/null; do
    sleep 1 </dev/null >/dev/null 2>&1
    seconds=$((SECONDS - begin))
    last=$(tail -c 2000 "$log" 2>/dev/null | tr '\r' '\n' | grep -a -E '^(\[[0-9]+/|I: |Get:|Unpacking|Setting up|-- |#[0-9])' | tail -n 1 | cut -c 1-70)
    if [ -t 2 ]; then
      [ "$seconds" -lt 2 ] || printf '\r\033[Kdev: %s, %d s  %s' "$label" "$seconds" "$last" >&2
    elif [ "$seconds" -ge "$next" ]; then
      next=$((seconds + 30))
      printf 'dev: %s, %d s  %s\n' "$label" "$seconds" "$last" >&2
    fi
  done
}
