# Tries packaging/container/Containerfile where there is no container engine: its steps, in root filesystems that
# mmdebstrap makes, each in namespaces of bubblewrap. Sourced by ./dev.
#
# What this is not: an engine's own seccomp filter and cgroups. docs/container.md says what follows from that.

command_container_test() {
  local recipe=$repo_folder/packaging/container/Containerfile begin=$SECONDS
  is_root || die "container-test makes root filesystems: start it as root"
  install_rootfs_tools
  container_work=$cache_folder/container-test
  rm -rf --one-file-system "$container_work"
  mkdir -p "$container_work"
  require_space "$container_work" 4000 "container-test"
  run_recipe "$recipe"
  try_image
  rm -rf --one-file-system "$container_work"
  say "container-test passed ($((SECONDS - begin)) s)"
}

# Sets image_root, image_user, image_folder and image_entry, of the last stage.
run_recipe() {
  local line word rest
  while IFS= read -r line; do
    word=${line%% *}
    rest=${line#* }
    case "$word" in
      '' | '#'*) ;;
      FROM) recipe_from $rest ;;
      COPY) recipe_copy $rest ;;
      RUN)
        say "container-test: RUN $rest"
        run_logged "RUN" "$container_work/log" in_image sh -c "$rest" || {
          tail -n 40 "$container_work/log" >&2
          die "this step failed: RUN $rest"
        }
        ;;
      USER) image_user=$rest ;;
      WORKDIR) image_folder=$rest ;;
      ENTRYPOINT) image_entry=$(printf '%s' "$rest" | tr -d '[]",') ;;
      *) die "container-test does not know '$word' in the Containerfile" ;;
    esac
  done <"$1"
}

# FROM REGISTRY/debian:SUITE-slim [AS NAME]
recipe_from() {
  local suite=${1##*debian:}
  suite=${suite%-slim}
  if [ ! -d "$container_work/base" ]; then
    say "container-test: a base of Debian $suite in $container_work"
    run_logged "making the base" "$container_work/log" unshare --mount -- mmdebstrap --variant=minbase \
      --keyring=/usr/share/keyrings --aptopt='Acquire::Check-Valid-Until "false"' --dpkgopt='force-unsafe-io' \
      --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
      --dpkgopt='path-exclude=/usr/share/locale/*' "$suite" "$container_work/base" "$(debian_mirror)" || {
      tail -n 20 "$container_work/log" >&2
      die "the base could not be made"
    }
    : >"$container_work/base/etc/resolv.conf"
  fi
  image_root=$container_work/stage-${3:-last}
  cp -a "$container_work/base" "$image_root"
}

# COPY . FOLDER (the repository, without what .dockerignore names) and COPY --from=NAME SOURCE /
recipe_copy() {
  case "$1" in
    --from=*) cp -a "$container_work/stage-${1#--from=}$2/." "$image_root$3" ;;
    .)
      mkdir -p "$image_root$2"
      tar -C "$repo_folder" --exclude=./.git --exclude=./build --exclude=__pycache__ -cf - . | tar -C "$image_root$2" -xf -
      ;;
    *) die "container-test does not know COPY $*" ;;
  esac
}

# As root in the image, with the network. Compiled objects come from ccache where they are known.
in_image() {
  use_ccache
  mkdir -p "$CCACHE_DIR"
  bwrap --bind "$image_root" / --dev /dev --proc /proc --perms 1777 --tmpfs /tmp --ro-bind-try /etc/resolv.conf /etc/resolv.conf \
    --bind "$CCACHE_DIR" /tmp/ccache --unshare-pid --unshare-ipc --die-with-parent --clearenv --setenv HOME /root \
    --setenv PATH /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin --setenv CCACHE_DIR /tmp/ccache \
    --setenv CCACHE_MAXSIZE "$CCACHE_MAXSIZE" --setenv CCACHE_BASEDIR /source --setenv CCACHE_NOHASHDIR true \
    --setenv CCACHE_SLOPPINESS "$CCACHE_SLOPPINESS" --setenv CCACHE_PCH_EXTSUM true \
    ${LANG:+--setenv LANG "$LANG"} -- "$@"
}

# As the image's user, without any privilege, without a network, with a root that is read-only. The first word says
# whether the program may make namespaces itself, which an engine's usual filter forbids.
in_container() {
  local namespaces=$1 user=${image_user%%:*} group=${image_user##*:} apart=() become=()
  shift
  if [ "$namespaces" = allowed ]; then
    become=(setpriv --reuid "$user" --regid "$group" --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all)
  else
    apart=(--unshare-user --uid "$user" --gid "$group" --disable-userns --cap-drop ALL)
  fi
  bwrap --ro-bind "$image_root" / --dev /dev --proc /proc --perms 1777 --tmpfs /tmp "${apart[@]}" --unshare-pid --unshare-net \
    --unshare-ipc --unshare-uts --new-session --die-with-parent --clearenv --setenv HOME "$image_folder" \
    --setenv PATH /usr/local/bin:/usr/bin:/bin --chdir "$image_folder" -- "${become[@]}" $image_entry "$@"
}

try_image() {
  local namespaces said
  say "container-test: the image has $(du -sm "$image_root" | cut -f1) MB"
  for namespaces in allowed forbidden; do
    said=$(in_container "$namespaces" run "What is 4817 * 36?" 2>"$container_work/log") || {
      cat "$container_work/log" >&2
      die "the image's program failed"
    }
    [ "$said" = "4817 * 36 = 173412" ] || die "the image's program said: $said"
    said=$(in_container "$namespaces" doctor 2>&1) || true
    printf '%s\n' "$said" | grep -E '^[a-z]+ +(sandbox|python) ' | sed "s/^/     namespaces $namespaces: /" >&2
    case "$namespaces $said" in
      *'tier A'* | 'forbidden '*'tier B'*) ;;
      *) die "the image's sandbox is less than it can be here" ;;
    esac
  done
}
