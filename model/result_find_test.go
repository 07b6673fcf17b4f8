package model_test

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"seckill/internal/servertest"
	"seckill/model"
)

// prepareResults runs statements that prepare a test.
func prepareResults(t *testing.T, pool *model.Pool, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := pool.Exec(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// TestResultsOfManyAreThoseOfEach compares with FindResult, whose rule is the same.
func TestResultsOfManyAreThoseOfEach(t *testing.T) {
	pool := servertest.Pool(t)
	prepareResults(t, pool,
		`INSERT INTO seckill_products (product_id, stock_total, stock_left, per_user_limit) VALUES (1, 100, 100, 0), (2, 9, 9, 0)`,
		// User 1 has a live order and a later failure, 2 two live orders, 3 an order
		// that has expired and a later failure, 4 IDs that text would order wrongly,
		// 5 an attempt for another product, 6 one that is processed.
		`INSERT INTO seckill_logs (product_id, user_id, stream_id, status, reason) VALUES
			(1, 1, '5-0', 'SUCCESS', NULL), (1, 1, '7-0', 'FAILED', 'LIMIT_REACHED'),
			(1, 2, '5-1', 'SUCCESS', NULL), (1, 2, '5-2', 'SUCCESS', NULL),
			(1, 3, '5-3', 'SUCCESS', NULL), (1, 3, '6-0', 'FAILED', 'SOLD_OUT'),
			(1, 4, '9-9', 'FAILED', 'SOLD_OUT'), (1, 4, '9-10', 'FAILED', 'ENDED'),
			(1, 4, '18446744073709551615-0', 'FAILED', 'ENDED'), (1, 4, '18446744073709551614-7', 'FAILED', 'ENDED'),
			(2, 5, '5-0', 'SUCCESS', NULL), (1, 6, '8-0', 'PROCESSING', NULL)`,
		`INSERT INTO seckill_orders (product_id, user_id, stream_id, status, slot, expires_at) VALUES
			(1, 1, '5-0', 'PAID', 1, NULL), (1, 2, '5-1', 'CONFIRMED', 1, NULL),
			(1, 2, '5-2', 'PENDING_PAYMENT', 2, now() + interval '1 hour'),
			(1, 3, '5-3', 'EXPIRED', 1, now()), (2, 5, '5-0', 'PAID', 1, NULL)`)

	got, err := pool.FindResults(t.Context(), 1, []int64{1, 2, 3, 4, 5, 6, 7, 1})
	if err != nil {
		t.Fatal(err)
	}
	want := map[int64]string{1: "5-0", 2: "5-2", 3: "6-0", 4: "18446744073709551615-0", 6: "8-0"}
	if len(got) != len(want) {
		t.Errorf("%d results, want %d", len(got), len(want))
	}
	logs := model.NewSeckillLogsModel(pool.Conn())
	for user, streamID := range want {
		one, err := logs.FindResult(t.Context(), 1, user)
		if err != nil {
			t.Fatal(err)
		}
		many := got[user]
		if many == nil || many.StreamId != streamID {
			t.Fatalf("user %d: %+v, want the attempt %s", user, many, streamID)
		}
		if !many.CreatedAt.Equal(one.CreatedAt) || !many.ExpiresAt.Time.Equal(one.ExpiresAt.Time) {
			t.Errorf("user %d: times of %+v, want those of %+v", user, many, one)
		}
		many.CreatedAt, many.UpdatedAt, many.ExpiresAt = one.CreatedAt, one.UpdatedAt, one.ExpiresAt
		if !reflect.DeepEqual(many, one) {
			t.Errorf("user %d: %+v, want %+v", user, many, one)
		}
	}
	if got, err := pool.FindResults(t.Context(), 1, nil); err != nil || len(got) != 0 {
		t.Errorf("of nobody: %v, %v", got, err)
	}
}

// TestResultsOfManyStayOnIndexes looks at how PostgreSQL reads, by statistics that
// were made of a single row, tables that have grown to many since.
func TestResultsOfManyStayOnIndexes(t *testing.T) {
	const rows, asked = 100_000, 500
	pool := servertest.Pool(t)
	prepareResults(t, pool,
		`ALTER TABLE seckill_logs SET (autovacuum_enabled = off)`,
		`ALTER TABLE seckill_orders SET (autovacuum_enabled = off)`,
		`INSERT INTO seckill_products (product_id, stock_total, stock_left, per_user_limit) VALUES (1, 1000000, 1000000, 0)`,
		`INSERT INTO seckill_logs (product_id, user_id, stream_id) VALUES (1, 1, '0-1')`,
		`INSERT INTO seckill_orders (product_id, user_id, stream_id, slot) VALUES (1, 1, '0-1', 1)`,
		`ANALYZE`,
		fmt.Sprintf(`INSERT INTO seckill_logs (product_id, user_id, stream_id, status)
			SELECT 1, 1 + n %% 50000, n || '-0', 'SUCCESS' FROM generate_series(1, %d) n`, rows),
		fmt.Sprintf(`INSERT INTO seckill_orders (product_id, user_id, stream_id, slot)
			SELECT 1, n, n || '-0', 1 FROM generate_series(2, %d, 2) n`, rows))
	users := make([]int64, asked)
	for i := range users {
		users[i] = int64(i*97 + 1)
	}

	plan := explainResults(t, pool, model.FindResults, int64(1), users)
	if strings.Contains(plan, "Seq Scan on seckill_") {
		t.Errorf("reads whole tables:\n%s", plan)
	}
	const each = 4 // no step may read more rows, over all its loops, than a few a user
	for _, match := range regexp.MustCompile(`actual rows=(\d+)(?:\.\d+)? loops=(\d+)`).FindAllStringSubmatch(plan, -1) {
		n, _ := strconv.Atoi(match[1])
		loops, _ := strconv.Atoi(match[2])
		if n*loops > each*asked {
			t.Errorf("a step reads %d rows:\n%s", n*loops, plan)
		}
	}
	for _, match := range regexp.MustCompile(`Rows Removed by (?:Join )?Filter: (\d+)`).FindAllStringSubmatch(plan, -1) {
		if n, _ := strconv.Atoi(match[1]); n > each {
			t.Errorf("throws %d rows away:\n%s", n, plan)
		}
	}
}

// explainResults returns the plan of a statement that has been run, under the settings that
// FindResults makes.
func explainResults(t *testing.T, pool *model.Pool, query string, args ...any) string {
	t.Helper()
	var lines []string
	err := pool.InTx(t.Context(), func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), "SET LOCAL enable_seqscan = off"); err != nil {
			return err
		}
		rows, err := tx.Query(t.Context(), "EXPLAIN (ANALYZE, TIMING OFF, COSTS OFF) "+query, args...)
		if err != nil {
			return err
		}
		lines, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if err != nil || len(lines) == 0 {
		t.Fatalf("explain: %v", err)
	}
	return strings.Join(lines, "\n")
}
