#!/bin/sh
# Makes sure that the binaries of PostgreSQL and Redis are on this machine, and what some
# tests put around them: libfaketime, which gives a Redis a wrong clock, and pgbouncer,
# HAProxy and nginx, which stand between, Prometheus and Alertmanager, which watch, and
# chromium, which opens the console. The tests run servers of their own; no system service
# is needed, or started.
set -eu

has_redis() { command -v redis-server >/dev/null 2>&1; }

# The same places as internal/devstack looks into.
has_postgres() {
	if command -v postgres >/dev/null 2>&1; then return 0; fi
	if bindir=$(pg_config --bindir 2>/dev/null) && [ -x "$bindir/initdb" ] && [ -x "$bindir/postgres" ]; then return 0; fi
	for initdb in /usr/lib/postgresql/*/bin/initdb /usr/pgsql-*/bin/initdb \
		/opt/homebrew/opt/postgresql*/bin/initdb /usr/local/opt/postgresql*/bin/initdb; do
		if [ -x "$initdb" ]; then return 0; fi
	done
	return 1
}

# The same places as clock_test.go looks into.
has_faketime() {
	for library in /usr/lib/*/faketime/libfaketime.so.1 /usr/lib*/faketime/libfaketime.so.1; do
		if [ -e "$library" ]; then return 0; fi
	done
	return 1
}

# Debian keeps them in /usr/sbin, which is not on everybody's PATH.
has_program() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ]; }

# The same names as e2e/console looks for.
has_browser() { has_program chromium || has_program chromium-browser || has_program google-chrome; }

missing=""
has_redis || missing="$missing redis-server"
has_postgres || missing="$missing postgresql"
needed=$missing
has_faketime || missing="$missing libfaketime"
has_program pgbouncer || missing="$missing pgbouncer"
has_program haproxy || missing="$missing haproxy"
has_program nginx || missing="$missing nginx-light"
has_program promtool || missing="$missing prometheus"
has_program amtool || missing="$missing prometheus-alertmanager"
has_browser || missing="$missing chromium"
[ -n "$missing" ] || exit 0

as_root=""
if [ "$(id -u)" -ne 0 ]; then as_root="sudo -n"; fi
if ! command -v apt-get >/dev/null 2>&1 || ! $as_root true 2>/dev/null; then
	if [ -z "$needed" ]; then
		echo "The tests that need these are skipped:$missing" >&2
		exit 0
	fi
	echo "The tests need the programs of:$needed" >&2
	echo "  Debian, Ubuntu:  sudo apt-get install$missing" >&2
	echo "  macOS:           brew install redis postgresql" >&2
	echo "  Fedora:          sudo dnf install redis postgresql-server" >&2
	exit 1
fi

# Debian starts what it installs, unless a policy-rc.d says no (its exit code
# 101: "action forbidden by policy"). If the machine has none of its own, ours
# is there while apt runs.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
	trap '$as_root rm -f "$policy"' EXIT
	trap 'exit 1' INT TERM
	printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
	$as_root chmod 755 "$policy"
fi

echo "installing:$missing"
$as_root apt-get update -qq
# shellcheck disable=SC2086 # words
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
