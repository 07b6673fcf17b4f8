package peers

import (
	"bytes"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"
)

// peerColumns are what a peer writes of a log.
var peerColumns = []string{"product_id", "user_id", "stream_id", "status"}

// pipeline is the limit of whoever reads, stores and acknowledges: three goroutines that do
// nothing but this, without a look at what the entries say, at what may fail, or at what must
// not happen.
func (d *bed) pipeline(batch int) error {
	conn, err := d.pool.Acquire(d.b.Context())
	if err != nil {
		return err
	}
	defer conn.Release()
	all, ctx := errgroup.WithContext(d.b.Context())
	fetched, stored := make(chan []redis.XMessage, 1), make(chan []redis.XMessage, 1)
	all.Go(func() error {
		defer close(fetched)
		for {
			entries, err := d.read(ctx, batch)
			if err != nil || len(entries) == 0 {
				return err
			}
			select {
			case fetched <- entries:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	})
	all.Go(func() error {
		defer close(stored)
		for entries := range fetched {
			rows := pgx.CopyFromSlice(len(entries), func(i int) ([]any, error) {
				user, err := userOf(entries[i].Values)
				return []any{int64(product), user, entries[i].ID, "PROCESSING"}, err
			})
			if _, err := conn.Conn().CopyFrom(ctx, pgx.Identifier{"peer_logs"}, peerColumns, rows); err != nil {
				return err
			}
			stored <- entries
		}
		return nil
	})
	all.Go(func() error {
		var err error
		for entries := range stored {
			if err == nil {
				err = d.acknowledge(ctx, entries)
			}
		}
		return err
	})
	return all.Wait()
}

// bareCopy is the limit of the database: the rows of peer_logs written again, encoded
// beforehand, by COPY on one connection, one transaction a batch. It returns rows per second.
func (d *bed) bareCopy(batch int) (float64, error) {
	ctx := d.b.Context()
	conn, err := d.pool.Acquire(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Release()
	var rows int
	if err := conn.QueryRow(ctx, "SELECT count(*) FROM peer_logs").Scan(&rows); err != nil {
		return 0, err
	}
	const columns = "product_id, user_id, stream_id, status"
	batches := make([]bytes.Buffer, (rows+batch-1)/batch)
	for i := range batches {
		_, err := conn.Conn().PgConn().CopyTo(ctx, &batches[i], fmt.Sprintf(
			"COPY (SELECT %s FROM peer_logs WHERE id > %d AND id <= %d ORDER BY id) TO STDOUT (FORMAT binary)", columns, i*batch, (i+1)*batch))
		if err != nil {
			return 0, err
		}
	}
	for _, sql := range []string{"TRUNCATE peer_logs RESTART IDENTITY", "CHECKPOINT"} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return 0, err
		}
	}
	began, copied := time.Now(), int64(0)
	for i := range batches {
		tag, err := conn.Conn().PgConn().CopyFrom(ctx, &batches[i], "COPY peer_logs ("+columns+") FROM STDIN (FORMAT binary)")
		if err != nil {
			return 0, err
		}
		copied += tag.RowsAffected()
	}
	if copied != int64(rows) {
		return 0, fmt.Errorf("%d rows of %d", copied, rows)
	}
	return float64(rows) / time.Since(began).Seconds(), nil
}
