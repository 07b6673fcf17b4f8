package devstack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/jackc/pgx/v5"
)

// PgBouncer is a private PgBouncer before a private PostgreSQL, for tests.
type PgBouncer struct {
	server *server
}

// Pooling says how a PgBouncer shares the connections of its server.
type Pooling struct {
	// Mode is session, transaction or statement. Defaults to transaction.
	Mode string
	// Size is the most connections to the server, per database. Defaults to 4.
	Size int
}

// ErrNoPgBouncer tells that there is no PgBouncer on this machine.
var ErrNoPgBouncer = errors.New("no pgbouncer on the PATH or in /usr/sbin")

// StartPgBouncer starts a PgBouncer before a PostgreSQL and returns when it answers;
// ErrNoPgBouncer when there is none to start. Everything that Pooling does not say is at
// PgBouncer's defaults.
func StartPgBouncer(ctx context.Context, p *Postgres, pooling Pooling, o Options) (*PgBouncer, error) {
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
		name: "PgBouncer", folder: f, out: out, ready: pgBouncerReady(f.path),
		// SIGINT waits for the clients to leave; SIGTERM ends at once.
		signals: []syscall.Signal{syscall.SIGTERM},
	}}
	if err := b.start(ctx, path, p, pooling, o); err != nil {
		return nil, fmt.Errorf("start PgBouncer: %w", errors.Join(err, out.close(), f.close()))
	}
	return b, nil
}

func findPgBouncer() (string, error) {
	for _, name := range []string{"pgbouncer", "/usr/sbin/pgbouncer"} { // sbin is not on everybody's PATH
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrNoPgBouncer
}

func (b *PgBouncer) start(ctx context.Context, path string, p *Postgres, pooling Pooling, o Options) error {
	f := b.server.folder
	user, err := unprivileged(f.data()) // it does not run as root either
	if err != nil {
		return err
	}
	if err := user.take(f.path); err != nil {
		return err
	}
	b.server.command = func(port int) command {
		file := f.file("pgbouncer-" + strconv.Itoa(port) + ".ini")
		// A file that cannot be written is one that the server then does not find.
		_ = os.WriteFile(file, []byte(pgBouncerConfig(f.path, port, p.Port(), pooling)), 0o644) //nolint:gosec // another user reads it
		return command{
			path: path, args: append([]string{file}, o.Args...),
			dir: f.path, out: b.server.out.writer, owner: user, deathSignal: syscall.SIGTERM,
		}
	}
	return b.server.start(ctx, o.Port)
}

// pgBouncerConfig lets everybody in as postgres, as the PostgreSQL behind does.
// stats_users names nobody: it is the mark by which we know our own.
func pgBouncerConfig(mark string, port, target int, pooling Pooling) string {
	mode, size := pooling.Mode, pooling.Size
	if mode == "" {
		mode = "transaction"
	}
	if size == 0 {
		size = 4
	}
	return fmt.Sprintf(`[databases]
* = host=%s port=%d user=postgres
[pgbouncer]
listen_addr = %s
listen_port = %d
unix_socket_dir =
auth_type = any
pool_mode = %s
default_pool_size = %d
max_client_conn = 1000
stats_users = %s
`, loopback, target, loopback, port, mode, size, filepath.Base(mark))
}

// pgBouncerReady asks whoever listens for its mark.
func pgBouncerReady(mark string) func(ctx context.Context, port, pid int) error {
	return func(ctx context.Context, port, _ int) error {
		found, err := pgBouncerSetting(ctx, port, "stats_users")
		if err == nil && found != filepath.Base(mark) {
			err = fmt.Errorf("another PgBouncer listens on port %d", port)
		}
		return err
	}
}

// pgBouncerSetting asks PgBouncer's own console.
func pgBouncerSetting(ctx context.Context, port int, key string) (string, error) {
	conn, err := pgx.Connect(ctx, postgresURL(port, "pgbouncer")+"&default_query_exec_mode=simple_protocol")
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx) //nolint:errcheck // nothing was written
	rows, err := conn.Query(ctx, "SHOW CONFIG")
	if err != nil {
		return "", err
	}
	defer rows.Close()
	for rows.Next() {
		if values := rows.RawValues(); string(values[0]) == key {
			return string(values[1]), nil
		}
	}
	return "", errors.Join(rows.Err(), fmt.Errorf("no %s", key))
}

// URL of a database of the PostgreSQL behind it, by way of PgBouncer.
func (b *PgBouncer) URL(database string) string { return postgresURL(b.server.port, database) }

// Stop ends PgBouncer and the connections through it. Stopping twice is stopping once.
func (b *PgBouncer) Stop(ctx context.Context) error { return b.server.stop(ctx) }
