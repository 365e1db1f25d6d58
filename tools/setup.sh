#!/bin/sh
# Installs the Debian packages that building, testing and `make models` need; does nothing when all
# are there. On other systems it says what is needed, and fails only when there is no CMake or no
# C++ compiler.
set -eu

packages="g++ cmake ninja-build make git pkg-config dpkg-dev
  libfmt-dev libexpected-dev nlohmann-json3-dev libcli11-dev
  libspng-dev libjpeg-dev libwebp-dev liblcms2-dev zlib1g-dev libdeflate-dev libmd-dev libstb-dev
  libkissfft-dev libboost-context-dev libgtest-dev libbenchmark-dev python3 python3-pip"

fail() {
  echo "setup: $1" >&2
  exit 1
}

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "setup: this is not a Debian system; fovea needs these, by their Debian names:" $packages
  command -v cmake >/dev/null || fail "cmake is not here; install CMake 3.25 or newer"
  command -v "${CXX:-c++}" >/dev/null ||
    fail "no C++ compiler is here; install GCC 12, clang 14 or newer, or set CXX"
  exit 0
fi

# A line for each package that is known and installed; the others are missing.
installed=$(dpkg-query --show --showformat='${db:Status-Abbrev}${Package}\n' $packages 2>/dev/null |
  sed -n 's/^[ih]i *//p') || true
missing=""
for package in $packages; do
  echo "$installed" | grep -qxF "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

echo "setup: installing$missing"
if [ "$(id -u)" -eq 0 ]; then
  as_root="env"
elif command -v sudo >/dev/null; then
  as_root="sudo env"
else
  fail "not root and no sudo here; run as root: apt-get install$missing"
fi
$as_root apt-get update --quiet=2 ||
  fail "apt-get update failed; check the network and the sources of apt"
$as_root DEBIAN_FRONTEND=noninteractive \
  apt-get install --yes --quiet=2 --no-install-recommends $missing ||
  fail "apt-get could not install$missing; see its message above"
