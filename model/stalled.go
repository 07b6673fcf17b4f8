package model

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// batchMark begins each query that feeds PostgreSQL rows, so that a session which is in the
// middle of one can be told from all others of the role: a restore, somebody's psql. It is at the
// beginning because pg_stat_activity cuts long queries.
const batchMark = "/* seckill batch */ "

// Stalled is a session of some replica of which PostgreSQL waits for the rest of a batch.
type Stalled struct {
	PID   int32
	Since time.Time // when its query began
	Bytes int64     // that have come of it; 0 before PostgreSQL 14, which does not tell
}

// The limit of an idle transaction (notIdle) does not hold while PostgreSQL waits for the rows
// of a COPY: such a session is active, and nothing but its end gives its locks back. Other roles'
// sessions are neither ours to see nor to end.
const endStalled = `
WITH stalled AS (
    SELECT pid, query_start AS since,
           CASE WHEN current_setting('server_version_num')::int >= 140000
                THEN coalesce((SELECT param1 FROM pg_stat_get_progress_info('COPY') c WHERE c.pid = a.pid), 0) ELSE 0 END AS bytes
      FROM pg_stat_activity a
     WHERE datname = current_database() AND usename = current_user AND starts_with(query, $4)
       AND state = 'active' AND wait_event = 'ClientRead' AND query_start < clock_timestamp() - $5::interval
)
SELECT pid, since, bytes, CASE WHEN seen.pid IS NOT NULL THEN pg_terminate_backend(pid) ELSE false END
  FROM stalled LEFT JOIN unnest($1::int[], $2::timestamptz[], $3::bigint[]) AS seen(pid, since, bytes) USING (pid, since, bytes)`

// EndStalled ends those of the sessions in seen of which nothing more has come, and whose query
// is older than age. It returns which have stalled, to be passed the next time, and how many of
// them it has ended. Who is only slow has come further by then; who is not loses a transaction,
// and repeats it.
func (p *Pool) EndStalled(ctx context.Context, seen []Stalled, age time.Duration) (stalled []Stalled, ended int, err error) {
	pids, since, bytes := make([]int32, len(seen)), make([]time.Time, len(seen)), make([]int64, len(seen))
	for i, s := range seen {
		pids[i], since[i], bytes[i] = s.PID, s.Since, s.Bytes
	}
	rows, err := p.Query(ctx, endStalled, pids, since, bytes, batchMark, age)
	if err == nil {
		var s Stalled
		var end bool
		_, err = pgx.ForEachRow(rows, []any{&s.PID, &s.Since, &s.Bytes, &end}, func() error {
			if end {
				ended++
			} else {
				stalled = append(stalled, s)
			}
			return nil
		})
	}
	if err != nil {
		return nil, 0, fmt.Errorf("end batches that have stalled: %w", err)
	}
	return stalled, ended, nil
}
