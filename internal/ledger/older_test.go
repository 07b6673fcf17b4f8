package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"seckill/internal/ledger"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/model"
)

// TestABatchIsStoredInTheKnownBooksAlone: for both kinds of products.
func TestABatchIsStoredInTheKnownBooksAlone(t *testing.T) {
	l, pool, _ := newLedger(t, 2)
	if _, err := l.CreateProduct(t.Context(), "tester", paying(100)); err != nil {
		t.Fatal(err)
	}
	server, err := l.Server(t.Context())
	if err != nil || server == "" {
		t.Fatalf("server %q, %v", server, err)
	}
	for kind, product := range map[string]int64{"settled": 1, "record-only": 2} {
		first := ledger.Batch{ProductID: product, Attempts: attempts(1, 2), Dead: []seckill.DeadLetter{deadLetter("3-0", seckill.DeadInvalidUID, "x")}}
		if _, err := l.Store(t.Context(), first); err != nil {
			t.Fatal(err)
		}
		for i, tt := range []struct {
			name  string
			known model.Known
			older bool
		}{
			{"nothing is known", model.Known{}, false},
			{"a log is known", model.Known{Stored: []string{"1-0", "2-0"}, Server: server}, false},
			{"a dead letter is known", model.Known{Stored: []string{"3-0"}}, false},
			{"an entry is gone", model.Known{Stored: []string{"1-0", "9-9"}, Server: server}, true},
			{"another server answers", model.Known{Stored: []string{"1-0"}, Server: "1/2/3/4"}, true},
		} {
			t.Run(kind+", "+tt.name, func(t *testing.T) {
				from := 10 + 2*i
				_, err := l.Store(t.Context(), ledger.Batch{ProductID: product, Attempts: attempts(from, 2), Known: tt.known})
				want := 2
				if tt.older {
					want = 0
				}
				if model.IsBooksOlder(err) != tt.older || !tt.older && err != nil || model.IsRejection(err) || model.SmallerHelps(err) {
					t.Errorf("%v, want older %v, and neither a refusal nor too much", err, tt.older)
				}
				n := servertest.Count(t, pool, "SELECT count(*) FROM seckill_logs WHERE product_id = $1 AND user_id >= $2", product, from)
				if n != want {
					t.Errorf("%d logs, want %d", n, want)
				}
			})
		}
	}
}

// TestOnlyOneStateSaysThatTheBooksAreOlder: what other rules of ours, or anybody's, raise
// says nothing of that.
func TestOnlyOneStateSaysThatTheBooksAreOlder(t *testing.T) {
	for state, want := range map[string]bool{"SK002": true, "SK001": false, "SK003": false, "P0001": false, "23505": false, "": false} {
		err := fmt.Errorf("store: %w", &pgconn.PgError{Code: state})
		if got := model.IsBooksOlder(err); got != want {
			t.Errorf("SQLSTATE %q: %v", state, got)
		}
	}
	if model.IsBooksOlder(nil) || model.IsBooksOlder(errors.New("SK002")) {
		t.Error("what has no SQLSTATE says that the books are older")
	}
}

// TestNothingExpiresInBooksThatMayBeOlder: neither where nobody can tell, nor of a product
// that is in doubt, while the others are swept.
func TestNothingExpiresInBooksThatMayBeOlder(t *testing.T) {
	l, pool, _ := newSale(t, paying(5))
	other := paying(5)
	other.ProductID = 2
	if _, err := l.CreateProduct(t.Context(), "tester", other); err != nil {
		t.Fatal(err)
	}
	for product := int64(1); product <= 2; product++ {
		if _, err := l.Store(t.Context(), ledger.Batch{ProductID: product, Attempts: attempts(1, 3)}); err != nil {
			t.Fatal(err)
		}
	}
	overdue(t, pool)
	verified, unknown := map[int64]bool{}, errors.New("nobody can tell")
	l.SweepOnly(func(context.Context) (func(int64) bool, error) {
		return func(id int64) bool { return verified[id] }, unknown
	})
	expired := func(product, want int) {
		t.Helper()
		n := servertest.Count(t, pool, "SELECT count(*) FROM seckill_orders WHERE status = 'EXPIRED' AND product_id = $1", product)
		if n != want {
			t.Errorf("%d orders of product %d are expired, want %d", n, product, want)
		}
	}
	if err := l.ExpireOrders(t.Context()); !errors.Is(err, unknown) {
		t.Errorf("%v", err)
	}
	expired(1, 0)
	unknown = nil
	verified[2] = true
	expire(t, l)
	expired(1, 0)
	expired(2, 3)
	verified[1] = true
	expire(t, l)
	expired(1, 3)
}

// withClock has the IDs of orders made by a clock that stands, as the default of the column
// makes them otherwise; it returns what sets that clock, in milliseconds after now, and the
// number that the sequence goes on from.
func withClock(t *testing.T, pool *model.Pool) (set func(ms, number int)) {
	t.Helper()
	exec := func(statement string, args ...any) {
		t.Helper()
		if _, err := pool.Exec(t.Context(), statement, args...); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	var made string
	err := pool.QueryRow(t.Context(), `SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef
		WHERE adrelid = 'seckill_orders'::regclass AND pg_get_expr(adbin, adrelid) LIKE '%seckill_orders_id_seq%'`).Scan(&made)
	if err != nil || !strings.Contains(made, "clock_timestamp()") {
		t.Fatalf("the default is %q, %v", made, err)
	}
	exec("CREATE TABLE clock AS SELECT date_trunc('milliseconds', clock_timestamp()) AS began, clock_timestamp() AS now")
	exec("CREATE FUNCTION standing() RETURNS timestamptz LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT now FROM public.clock); END'")
	exec("ALTER TABLE seckill_orders ALTER COLUMN id SET DEFAULT " + strings.ReplaceAll(made, "clock_timestamp()", "standing()"))
	return func(ms, number int) {
		t.Helper()
		exec("UPDATE clock SET now = began + $1 * interval '1 ms'", ms)
		exec("SELECT setval('seckill_orders_id_seq', $1)", number)
	}
}

// TestOrderIDsWhenTheClockStepsBack: the sequence tells IDs of one moment apart, and where it
// has been put back with the clock, so that taken IDs are made, others are tried; nothing is
// held against an entry. All are as short as JavaScript needs them.
func TestOrderIDsWhenTheClockStepsBack(t *testing.T) {
	l, pool, _ := newSale(t, paying(1000))
	set, user := withClock(t, pool), 0
	for _, step := range []struct {
		name              string
		ms, number, users int
		tries             int // at the most, each of some; more only where IDs are taken
	}{
		{"the beginning", 0, 1, 20, 1},
		{"an hour back", -3600_000, 21, 20, 1},
		{"again the moment that was", 0, 41, 20, 1},
		{"the twelve bits of the sequence begin anew", -1, 4090, 20, 1},
		{"ahead", 1, 8191, 2, 1},
		{"the sequence is put back, two IDs are taken", 1, 8191, 1, 1},
		{"the sequence is put back, twenty IDs are taken", -3600_000, 21, 5, 20},
	} {
		set(step.ms, step.number)
		b := ledger.Batch{ProductID: 1, Attempts: attempts(user+1, step.users)}
		_, err := l.Store(t.Context(), b)
		for try := 1; err != nil && !model.IsRejection(err) && try < step.tries; try++ {
			_, err = l.Store(t.Context(), b) // as a consumer does, for which it is an outage
		}
		if err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		user += step.users
		if n := servertest.Count(t, pool, "SELECT count(DISTINCT user_id) FROM seckill_orders"); n != user {
			t.Errorf("%s: orders of %d users, want %d", step.name, n, user)
		}
	}
	none(t, pool, "IDs that JavaScript cannot hold, or below 1", "SELECT count(*) FROM seckill_orders WHERE id NOT BETWEEN 1 AND (1::bigint << 53) - 1")
	none(t, pool, "dead letters", "SELECT count(*) FROM seckill_dead_letters")
}
