package devstack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
)

// pgBouncerUsers are who may log in, without a password: the superuser of our private
// servers, and a role that a test may make.
const pgBouncerUsers = "\"postgres\" \"\"\n\"seckill_app\" \"\"\n"

// ErrNoPgBouncer tells that there is no pgbouncer on this machine.
var ErrNoPgBouncer = errors.New("there is no pgbouncer: tools/setup-servers.sh installs it where apt-get may")

// PgBouncer is a pooler before a private PostgreSQL, for the tests.
type PgBouncer struct {
	server *server
}

// StartPgBouncer starts a pooler in the given mode (session, transaction, statement) with
// at most size connections for each database and user. ErrNoPgBouncer when there is none.
func StartPgBouncer(ctx context.Context, o Options, target *Postgres, mode string, size int) (*PgBouncer, error) {
	path, err := findPgBouncer()
	if err != nil {
		return nil, err
	}
	f, err := openFolder(o.Dir, "pgbouncer")
	if err != nil {
		return nil, fmt.Errorf("start PgBouncer: %w", err)
	}
	out, err := openOutput(o.Log, f.file("pgbouncer.log"))
	if err != nil {
		return nil, fmt.Errorf("start PgBouncer: %w", errors.Join(err, f.close()))
	}
	b := &PgBouncer{server: &server{
		name: "PgBouncer", folder: f, out: out, ready: pgBouncerReady,
		// Safe, then immediate shutdown: "Signals" in its manual.
		signals: []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL},
	}}
	if err := b.start(ctx, o, path, target, mode, size); err != nil {
		return nil, fmt.Errorf("start PgBouncer: %w", errors.Join(err, out.close(), f.close()))
	}
	return b, nil
}

func findPgBouncer() (string, error) {
	for _, name := range []string{"pgbouncer", "/usr/sbin/pgbouncer"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrNoPgBouncer
}

func (b *PgBouncer) start(ctx context.Context, o Options, path string, target *Postgres, mode string, size int) error {
	f := b.server.folder
	user, err := unprivileged(f.path)
	if err != nil {
		return err
	}
	if err := user.take(f.path); err != nil {
		return err
	}
	if err := os.WriteFile(f.file("users.txt"), []byte(pgBouncerUsers), 0o644); err != nil { //nolint:gosec // no secrets
		return fmt.Errorf("write its users: %w", err)
	}
	b.server.command = func(port int) command {
		file := f.file(fmt.Sprintf("%d.ini", port))
		text := fmt.Sprintf(`[databases]
* = host=%s port=%d
[pgbouncer]
listen_addr = %s
listen_port = %d
unix_socket_dir =
auth_type = trust
auth_file = %s
pool_mode = %s
default_pool_size = %d
max_client_conn = 1000
`, loopback, target.Port(), loopback, port, f.file("users.txt"), mode, size)
		_ = os.WriteFile(file, []byte(text), 0o644) //nolint:gosec // no secrets; it says itself when the file is missing
		return command{
			path: path, args: append([]string{file}, o.Args...), dir: f.path, out: b.server.out.writer,
			owner: user, deathSignal: syscall.SIGTERM,
		}
	}
	return b.server.start(ctx, o.Port)
}

// pgBouncerReady asks the pooler's own console.
func pgBouncerReady(ctx context.Context, port, _ int) error {
	conn, err := pgx.Connect(ctx, postgresURL(port, "postgres")+"&default_query_exec_mode=simple_protocol")
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

// Through returns a URL of the server behind the pooler as one that leads through it.
func (b *PgBouncer) Through(url string, target *Postgres) string {
	return strings.Replace(url, address(target.Port()), address(b.server.port), 1)
}

// Stop shuts the pooler down and removes its folder. Stopping twice is stopping once.
func (b *PgBouncer) Stop(ctx context.Context) error { return b.server.stop(ctx) }
