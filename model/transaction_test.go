package model_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"seckill/internal/servertest"
)

// TestATransactionThatIsIdleEndsSoon: whoever freezes in the middle of one gives back what it
// has locked. What the role allows less of stays, and nothing stays behind.
func TestATransactionThatIsIdleEndsSoon(t *testing.T) {
	const limit = "SELECT current_setting('idle_in_transaction_session_timeout')"
	url := servertest.Database(t)
	for given, want := range map[string]string{"0": "10s", "1min": "10s", "10s": "10s", "3s": "3s", "250ms": "250ms"} {
		pool := servertest.Open(t, url+"&idle_in_transaction_session_timeout="+given)
		var within, after string
		err := pool.InTx(t.Context(), func(tx pgx.Tx) error { return tx.QueryRow(t.Context(), limit).Scan(&within) })
		if err != nil {
			t.Fatal(err)
		}
		if err := pool.QueryRow(t.Context(), limit).Scan(&after); err != nil {
			t.Fatal(err)
		}
		if within != want || after != given {
			t.Errorf("of a role with %s a transaction has %s, want %s, and leaves %s", given, within, want, after)
		}
	}
}
