# Where commands run: natively, or in a root filesystem of Debian made once under the user's cache folder.
#
# Sourced by ./dev. choose_environment sets environment_kind (native | rootfs) and environment_root; env_run and
# run_program then start commands there. docs/decisions/0002-build-environment.md says why it is made this way.
# Invariants: a folder env-* is complete (it is renamed into place); nothing is mounted outside a private mount
# namespace; a normal command cannot write to the environment.

readonly environment_suite=forky
readonly environment_format=1  # raise when the way of making the environment changes
readonly environment_mb=1260  # measured size of the base
readonly environment_free_mb=2600  # with downloads, build folders and ccache
readonly llama_version_min=1:0.7   # as Debian writes it

# What CMake and the tests use; the container is built with the same. A changed list makes a new environment.
readonly packages_build="g++ cmake ninja-build ccache mold pkgconf libllama-dev libggml-dev nlohmann-json3-dev libminja-dev
  libcli11-dev libcpp-httplib-dev libsimdutf-dev libutf8proc-dev libjsoncons-dev libisocline-dev libxxhash-dev libgtest-dev llama.cpp-tools tzdata
  libcurl4-openssl-dev liblexbor-dev libsqlite3-dev libtomlplusplus-dev libre2-dev libyaml-cpp-dev libseccomp-dev bubblewrap micropython
  python3"
# ... and what `check`, the sanitizers, the fuzzer and the tests in a terminal use.
readonly packages_base="$packages_build
  clang clang-tidy clang-format libclang-rt-dev llvm gdb valgrind tmux"

# Groups are added to the same root filesystem when a command first needs them.
group_packages() {
  case "$1" in  # without OpenBLAS, PyTorch multiplies matrices with the reference BLAS: 2 GFLOPS instead of 65
    train) echo "libopenblas0-pthread python3-torch python3-numpy python3-gguf python3-regex python3-jinja2" ;;
    interop) echo "nodejs npm ca-certificates" ;;
    interop-python) echo "python3-venv git" ;;
    browser) echo "chromium-headless-shell fonts-dejavu-core" ;;
    cluster) echo "slurmctld slurmd slurm-client iproute2" ;;
    *) die "no package group is called '$1'" ;;
  esac
}
group_mb() {
  case "$1" in
    train) echo 1500 ;;
    interop) echo 320 ;;
    interop-python) echo 50 ;;
    browser) echo 420 ;;
    cluster) echo 60 ;;
  esac
}

is_root() { [ "$(id -u)" = 0 ]; }
have() { command -v "$1" >/dev/null 2>&1; }

choose_environment() {
  environment_kind=native
  environment_root=
  environment_id=native
  if [ -n "${PUNA_ENVIRONMENT:-}" ] || ! have apt-get; then
    check_plain_tools
    return
  fi
  local id
  id=$(printf '%s ' "$environment_format" "$environment_suite" $packages_base | sha256sum | cut -c1-12)
  if [ ! -d "$cache_folder/env-$id" ]; then
    if native_packages_installed; then
      return
    fi
    if native_packages_offered; then
      install_native $packages_base
      return
    fi
    make_rootfs "$cache_folder/env-$id"
  fi
  environment_kind=rootfs
  environment_root=$cache_folder/env-$id
  environment_id=$id
}

# ---- the machine's own packages -----------------------------------------------------------------------------------

# Without apt (or inside the environment already) CMake has to find everything by itself.
check_plain_tools() {
  if ! have cmake || ! have ninja || ! have pkg-config; then
    die "this machine has no apt, and cmake, ninja or pkg-config is missing. Install them with libllama 0.7 or newer" \
      "and the libraries that cmake/puna_dependencies.cmake names (Homebrew, conda-forge, vcpkg, your own build), then:" \
      "    cmake -S . -B build/release -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo && cmake --build build/release" \
      "    ctest --test-dir build/release"
  fi
}

native_packages_installed() {
  local version
  version=$(dpkg-query -W -f '${Version}' libllama-dev 2>/dev/null) || return 1
  dpkg --compare-versions "$version" ge "$llama_version_min" || return 1
  local states
  states=$(dpkg-query -W -f '${db:Status-Status}\n' $packages_base 2>/dev/null) || return 1
  ! printf '%s\n' "$states" | grep -qv '^installed$'
}

native_packages_offered() {
  local version
  version=$(apt_candidate libllama-dev)
  if [ -z "$version" ] && is_root && ! ls /var/lib/apt/lists/*Packages* >/dev/null 2>&1; then
    say "reading the package lists of this machine (apt-get update)"
    apt_host update || true
    version=$(apt_candidate libllama-dev)
  fi
  [ -n "$version" ] && dpkg --compare-versions "$version" ge "$llama_version_min"
}

apt_candidate() {
  apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: *//p' | grep -v '(none)' || true
}

install_native() {
  if ! is_root; then
    die "packages are missing; as root, once:" "    apt-get install --no-install-recommends $(echo $*)"
  fi
  say "installing the packages that the build needs with apt ($(echo $* | wc -w) named, and what they depend on)"
  apt_install_host "$@"
}

# apt-get on this machine; asks nothing, waits for a busy dpkg, its output goes to a log.
apt_host() {
  DEBIAN_FRONTEND=noninteractive run_logged "apt-get $1" "$cache_folder/apt.log" \
    apt-get -q -y -o DPkg::Lock::Timeout=300 -o APT::Install-Recommends=false "$@"
}

apt_install_host() {
  apt_host install "$@" && return
  say "apt-get install failed; trying again with fresh package lists"
  if ! apt_host update && grep -q 'is expired' "$cache_folder/apt.log"; then
    say "the mirror's release file is past its date; trying without the date check (signatures stay checked)"
    apt_host -o Acquire::Check-Valid-Until=false update || true
  fi
  DEBIAN_FRONTEND=noninteractive run_logged "dpkg --configure" "$cache_folder/apt.log" dpkg --configure -a || true  # of an interrupted call
  apt_host install "$@" || die "apt-get could not install: $(echo $*)" "$(tail -n 5 "$cache_folder/apt.log")" \
    "the whole log: $cache_folder/apt.log"
}

# ---- making the root filesystem -----------------------------------------------------------------------------------

make_rootfs() {
  local target=$1 mirror
  is_root || die "this machine's packages have no libllama 0.7, so a build environment has to be made, which needs root once:" \
    "    sudo HOME=\"\$HOME\" ./dev setup" "after that ./dev works as you."
  mirror=$(debian_mirror)
  install_rootfs_tools

  # The lock is held by every process below, so a killed ./dev whose mmdebstrap still runs is waited for as well.
  mkdir -p "$cache_folder"
  exec 9>"$cache_folder/environment.lock"
  if ! flock -n 9; then
    say "another ./dev is making the build environment; waiting for it"
    flock 9
  fi
  if [ ! -d "$target" ]; then
    remove_partial_rootfs
    require_space "$cache_folder" "$environment_free_mb" "the build environment"
    say "making the build environment, once: Debian $environment_suite with the compilers and libraries ($environment_mb MB)"
    say "in $target from $mirror: one to two minutes on a fast line"
    bootstrap "$mirror" "$cache_folder/.partial-$$" "$target"
    give_to_home_owner "$cache_folder"
    say "the build environment is ready"
  fi
  exec 9>&-
}

# The Debian mirror of this machine's own apt configuration, or PUNA_MIRROR.
debian_mirror() {
  if [ -n "${PUNA_MIRROR:-}" ]; then
    echo "$PUNA_MIRROR"
    return
  fi
  local found
  found=$(apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
    awk '$1 !~ /-(security|updates|backports)/ && $2 ~ /\/debian\/?$/ { print $2; exit }')
  [ -n "$found" ] || die "apt's configuration on this machine names no Debian mirror; give one:" \
    "    PUNA_MIRROR=<address of a Debian mirror> ./dev"
  echo "$found"
}

install_rootfs_tools() {
  local missing=
  have mmdebstrap || missing="$missing mmdebstrap"
  have bwrap || missing="$missing bubblewrap"
  [ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || missing="$missing debian-archive-keyring"
  if [ -n "$missing" ]; then
    say "installing$missing with apt: the only change to this machine outside $cache_folder"
    apt_install_host $missing
  fi
  bwrap --bind / / --dev-bind /dev /dev true 2>/dev/null || die \
    "bubblewrap cannot make a namespace here: $(bwrap --bind / / --dev-bind /dev /dev true 2>&1 | tail -n 1)" \
    "in a container, start it with the SYS_ADMIN capability, or from a Debian $environment_suite image (then no namespace is needed)"
}

# What an interrupted ./dev left. Its mounts died with its namespace; should one be here all the same, nothing is removed.
remove_partial_rootfs() {
  local partial
  for partial in "$cache_folder"/.partial-*; do
    [ -d "$partial" ] || continue
    say "removing what an interrupted ./dev left: $partial"
    if grep -qF " $(printf '%s' "$partial" | sed 's/ /\\040/g')/" /proc/self/mountinfo; then
      die "something is mounted below $partial; unmount it, then try again"
    fi
    rm -rf --one-file-system "$partial"
  done
}

require_space() {
  local folder=$1 need_mb=$2 what=$3 free_mb
  free_mb=$(df -Pm "$folder" | awk 'NR == 2 { print $4 }')
  if [ "${free_mb:-0}" -lt "$need_mb" ]; then
    die "$what needs $need_mb MB in $folder, and $free_mb MB are free there" \
      "make room there (the environment's place is XDG_CACHE_HOME, or ~/.cache)"
  fi
}

bootstrap() {
  local mirror=$1 partial=$2 target=$3 log=$cache_folder/environment.log status=0
  partial_rootfs=$partial  # removed on exit
  run_bootstrap "$mirror" "$partial" "$log" || status=$?
  if [ "$status" != 0 ] && grep -q 'is expired' "$log"; then
    say "the mirror's release file is past its date; trying without the date check (signatures stay checked)"
    rm -rf --one-file-system "$partial"
    status=0
    run_bootstrap "$mirror" "$partial" "$log" --aptopt='Acquire::Check-Valid-Until "false"' || status=$?
  fi
  if [ "$status" != 0 ]; then
    local hint="the whole log: $log"
    if grep -q 'NO_PUBKEY' "$log"; then
      hint="the machine's Debian keys are too old: apt-get install --only-upgrade debian-archive-keyring"
    elif grep -q 'No space left' "$log"; then
      hint="the disk is full: $environment_free_mb MB are needed in $cache_folder"
    fi
    die "the build environment could not be made (mmdebstrap ended with $status):" "$(grep -E '^(E|W):' "$log" | tail -n 8)" "$hint"
  fi
  # A plain file, so that the host's can be bound over it.
  rm -f "$partial/etc/resolv.conf"
  : >"$partial/etc/resolv.conf"
  mv -T "$partial" "$target"
  partial_rootfs=
}

run_bootstrap() {
  local mirror=$1 partial=$2 log=$3 proxy option
  shift 3
  for option in http https; do
    proxy=$(apt-config dump "Acquire::$option::Proxy" 2>/dev/null | sed -n "s/^Acquire::$option::Proxy \"\(.*\)\";/\1/p")
    [ -z "$proxy" ] || set -- "$@" --aptopt="Acquire::$option::Proxy \"$proxy\""
  done
  run_logged "making the build environment" "$log" unshare --mount -- mmdebstrap --variant=apt \
    --include="$(echo $packages_base | tr ' ' ',')" --keyring=/usr/share/keyrings \
    --aptopt='APT::Install-Recommends "false"' --dpkgopt='force-unsafe-io' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    "$@" "$environment_suite" "$partial" "$mirror"
}

# After sudo, the user owns what was made in their home folder, but for the root filesystem itself.
give_to_home_owner() {
  [ -d "$HOME" ] && chown --reference="$HOME" "$(dirname "$1")" "$1" "$1"/*.lock "$1"/*.log 2>/dev/null || true
}

# ---- package groups -----------------------------------------------------------------------------------------------

require_group() {
  local group=$1 packages
  packages=$(group_packages "$group") || exit
  if [ "$environment_kind" = native ]; then
    have apt-get || { say "the packages of group '$group' are yours to install here: $packages"; return; }
    dpkg-query -W $packages >/dev/null 2>&1 || install_native $packages
    return
  fi
  [ ! -e "$environment_root/.group-$group" ] || return 0
  is_root || die "the packages of group '$group' are not in the build environment yet; as root, once:" \
    "    sudo HOME=\"\$HOME\" ./dev setup $group"
  exec 9>"$cache_folder/environment.lock"
  flock 9
  if [ ! -e "$environment_root/.group-$group" ]; then
    require_space "$cache_folder" "$(group_mb "$group")" "the packages of group '$group'"
    say "adding the packages of group '$group' to the build environment, once ($(group_mb "$group") MB): $packages"
    install_group $packages
    touch "$environment_root/.group-$group"
  fi
  exec 9>&-
}

install_group() {
  local log=$cache_folder/group.log
  if ! run_logged "reading package lists" "$log" in_writable_rootfs apt-get -q update && grep -q 'is expired' "$log"; then
    say "the mirror's release file is past its date; trying without the date check (signatures stay checked)"
    echo 'Acquire::Check-Valid-Until "false";' >"$environment_root/etc/apt/apt.conf.d/99valid-until"
    run_logged "reading package lists" "$log" in_writable_rootfs apt-get -q update || true
  fi
  # An interrupted earlier call may have left packages unpacked and not set up.
  run_logged "adding packages" "$log" in_writable_rootfs sh -c \
    'dpkg --configure -a && apt-get -q -y -f install && apt-get -q -y install "$@" && apt-get clean' sh "$@" ||
    die "the packages could not be installed:" "$(tail -n 5 "$log")" "the whole log: $log"
}

in_writable_rootfs() {
  bwrap --bind "$environment_root" / --dev /dev --proc /proc --perms 1777 --tmpfs /tmp --ro-bind-try /etc/resolv.conf /etc/resolv.conf \
    --die-with-parent --clearenv --setenv DEBIAN_FRONTEND noninteractive --setenv HOME /root \
    --setenv PATH /usr/sbin:/usr/bin:/sbin:/bin -- "$@"
}

# ---- running in it ------------------------------------------------------------------------------------------------

# Fills bwrap_args. The root is an empty tmpfs with the environment's folders bound read-only and the machine's other
# folders bound at their own paths, so that the program sees the user's files where the user sees them.
compose_bwrap_args() {
  bwrap_args=(--tmpfs /)
  local path name
  for path in "$environment_root"/*; do
    name=${path##*/}
    if [ -L "$path" ]; then
      bwrap_args+=(--symlink "$(readlink "$path")" "/$name")
    fi
  done
  bwrap_args+=(--dir /usr --dir /var)  # made as mere parents, other users than the caller could not enter them
  for path in "$environment_root"/usr/*; do
    name=${path##*/}
    case "$name" in
      local | src) ;;
      *) bwrap_args+=(--ro-bind "$path" "/usr/$name") ;;
    esac
  done
  bwrap_args+=(--ro-bind "$environment_root/etc" /etc --ro-bind "$environment_root/var/lib/dpkg" /var/lib/dpkg
    --tmpfs /run --bind /proc /proc --dev-bind /dev /dev --ro-bind-try /sys /sys)
  for path in resolv.conf hosts passwd group; do
    if [ -e "/etc/$path" ] && [ -e "$environment_root/etc/$path" ]; then
      bwrap_args+=(--ro-bind "/etc/$path" "/etc/$path")
    fi
  done
  for path in /*; do
    name=${path##*/}
    case "$name" in
      bin | sbin | lib | lib32 | lib64 | libx32 | usr | etc | var | run | proc | sys | dev | boot | lost+found) ;;
      *)
        if [ -L "$path" ]; then
          bwrap_args+=(--symlink "$(readlink "$path")" "$path")
        elif [ -d "$path" ]; then
          bwrap_args+=(--bind-try "$path" "$path")
        fi
        ;;
    esac
  done
  for path in /var/tmp "$repo_folder" "$user_folder" "$HOME" "${TMPDIR:-/tmp}" "$cache_folder" "${PUNA_ORACLES:-}"; do
    case "$path" in
      /usr/local/* | /usr/src/* | /var/* | /run/*) bwrap_args+=(--bind-try "$path" "$path") ;;
    esac
  done
  path=$(readlink /etc/localtime 2>/dev/null) || path=
  case "$path" in
    */zoneinfo/*) [ -n "${TZ:-}" ] || bwrap_args+=(--setenv TZ "${path#*/zoneinfo/}") ;;
  esac
  bwrap_args+=(--remount-ro / --setenv PATH /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    --setenv PUNA_ENVIRONMENT "$environment_id")
  # These name compilers, libraries and modules of the machine outside.
  for name in LD_LIBRARY_PATH LD_PRELOAD CC CXX CPPFLAGS CFLAGS CXXFLAGS LDFLAGS CMAKE_PREFIX_PATH PYTHONHOME PYTHONPATH; do
    bwrap_args+=(--unsetenv "$name")
  done
}

# Runs a step of ./dev itself, in the repository. Ctrl-C goes to the command (ninja removes half-made files), not to
# bubblewrap, which would leave it behind.
env_run() {
  if [ "$environment_kind" = native ]; then
    (cd "$repo_folder" && "$@")
    return
  fi
  [ -n "${bwrap_args+set}" ] || compose_bwrap_args
  (
    trap '' INT QUIT
    exec bwrap "${bwrap_args[@]}" --die-with-parent --chdir "$repo_folder" -- env --default-signal=INT,QUIT "$@"
  )
}

# Becomes the user's program: their folder, terminal and signals, its exit status.
run_program() {
  if [ "$environment_kind" = native ]; then
    cd "$user_folder" && exec "$@"
  fi
  [ -n "${bwrap_args+set}" ] || compose_bwrap_args
  local child status
  # Asynchronous commands start with SIGINT ignored, which is right for bubblewrap; `env` undoes it for the program.
  bwrap "${bwrap_args[@]}" --die-with-parent --chdir "$user_folder" -- env --default-signal=INT,QUIT "$@" <&0 &
  child=$!
  trap ':' INT QUIT
  trap 'forward TERM "$child"' TERM
  trap 'forward HUP "$child"' HUP
  while :; do
    status=0
    wait "$child" || status=$?
    [ "$status" -gt 128 ] && kill -0 "$child" 2>/dev/null || break
  done
  if [ "$status" -gt 128 ]; then
    status=0
    wait "$child" || status=$?  # the status above may be that of an interrupted wait
  fi
  exit "$status"
}

# The signal goes to the program, bubblewrap's only child.
forward() {
  local program
  for program in $(cat "/proc/$2/task/$2/children" 2>/dev/null); do
    kill "-$1" "$program" 2>/dev/null || true
  done
}
