package model

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"seckill/internal/seckill"
)

// ServerFacts is what PostgreSQL tells of itself and of our database, for whoever checks
// before a sale. What our role may not see stands there with the error.
type ServerFacts struct {
	Err         error // it does not answer; nothing else is known then
	NoWriter    bool  // none of the servers that the data source names takes writes; nothing else is known then
	Host        string
	Port        uint16
	Database    string
	Role        string
	Pooled      bool          // a pooler stands between
	Latency     time.Duration // of one round trip
	Clock       time.Duration // by how much its clock is ahead of ours, at least
	Version     int           // as server_version_num, such as 150018
	Standby     bool
	ReadOnly    bool // our transactions cannot write
	Activity    Activity
	ActivityErr error

	Settings     map[string]Setting // by name
	SettingsErr  error
	Missing      []string // what the service needs and is not there, but for triggers
	MissingErr   error
	Triggers     []string // table.trigger of ours that is not there or is off
	TriggersErr  error
	Slots        []Slot // that keep files of the log
	SlotsErr     error
	Collation    Collation
	CollationErr error
	Sequences    []SequenceGap // behind their tables
	SequencesErr error
}

// Setting is a value of pg_settings, in its unit, and where it comes from.
type Setting struct{ Value, Source string }

// Activity is who works with the server.
type Activity struct {
	Own    int   // connections of our role to our database
	Others int   // all other connections
	Hidden int   // connections to our database whose transactions our role may not see
	ByRole int   // most connections of our role, -1 = no bound
	ByBase int   // most connections to our database, -1 = no bound
	Old    []Old // transactions in our database that are older than was asked for, oldest first
}

// Old is a transaction that lasts.
type Old struct {
	PID  int    // 0 of a prepared one
	Name string // of the user, or of the prepared transaction
	Age  time.Duration
}

// Slot is a replication slot that keeps files of the log.
type Slot struct {
	Name   string
	Active bool
	Held   int64 // bytes
}

// Collation is by what texts are sorted.
type Collation struct {
	Columns  []string // key columns that have the collation of the database in place of "C"
	Recorded string   // version of the database's collation when it was made, "" = none
	Actual   string   // and of the operating system, now
}

// SequenceGap is a sequence that is behind the table that it numbers.
type SequenceGap struct {
	Name   string
	Behind int64
}

// Facts asks PostgreSQL, in some ten round trips; transactions that are older than old count as
// such. It writes nothing, and no part that is refused keeps it from the others.
func (p *Pool) Facts(ctx context.Context, old time.Duration) ServerFacts {
	f := ServerFacts{Host: p.Config().ConnConfig.Host, Port: p.Config().ConnConfig.Port, Database: p.Config().ConnConfig.Database}
	// A connection from before a restart fails, and takes its like with it: once more then.
	err := p.AcquireFunc(ctx, func(conn *pgxpool.Conn) error { return f.ask(ctx, conn, old) })
	if slices.Contains(movedOn, SQLState(err)) {
		err = p.AcquireFunc(ctx, func(conn *pgxpool.Conn) error { return f.ask(ctx, conn, old) })
	}
	if err != nil {
		f.Err, f.NoWriter = err, errors.Is(err, errNoWriter)
		return f
	}
	f.Missing, f.MissingErr = p.Missing(ctx)
	// Triggers are told by themselves.
	f.Missing = slices.DeleteFunc(f.Missing, func(what string) bool { return strings.HasPrefix(what, "trigger ") })
	return f
}

func (f *ServerFacts) ask(ctx context.Context, conn *pgxpool.Conn, old time.Duration) error {
	f.Host, f.Port = conn.Conn().Config().Host, conn.Conn().Config().Port
	if err := f.askServer(ctx, conn); err != nil {
		return err
	}
	f.Settings, f.SettingsErr = settings(ctx, conn)
	f.Triggers, f.TriggersErr = triggersOff(ctx, conn)
	f.Activity, f.ActivityErr = activity(ctx, conn, old)
	f.Slots, f.SlotsErr = slotsOf(ctx, conn)
	f.Collation, f.CollationErr = collation(ctx, conn, f.Version)
	f.Sequences, f.SequencesErr = sequenceGaps(ctx, conn)
	return nil
}

const selectServer = `
SELECT current_database(), current_user, pg_backend_pid(), current_setting('server_version_num')::integer,
       pg_is_in_recovery(), current_setting('transaction_read_only')::boolean`

func (f *ServerFacts) askServer(ctx context.Context, conn *pgxpool.Conn) error {
	var process int
	err := conn.QueryRow(ctx, selectServer).Scan(&f.Database, &f.Role, &process, &f.Version, &f.Standby, &f.ReadOnly)
	if err != nil {
		return fmt.Errorf("ask for the server: %w", err)
	}
	f.Pooled = process != int(conn.Conn().PgConn().PID())
	f.Latency, f.Clock, err = clockOf(ctx, conn)
	return err
}

// clockOf returns how long a round trip takes, and by how much the clock of the server is
// ahead of ours, at least.
func clockOf(ctx context.Context, conn *pgxpool.Conn) (latency, skew time.Duration, err error) {
	var now time.Time
	before := time.Now()
	if err := conn.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&now); err != nil {
		return 0, 0, fmt.Errorf("ask for the clock: %w", err)
	}
	latency = time.Since(before)
	return latency, seckill.ClockSkew(before, before.Add(latency), now), nil
}

// factSettings are the settings that are looked at.
var factSettings = []string{
	"fsync", "synchronous_commit", "full_page_writes", "max_wal_size", "max_connections",
	"superuser_reserved_connections", "reserved_connections", "default_transaction_read_only",
	"default_transaction_isolation", "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout",
	"transaction_timeout",
}

func settings(ctx context.Context, conn *pgxpool.Conn) (map[string]Setting, error) {
	rows, err := conn.Query(ctx, "SELECT name, setting, source FROM pg_settings WHERE name = ANY($1)", factSettings)
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	all := map[string]Setting{}
	var name string
	var s Setting
	if _, err := pgx.ForEachRow(rows, []any{&name, &s.Value, &s.Source}, func() error { all[name] = s; return nil }); err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	return all, nil
}

const selectTriggersOff = `
SELECT g FROM unnest($1::text[]) AS g
 WHERE NOT EXISTS (SELECT 1 FROM pg_trigger WHERE tgrelid = to_regclass(split_part(g, '.', 1))
                      AND tgname = split_part(g, '.', 2) AND tgenabled IN ('O', 'A'))`

func triggersOff(ctx context.Context, conn *pgxpool.Conn) ([]string, error) {
	return texts(ctx, conn, "look for triggers", selectTriggersOff, requiredTriggers)
}

func texts(ctx context.Context, conn *pgxpool.Conn, what, query string, args ...any) ([]string, error) {
	rows, err := conn.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return list, nil
}

// selectActivity counts who is connected. What a role may not see of others is null, but
// for who they are.
const selectActivity = `
SELECT count(*) FILTER (WHERE usename = current_user AND datname = current_database()),
       count(*) FILTER (WHERE NOT (usename = current_user AND datname = current_database())),
       count(*) FILTER (WHERE datname = current_database() AND backend_type IS NULL),
       coalesce((SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user), -1),
       coalesce((SELECT datconnlimit FROM pg_database WHERE datname = current_database()), -1)
  FROM pg_stat_activity WHERE datname IS NOT NULL AND usename IS NOT NULL`

const selectOld = `
SELECT pid, usename, clock_timestamp() - xact_start AS age FROM pg_stat_activity
 WHERE datname = current_database() AND backend_type = 'client backend' AND xact_start < clock_timestamp() - $1::interval
UNION ALL
SELECT 0, gid, clock_timestamp() - prepared FROM pg_prepared_xacts
 WHERE database = current_database() AND prepared < clock_timestamp() - $1::interval
 ORDER BY age DESC LIMIT 5`

func activity(ctx context.Context, conn *pgxpool.Conn, old time.Duration) (a Activity, err error) {
	if err := conn.QueryRow(ctx, selectActivity).Scan(&a.Own, &a.Others, &a.Hidden, &a.ByRole, &a.ByBase); err != nil {
		return a, fmt.Errorf("count connections: %w", err)
	}
	rows, err := conn.Query(ctx, selectOld, old)
	if err != nil {
		return a, fmt.Errorf("look for old transactions: %w", err)
	}
	if a.Old, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Old]); err != nil {
		return a, fmt.Errorf("look for old transactions: %w", err)
	}
	return a, nil
}

const selectReplicationSlots = `
SELECT slot_name::text, active, greatest(pg_wal_lsn_diff(
           CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END, restart_lsn), 0)::bigint
  FROM pg_replication_slots WHERE restart_lsn IS NOT NULL AND NOT temporary ORDER BY 3 DESC LIMIT 20`

func slotsOf(ctx context.Context, conn *pgxpool.Conn) ([]Slot, error) {
	rows, err := conn.Query(ctx, selectReplicationSlots)
	if err != nil {
		return nil, fmt.Errorf("look at replication slots: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Slot])
	if err != nil {
		return nil, fmt.Errorf("look at replication slots: %w", err)
	}
	return all, nil
}
