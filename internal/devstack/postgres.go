package devstack

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"syscall"

	"github.com/jackc/pgx/v5"
)

// Postgres is a private PostgreSQL server with one superuser, postgres, whom
// everybody on the loopback address may be without a password.
type Postgres struct {
	server *server
}

// StartPostgres starts a server and returns when it takes connections. ctx
// bounds the start alone (as does a limit of a minute); the server runs until
// Stop. A data folder that is not there yet is initialised; one that a killed
// process left behind is taken over, its server, if it still runs, stopped.
func StartPostgres(ctx context.Context, o Options) (*Postgres, error) {
	return launchPostgres(ctx, o, initPostgres)
}

// makeData makes the data folder of a server if it is not there; more is for initdb.
type makeData func(ctx context.Context, f *folder, bin binaries, user *owner, more ...string) error

func launchPostgres(ctx context.Context, o Options, data makeData) (*Postgres, error) {
	f, err := openFolder(o.Dir, "postgres")
	if err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	out, err := openOutput(o.Log, f.file("postgres.log"))
	if err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", errors.Join(err, f.close()))
	}
	p := &Postgres{server: &server{
		name: "PostgreSQL", folder: f, out: out, ready: postgresReady(f.data()),
		// Fast, then immediate shutdown: "Shutting Down the Server" in the manual.
		signals: []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT},
	}}
	if err := p.start(ctx, o, data); err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", errors.Join(err, out.close(), f.close()))
	}
	return p, nil
}

func (p *Postgres) start(ctx context.Context, o Options, data makeData) error {
	f := p.server.folder
	user, err := unprivileged(f.data())
	if err != nil {
		return err
	}
	if err := user.take(f.path); err != nil {
		return err
	}
	bin, err := findPostgres(ctx, f.data(), user)
	if err != nil {
		return err
	}
	if err := data(ctx, f, bin, user, o.Init...); err != nil {
		return err
	}
	if err := stopOrphan(ctx, f.data()); err != nil {
		return err
	}
	p.server.command = func(port int) command {
		return command{
			path: bin.file("postgres"),
			args: append([]string{
				"-D", f.data(), "-p", strconv.Itoa(port), "-c", "listen_addresses=" + loopback,
				"-c", "unix_socket_directories=", // a socket's path may not be long; TCP will do
			}, o.Args...),
			dir: f.path, out: p.server.out.writer, owner: user, deathSignal: syscall.SIGINT,
		}
	}
	return p.server.start(ctx, o.Port)
}

// initPostgres makes the data folder if it is not there. It is made beside its
// place and moved there when complete: a run that was killed leaves no half.
func initPostgres(ctx context.Context, f *folder, bin binaries, user *owner, more ...string) error {
	if _, err := os.Stat(f.data()); err == nil {
		return nil
	}
	fresh := f.data() + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return fmt.Errorf("remove unfinished data folder: %w", err)
	}
	args := []string{"-D", fresh, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale"}
	if f.throwAway {
		args = append(args, "--no-sync") // of initdb's own files; the server syncs as ever
	}
	cmd := command{path: bin.file("initdb"), args: append(args, more...), dir: f.path, owner: user, deathSignal: syscall.SIGKILL}.exec(ctx)
	if out, err := combinedOutput(cmd); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	if err := os.Rename(fresh, f.data()); err != nil {
		return fmt.Errorf("put data folder in place: %w", err)
	}
	return nil
}

// postgresReady asks whoever listens for the data folder it serves.
func postgresReady(data string) func(ctx context.Context, port, pid int) error {
	return func(ctx context.Context, port, _ int) error {
		conn, err := pgx.Connect(ctx, postgresURL(port, "postgres"))
		if err != nil {
			return err
		}
		defer conn.Close(ctx) //nolint:errcheck // nothing was written
		var dir string
		if err := conn.QueryRow(ctx, "SHOW data_directory").Scan(&dir); err != nil {
			return err
		}
		if dir != data {
			return fmt.Errorf("another PostgreSQL listens on port %d, with data in %s", port, dir)
		}
		return nil
	}
}

func postgresURL(port int, database string) string {
	return fmt.Sprintf("postgres://postgres@%s/%s?sslmode=disable", address(port), url.PathEscape(database))
}

// URL of a database, which need not exist; "" means the database postgres.
func (p *Postgres) URL(database string) string {
	if database == "" {
		database = "postgres"
	}
	return postgresURL(p.Port(), database)
}

// Port on 127.0.0.1, the same for the server's whole life.
func (p *Postgres) Port() int { return p.server.port }

// CreateDatabase creates a database as a copy of template, and returns its URL.
// An empty template means PostgreSQL's own. Nobody may be connected to the
// template meanwhile.
func (p *Postgres) CreateDatabase(ctx context.Context, name, template string) (string, error) {
	conn, err := pgx.Connect(ctx, p.URL(""))
	if err != nil {
		return "", fmt.Errorf("create database %s: %w", name, err)
	}
	defer conn.Close(ctx) //nolint:errcheck // the statement is what counts
	sql := "CREATE DATABASE " + pgx.Identifier{name}.Sanitize()
	if template != "" {
		sql += " TEMPLATE " + pgx.Identifier{template}.Sanitize()
	}
	if _, err := conn.Exec(ctx, sql); err != nil {
		return "", fmt.Errorf("create database %s: %w", name, err)
	}
	return p.URL(name), nil
}

// Stop shuts the server down, without waiting for clients to leave, and removes
// throw-away data. Seconds after the end of ctx the shutdown becomes an immediate
// one. Stopping twice is stopping once.
func (p *Postgres) Stop(ctx context.Context) error { return p.server.stop(ctx) }

// Pause stops the server and keeps data and port: clients see 57P01
// (admin_shutdown), and refused connections after that.
func (p *Postgres) Pause(ctx context.Context) error { return p.server.pause(ctx) }

// Resume starts a paused server again, on the same port, and returns when it
// takes connections.
func (p *Postgres) Resume(ctx context.Context) error {
	return p.server.resume(ctx, func() error { return nil })
}
