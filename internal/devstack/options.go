package devstack

import (
	"io"
	"time"
)

const (
	// postgresEnv set to "embedded" skips installed PostgreSQL binaries; an absolute path is
	// the folder with those to use.
	postgresEnv = "SECKILL_DEVSTACK_POSTGRES"
	// redisEnv set to "miniredis" skips an installed redis-server.
	redisEnv = "SECKILL_DEVSTACK_REDIS"

	// startTimeout bounds one start, from the fork to the first answer. Loading
	// a large append-only file or recovering after a crash is what takes long.
	startTimeout = time.Minute
	// stopTimeout bounds each stage of a stop: the clean one, then each
	// harsher one.
	stopTimeout = 20 * time.Second
	// stopGrace is what each stage of a stop gets when the caller's context has
	// ended.
	stopGrace = 5 * time.Second
	// pollInterval is how often a starting server is asked whether it answers.
	pollInterval = 20 * time.Millisecond

	loopback = "127.0.0.1"
)

// Options of one private server.
type Options struct {
	// Dir is the data folder, made if it is not there. Defaults to a throw-away
	// folder, which Stop removes.
	Dir string
	// Port to listen on, on 127.0.0.1. Defaults to a free one, which the server
	// keeps over Pause and Resume.
	Port int
	// Log receives the server's output. Defaults to a file in Dir, whose end
	// goes into the error when the server does not start.
	Log io.Writer
	// Env is added to the environment of the server, each as KEY=value; of a single
	// Redis alone, such as for a clock that is wrong. Defaults to none.
	Env []string
	// Args are added to the arguments of the server, behind our own: for Redis such as
	// "--maxmemory", "10mb", for PostgreSQL such as "-c", "wal_level=logical"; of a single
	// server alone. Defaults to none.
	Args []string
	// Init is added to the arguments of initdb, behind our own, such as "--locale-provider=icu".
	// Defaults to none: the cluster has no locale ("C").
	Init []string
}
