package model

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Replica is a process of the service as it says of itself.
type Replica struct {
	Run         string        // of one process, from its start to its end
	Name        string        // Consumer.Instance; "" = none
	Host        string        // of the machine, or the pod
	Version     string        // of the program
	ConfigHash  string        // alike on replicas whose configuration is
	Since       time.Time     // when the process has started
	Failing     string        // what keeps it from being ready; "" = it is ready
	MaxConns    int           // Postgres.MaxConns
	OpenFiles   int64         // descriptors that it may have; 0 = no bound is known
	Silent      time.Duration // since it was seen last
	ClockOffset time.Duration // by how much its clock was ahead of PostgreSQL's then, at least
}

const saySo = `
INSERT INTO seckill_replicas (run, name, host, version, config_hash, since, failing, max_conns, open_files, clock_offset_ms, seen_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, clock_timestamp())
ON CONFLICT (run) DO UPDATE
   SET failing = excluded.failing, seen_at = excluded.seen_at, clock_offset_ms = excluded.clock_offset_ms
RETURNING seen_at, seckill_server()`

// SayAlive writes what a replica says of itself. Silent and ClockOffset of r are not read:
// they are measured. By what was written last a standby is known: see [ReadSource].
func (p *Pool) SayAlive(ctx context.Context, r Replica) error {
	return p.AcquireFunc(ctx, func(conn *pgxpool.Conn) error {
		_, ahead, err := clockOf(ctx, conn)
		if err != nil {
			return err
		}
		beat := heartbeat{run: r.Run}
		err = conn.QueryRow(ctx, saySo, r.Run, r.Name, r.Host, r.Version, r.ConfigHash, r.Since, r.Failing, r.MaxConns, r.OpenFiles,
			-ahead.Milliseconds()).Scan(&beat.at, &beat.server)
		if err != nil {
			return fmt.Errorf("say that this replica lives: %w", err)
		}
		p.beat.Store(&beat)
		return nil
	})
}

// SayGoodbye takes back what a replica has said of itself.
func (p *Pool) SayGoodbye(ctx context.Context, run string) error {
	if _, err := p.Exec(ctx, "DELETE FROM seckill_replicas WHERE run = $1", run); err != nil {
		return fmt.Errorf("say that this replica ends: %w", err)
	}
	return nil
}

// ForgetReplicas deletes the rows of replicas that have been silent for longer.
func (p *Pool) ForgetReplicas(ctx context.Context, silent time.Duration) error {
	if _, err := p.Exec(ctx, "DELETE FROM seckill_replicas WHERE seen_at < clock_timestamp() - $1::interval", silent); err != nil {
		return fmt.Errorf("forget silent replicas: %w", err)
	}
	return nil
}

const selectReplicas = `
SELECT run, name, host, version, config_hash, since, failing, max_conns, open_files,
       greatest(clock_timestamp() - seen_at, interval '0'), clock_offset_ms
  FROM seckill_replicas ORDER BY name, since, run`

// Replicas lists the replicas that have not said goodbye, by name.
func (p *Pool) Replicas(ctx context.Context) ([]Replica, error) {
	rows, err := p.Query(ctx, selectReplicas)
	if err != nil {
		return nil, fmt.Errorf("list replicas: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Replica, error) {
		var r Replica
		var offset int64
		err := row.Scan(&r.Run, &r.Name, &r.Host, &r.Version, &r.ConfigHash, &r.Since, &r.Failing, &r.MaxConns, &r.OpenFiles,
			&r.Silent, &offset)
		r.ClockOffset = time.Duration(offset) * time.Millisecond
		return r, err
	})
	if err != nil {
		return nil, fmt.Errorf("list replicas: %w", err)
	}
	return list, nil
}

// An instant in the future is of a clock that was put back, or of another server: it would
// keep a replica that has died alive for as long.
const sayConsuming = `
WITH self AS (
    UPDATE seckill_replicas SET consumes_at = CASE WHEN $2 THEN clock_timestamp() END
     WHERE run = $1 AND ($2 OR consumes_at IS NOT NULL)
 RETURNING run, consumes_at
)
SELECT run FROM self WHERE consumes_at IS NOT NULL
 UNION ALL
SELECT run FROM seckill_replicas
 WHERE run <> $1 AND consumes_at BETWEEN clock_timestamp() - $3::interval AND clock_timestamp() + $3::interval
 ORDER BY 1`

// SayConsuming writes that a replica consumes, or that it does not take part any more, and
// returns the runs of all that have said that they consume within the given time, by
// PostgreSQL's clock. A replica that has not said that it lives ([Pool.SayAlive]) is not among
// them.
func (p *Pool) SayConsuming(ctx context.Context, run string, consumes bool, within time.Duration) ([]string, error) {
	rows, err := p.Query(ctx, sayConsuming, run, consumes, within)
	if err != nil {
		return nil, fmt.Errorf("say that this replica consumes: %w", err)
	}
	runs, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("say that this replica consumes: %w", err)
	}
	return runs, nil
}
