#!/usr/bin/env bash
# What the Containerfile runs: steps.sh packages | build | runtime.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive

install_packages() {
  apt-get -q update
  apt-get -q -y --no-install-recommends install "$@"
  apt-get clean
  rm -rf /var/lib/apt/lists/*
}

# The build environment's own list, without what only checks need.
packages() {
  source /source/scripts/dev/environment.sh
  install_packages $packages_build
}

# Leaves in /image what the second stage is made of, with the names of the packages that the program needs to run.
build() {
  local image=/image/usr/local share=/image/usr/local/share/puna
  cd /source
  cmake --preset release -DPUNA_TESTS=OFF
  cmake --build --preset release --target puna
  install -D -s -m 755 build/release/bin/puna "$image/bin/puna"
  install -D -s -m 755 build/release/bin/puna-sandbox-helper "$image/bin/puna-sandbox-helper"
  install -D -m 644 /source/models/demo/puna-demo-Q8_0.gguf "$share/models/demo/puna-demo-Q8_0.gguf"
  mkdir -p "$share/data"
  cp -R /source/data/facts "$share/data/facts"
  install -m 644 /source/LICENSE "$share/LICENSE"
  install -m 644 /source/packaging/container/steps.sh "$share/steps.sh"
  libraries_of "$image/bin/puna" >"$share/packages"
}

# Of Debian: each library's file, its package. bubblewrap and the interpreters are started by name, the rest is read.
libraries_of() {
  local file
  { ldd "$1" || true; } | grep -o '/[^ ]*' | sort -u | while read -r file; do
    dpkg-query -S "$(readlink -f "$file")" "/usr$(readlink -f "$file")" 2>/dev/null | cut -d: -f1 || true
  done | sort -u
  printf '%s\n' bubblewrap python3 micropython ca-certificates tzdata
}

runtime() {
  install_packages $(cat /usr/local/share/puna/packages)
  groupadd --gid 10001 puna
  useradd --uid 10001 --gid 10001 --create-home --home-dir /home/puna --shell /usr/sbin/nologin puna
  chmod 755 /home/puna  # it is empty, and engines may be told to run as another user
}

case "${1:-}" in
  packages | build | runtime) "$1" ;;
  *)
    echo "steps.sh packages | build | runtime" >&2
    exit 2
    ;;
esac
