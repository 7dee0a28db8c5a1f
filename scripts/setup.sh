#!/usr/bin/env bash
# Installs the Debian (bookworm) packages that the build and the tests need.
# Quick and silent when nothing is missing; asks for sudo only when not root.
set -euo pipefail

packages=(
  g++ cmake ninja-build ccache git
  libtorch-dev              # tensors, networks
  libdnnl-dev ocl-icd-opencl-dev  # matrix products; its CMake package wants OpenCL
  libtcmalloc-minimal4      # memory for tensors, without asking the system each time
  libopenblas0-openmp       # libtorch's products of matrices; libopenblas0-serial is not safe with threads
  libopenimageio-dev libwebp-dev zlib1g-dev  # picture files
  libexiv2-dev              # EXIF, XMP, IPTC
  libeigen3-dev libtbb-dev librandom123-dev libfmt-dev nlohmann-json3-dev libcli11-dev
  libssl-dev libxxhash-dev  # checksums
  help2man                  # man pages
  openimageio-tools         # the quick start's overview
  libboost-test-dev libimage-exiftool-perl  # tests
  slurmctld slurmd slurm-client munge       # the test of job arrays
)

if ! command -v apt-get >/dev/null; then
  echo "setup.sh: no apt-get here; install the counterparts of: ${packages[*]}" >&2
  exit 0
fi

installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${packages[@]}" 2>/dev/null || true)
missing=()
for package in "${packages[@]}"; do
  grep -qx "$package installed" <<<"$installed" || missing+=("$package")
done
((${#missing[@]})) || exit 0

as_root=()
if ((EUID != 0)); then
  command -v sudo >/dev/null || {
    echo "setup.sh: not root and no sudo; as root: apt-get install ${missing[*]}" >&2
    exit 1
  }
  as_root=(sudo)
fi
apt_get() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq "$@"; }

echo "setup.sh: installing ${missing[*]}"
install=(install --yes --no-install-recommends "${missing[@]}")
if ! apt_get "${install[@]}" >/dev/null 2>&1; then
  apt_get update  # the package lists are missing or out of date
  apt_get "${install[@]}" >/dev/null
fi
