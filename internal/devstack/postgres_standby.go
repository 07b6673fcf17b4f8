package devstack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"

	"github.com/jackc/pgx/v5"
)

// ErrNoBaseBackup tells that there is no pg_basebackup beside the postgres of this machine.
var ErrNoBaseBackup = errors.New("there is no pg_basebackup: an installed PostgreSQL has it, an embedded one has not")

// standbyName is what a standby calls itself at its primary.
const standbyName = "standby"

// Standby is a PostgreSQL that follows another one by streaming replication.
type Standby struct {
	*Postgres

	primary *Postgres
	conn    string // its primary_conninfo
}

// StartStandby copies a running server and has the copy follow it, asynchronously. It
// returns when the standby takes connections, which may only read.
func StartStandby(ctx context.Context, o Options, primary *Postgres) (*Standby, error) {
	s := &Standby{primary: primary}
	var err error
	if s.Postgres, err = launchPostgres(ctx, o, s.copy); err != nil {
		return nil, err
	}
	if s.conn, err = s.setting(ctx, "primary_conninfo"); err != nil {
		return nil, errors.Join(err, s.Stop(ctx))
	}
	return s, nil
}

// copy makes the data folder of a standby by a backup of its primary.
func (s *Standby) copy(ctx context.Context, f *folder, bin binaries, user *owner, _ ...string) error {
	if _, err := os.Stat(f.data()); err == nil {
		return nil
	}
	path := bin.file("pg_basebackup")
	if _, err := exec.LookPath(path); err != nil {
		return ErrNoBaseBackup
	}
	cmd := command{path: path, args: []string{
		"-D", f.data(), "-d", fmt.Sprintf("host=%s port=%d user=postgres application_name=%s", loopback, s.primary.Port(), standbyName),
		"-X", "stream", "-c", "fast", "-R", "--no-sync",
	}, dir: f.path, owner: user, deathSignal: syscall.SIGKILL}.exec(ctx)
	if out, err := combinedOutput(cmd); err != nil {
		return fmt.Errorf("pg_basebackup: %w\n%s", err, out)
	}
	return nil
}

// Synchronise has the primary acknowledge nothing from now on that the standby does not
// have on its disk: a promotion then loses nothing. It returns when that holds.
func (s *Standby) Synchronise(ctx context.Context) error {
	if err := s.primary.Set(ctx, "synchronous_standby_names", standbyName); err != nil {
		return err
	}
	return s.awaitPrimary(ctx, "SELECT count(*) = 1 FROM pg_stat_replication WHERE sync_state = 'sync'")
}

// StopReceiving has the standby lag: it hears nothing of its primary any more.
func (s *Standby) StopReceiving(ctx context.Context) error {
	if err := s.Set(ctx, "primary_conninfo", ""); err != nil {
		return err
	}
	return s.awaitPrimary(ctx, "SELECT count(*) = 0 FROM pg_stat_replication")
}

// StopReceivingAlone is StopReceiving where the primary has other standbys, which go on.
func (s *Standby) StopReceivingAlone(ctx context.Context) error {
	if err := s.Set(ctx, "primary_conninfo", ""); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	err := poll(ctx, func() (done bool, err error) {
		err = s.ask(ctx, "SELECT count(*) = 0 FROM pg_stat_wal_receiver", &done)
		return done, err
	})
	if err != nil {
		return fmt.Errorf("wait until the standby receives nothing: %w", err)
	}
	return nil
}

// Primary is the server that the standby follows.
func (s *Standby) Primary() *Postgres { return s.primary }

// Receive has the standby follow its primary again after StopReceiving.
func (s *Standby) Receive(ctx context.Context) error {
	if err := s.Set(ctx, "primary_conninfo", s.conn); err != nil {
		return err
	}
	return s.awaitPrimary(ctx, "SELECT count(*) = 1 FROM pg_stat_replication WHERE state = 'streaming'")
}

// CatchUp returns when the standby shows everything that its primary has stored so far.
func (s *Standby) CatchUp(ctx context.Context) error {
	return s.awaitPrimary(ctx, "SELECT count(*) = 1 FROM pg_stat_replication WHERE replay_lsn = pg_current_wal_flush_lsn()")
}

// Promote makes the standby a server that takes writes, and returns when it does. Its
// primary goes on if it runs.
func (s *Standby) Promote(ctx context.Context) error {
	var done bool
	limit := strconv.Itoa(int(startTimeout.Seconds()))
	if err := s.ask(ctx, "SELECT pg_promote(true, "+limit+")", &done); err != nil {
		return fmt.Errorf("promote the standby: %w", err)
	}
	if !done {
		return errors.New("promote the standby: not within a minute")
	}
	return nil
}

// awaitPrimary waits until a question to the primary is answered with true.
func (s *Standby) awaitPrimary(ctx context.Context, question string) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	err := poll(ctx, func() (done bool, err error) {
		err = s.primary.ask(ctx, question, &done)
		return done, err
	})
	if err != nil {
		return fmt.Errorf("wait for the standby (%s): %w", question, err)
	}
	return nil
}

// Set changes a setting of the server that needs no restart, for good.
func (p *Postgres) Set(ctx context.Context, name, value string) error {
	conn, err := pgx.Connect(ctx, p.URL(""))
	if err != nil {
		return fmt.Errorf("set %s: %w", name, err)
	}
	defer conn.Close(ctx) //nolint:errcheck // the statements are what counts
	quoted, err := conn.PgConn().EscapeString(value)
	if err != nil {
		return fmt.Errorf("set %s: %w", name, err)
	}
	// ALTER SYSTEM runs in no transaction, so these are two.
	for _, sql := range []string{fmt.Sprintf("ALTER SYSTEM SET %s = '%s'", name, quoted), "SELECT pg_reload_conf()"} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("set %s: %w", name, err)
		}
	}
	return nil
}

// Crash ends the server as a crash would: at once, without a word to its clients but that
// their connections are gone. Resume starts it again.
func (p *Postgres) Crash(ctx context.Context) error {
	s := p.server
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.child == nil {
		return nil
	}
	if err := s.child.stop(ctx, syscall.SIGQUIT); err != nil {
		return fmt.Errorf("crash %s: %w", s.name, err)
	}
	s.child = nil
	return nil
}

func (p *Postgres) setting(ctx context.Context, name string) (value string, err error) {
	if err = p.ask(ctx, "SHOW "+name, &value); err != nil {
		return "", fmt.Errorf("read %s: %w", name, err)
	}
	return value, nil
}

// ask answers a question of one value.
func (p *Postgres) ask(ctx context.Context, question string, into any) error {
	conn, err := pgx.Connect(ctx, p.URL(""))
	if err != nil {
		return err
	}
	defer conn.Close(ctx) //nolint:errcheck // only read
	return conn.QueryRow(ctx, question).Scan(into)
}
