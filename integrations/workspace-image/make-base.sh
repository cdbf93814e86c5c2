#!/bin/sh
# Makes the base image of Nexus' workspaces out of Debian's packages, without any registry: debootstrap, then docker import.
#
#   make-base.sh [TARBALL]
#
# As root, on a machine with debootstrap. It needs a Debian mirror, or a TARBALL that an earlier run left there (.tar.zst): that one
# is imported as it is, on any machine and with no network.
set -eu

tag=nexus-base:1
suite=bookworm
here=$(cd "$(dirname "$0")" && pwd)
tarball=${1:-}

import() {
  docker import --change 'LABEL nexus.base=1' --change 'CMD ["bash"]' \
    --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' - "$tag"
}

if [ -n "$tarball" ] && [ -s "$tarball" ]; then
  zstd --decompress --stdout --quiet "$tarball" | import
  exit
fi

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT INT TERM
packages=$(paste -sd, "$here/packages")
debootstrap --variant=minbase --include="$packages" "$suite" "$root"
# The image has no keys of its own: each workspace gets its own. And nothing that only takes room.
rm -rf "$root"/etc/ssh/ssh_host_* "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/* "$root"/etc/machine-id \
  "$root"/usr/share/doc/* "$root"/usr/share/locale/*
: > "$root/etc/resolv.conf"
rm -rf "$root"/dev "$root"/proc/* "$root"/sys/*
mkdir "$root/dev"

if [ -n "$tarball" ]; then
  mkdir -p "$(dirname "$tarball")"
  # Whole or not at all: an interrupted run leaves nothing that looks like an image.
  tar --create --numeric-owner --directory "$root" . | zstd -3 --quiet --force -o "$tarball.new"
  mv "$tarball.new" "$tarball"
  zstd --decompress --stdout --quiet "$tarball" | import
else
  tar --create --numeric-owner --directory "$root" . | import
fi
