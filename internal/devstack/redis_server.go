package devstack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
)

// redisServer is a redis-server process. It writes an append-only file: what it
// acknowledged is there after a restart, but for the last second after a crash.
type redisServer struct {
	server
}

func startRedisServer(ctx context.Context, path string, o Options) (*redisServer, error) {
	f, err := openFolder(o.Dir, "redis")
	if err != nil {
		return nil, err
	}
	out, err := openOutput(o.Log, f.file("redis.log"))
	if err != nil {
		return nil, errors.Join(err, f.close())
	}
	r := &redisServer{server: server{
		name: "Redis", folder: f, out: out, ready: redisReady,
		signals: []syscall.Signal{syscall.SIGTERM},
		command: func(port int) command {
			program, args := withEnv(o.Env, path, append([]string{
				"--port", strconv.Itoa(port), "--bind", loopback, "--dir", f.data(),
				"--appendonly", "yes", "--save", "", "--daemonize", "no",
			}, o.Args...))
			return command{
				path: program, args: args,
				dir: f.path, out: out.writer, deathSignal: syscall.SIGTERM,
			}
		},
	}}
	if err := r.begin(ctx, o.Port); err != nil {
		return nil, errors.Join(err, out.close(), f.close())
	}
	return r, nil
}

// withEnv runs a program by env(1), which becomes the program, so that the variables
// reach nothing else.
func withEnv(env []string, path string, args []string) (program string, all []string) {
	if len(env) == 0 {
		return path, args
	}
	return "env", slices.Concat(env, []string{path}, args)
}

func (r *redisServer) begin(ctx context.Context, port int) error {
	if err := os.MkdirAll(r.folder.data(), 0o700); err != nil {
		return fmt.Errorf("make data folder: %w", err)
	}
	if err := r.stopOrphan(ctx); err != nil {
		return err
	}
	if err := r.start(ctx, port); err != nil {
		return err
	}
	err := os.WriteFile(r.folder.file("port"), []byte(strconv.Itoa(r.port)), 0o600)
	if err != nil {
		return errors.Join(fmt.Errorf("note port: %w", err), r.pause(ctx))
	}
	return nil
}

// stopOrphan stops the server that a killed run may have left on this folder.
// It goes by what that server says itself of its folder, and asks it to end.
func (r *redisServer) stopOrphan(ctx context.Context) error {
	noted, err := os.ReadFile(r.folder.file("port"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	port, convErr := strconv.Atoi(string(noted))
	if err := errors.Join(err, convErr); err != nil {
		return fmt.Errorf("read port of the last run: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	client := redisClient(port)
	defer client.Close() //nolint:errcheck // nothing to lose
	err = poll(ctx, func() (bool, error) {
		if err := dial(ctx, port); err != nil {
			return true, ctx.Err() // nobody there
		}
		dir, err := client.ConfigGet(ctx, "dir").Result()
		if err != nil {
			return !isLoading(err), ctx.Err() // no Redis, or none any more
		}
		if dir["dir"] != r.folder.data() {
			return true, nil
		}
		client.Shutdown(ctx) // has no answer but the end of the connection
		return false, nil
	})
	if err != nil {
		return fmt.Errorf("wait for orphaned Redis on port %d to end: %w", port, err)
	}
	return nil
}

func isLoading(err error) bool { return strings.HasPrefix(err.Error(), "LOADING") }

// redisReady asks whoever listens for its process ID.
func redisReady(ctx context.Context, port, pid int) error {
	if err := dial(ctx, port); err != nil {
		return err
	}
	client := redisClient(port)
	defer client.Close() //nolint:errcheck // nothing to lose
	if err := client.Ping(ctx).Err(); err != nil {
		return err
	}
	info, err := client.Info(ctx, "server").Result()
	if err != nil {
		return err
	}
	if !strings.Contains(info, fmt.Sprintf("process_id:%d\r\n", pid)) {
		return fmt.Errorf("another Redis listens on port %d", port)
	}
	return nil
}

func redisClient(port int) *redis.Client {
	return redis.NewClient(&redis.Options{
		Addr: address(port), MaxRetries: -1, PoolSize: 1, DialTimeout: time.Second,
		DialerRetries: 1, ContextTimeoutEnabled: true, DisableIdentity: true,
	})
}

func (r *redisServer) addr() string { return address(r.port) }

func (r *redisServer) resume(ctx context.Context, empty bool) error {
	return r.server.resume(ctx, func() error {
		if !empty {
			return nil
		}
		if err := os.RemoveAll(r.folder.data()); err != nil {
			return fmt.Errorf("remove data: %w", err)
		}
		return os.Mkdir(r.folder.data(), 0o700)
	})
}
