package model_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"

	"seckill/internal/servertest"
	"seckill/model"
)

// sender is a session that sends a batch piece by piece.
type sender struct {
	t    *testing.T
	conn *pgx.Conn
	pid  int
}

func newSender(t *testing.T, pool *model.Pool, query string) *sender {
	t.Helper()
	conn, err := pgx.ConnectConfig(t.Context(), pool.Config().ConnConfig)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.PgConn().Conn().Close() })
	s := &sender{t: t, conn: conn, pid: int(conn.PgConn().PID())}
	s.send(&pgproto3.Query{String: query})
	servertest.Eventually(t, "PostgreSQL waits for it", func() bool {
		return servertest.Count(t, pool, "SELECT count(*) FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'ClientRead' AND state <> 'idle'", s.pid) == 1
	})
	return s
}

func (s *sender) send(message pgproto3.FrontendMessage) {
	s.t.Helper()
	f := s.conn.PgConn().Frontend()
	f.Send(message)
	if err := f.Flush(); err != nil {
		s.t.Fatal(err)
	}
}

// isThere reports whether PostgreSQL has the session still.
func (s *sender) isThere(pool *model.Pool) bool {
	s.t.Helper()
	return servertest.Count(s.t, pool, "SELECT count(*) FROM pg_stat_activity WHERE pid = $1", s.pid) == 1
}

// TestABatchOfWhichNothingMoreComesIsEnded, and gives back what it has locked. One that goes
// on is left alone, however slow; so is whatever is no batch of ours, and what is young.
func TestABatchOfWhichNothingMoreComesIsEnded(t *testing.T) {
	pool := servertest.Pool(t)
	exec := func(query string) {
		t.Helper()
		if _, err := pool.Exec(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	exec("INSERT INTO seckill_products (product_id) VALUES (1)")
	batch := newSender(t, pool, model.BatchMark+"BEGIN; SELECT 1 FROM seckill_products WHERE product_id = 1 FOR UPDATE; "+model.CopyOfLogs)
	others := []*sender{
		newSender(t, pool, model.CopyOfLogs),
		newSender(t, pool, "BEGIN; SELECT 1"),
		newSender(t, pool, "COPY seckill_logs (product_id) FROM STDIN; -- "+model.BatchMark),
	}
	var seen []model.Stalled
	look := func(age time.Duration, wantStalled, wantEnded int) {
		t.Helper()
		stalled, ended, err := pool.EndStalled(t.Context(), seen, age)
		if err != nil {
			t.Fatal(err)
		}
		if len(stalled) != wantStalled || ended != wantEnded {
			t.Fatalf("%v have stalled, %d are ended; want %d, %d", stalled, ended, wantStalled, wantEnded)
		}
		seen = stalled
	}
	look(time.Hour, 0, 0)
	look(0, 1, 0)
	if servertest.Count(t, pool, "SELECT current_setting('server_version_num')::int") >= 140000 { // it tells how much has come
		before := seen[0].Bytes
		batch.send(&pgproto3.CopyData{Data: []byte("PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00")})
		servertest.Eventually(t, "it has come further", func() bool {
			stalled, _, err := pool.EndStalled(t.Context(), nil, 0)
			return err == nil && len(stalled) == 1 && stalled[0].Bytes > before
		})
		look(0, 1, 0)
	}
	look(0, 0, 1)
	exec("UPDATE seckill_products SET name = 'is free' WHERE product_id = 1")
	servertest.Eventually(t, "its session is gone", func() bool { return !batch.isThere(pool) })
	look(0, 0, 0)
	for _, other := range others {
		if !other.isThere(pool) {
			t.Error("a session that is no batch of ours is gone")
		}
	}
}
