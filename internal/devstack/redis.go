package devstack

import (
	"context"
	"fmt"
	"os"
	"os/exec"
)

// Redis is a private Redis server without a password.
type Redis struct {
	engine     engine
	persistent bool
}

// engine is a real server or the substitute.
type engine interface {
	addr() string
	pause(ctx context.Context) error
	// resume starts a paused server, without its data if empty.
	resume(ctx context.Context, empty bool) error
	stop(ctx context.Context) error
}

// StartRedis starts a server and returns when it answers. ctx bounds the start
// alone (as does a limit of a minute); the server runs until Stop. A data
// folder that a killed process left behind is taken over, its server, if it
// still runs, stopped.
//
// Without a redis-server on the PATH it is miniredis, in this process, and
// [Redis.Persistent] false.
func StartRedis(ctx context.Context, o Options) (*Redis, error) {
	path, err := exec.LookPath("redis-server")
	if err != nil || os.Getenv(redisEnv) == "miniredis" {
		m, err := startMiniRedis(o.Port)
		if err != nil {
			return nil, fmt.Errorf("start miniredis: %w", err)
		}
		return &Redis{engine: m}, nil
	}
	s, err := startRedisServer(ctx, path, o)
	if err != nil {
		return nil, fmt.Errorf("start Redis: %w", err)
	}
	return &Redis{engine: s, persistent: true}, nil
}

// Addr is the server's host:port, the same for its whole life.
func (r *Redis) Addr() string { return r.engine.addr() }

// Persistent tells whether the data are still there when a later process starts
// a server on the same folder. Pause and Resume keep them in any case.
func (r *Redis) Persistent() bool { return r.persistent }

// Stop shuts the server down, and removes throw-away data. Stopping twice is
// stopping once.
func (r *Redis) Stop(ctx context.Context) error { return r.engine.stop(ctx) }

// Pause stops the server and keeps data and port: clients see their connections
// closed, and new ones refused.
func (r *Redis) Pause(ctx context.Context) error { return r.engine.pause(ctx) }

// Resume starts a paused server again, on the same port and with its data.
func (r *Redis) Resume(ctx context.Context) error { return r.engine.resume(ctx, false) }

// ResumeEmpty starts a paused server again, on the same port and without any
// data, like a cache that was lost. A server that runs is left alone.
func (r *Redis) ResumeEmpty(ctx context.Context) error { return r.engine.resume(ctx, true) }
