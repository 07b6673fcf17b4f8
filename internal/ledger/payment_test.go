package ledger_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"seckill/internal/ledger"
	"seckill/internal/seckill"
	"seckill/model"
)

// unwanted lists the payments that stand in the audit to be given back.
func unwanted(t *testing.T, pool *model.Pool) string {
	t.Helper()
	var list string
	err := pool.QueryRow(t.Context(), `SELECT coalesce(string_agg(concat_ws(' ', actor, action, target, detail ->> 'paymentRef',
		detail ->> 'productId', detail ->> 'userId'), ', ' ORDER BY id), '')
		FROM seckill_audit WHERE action LIKE '%payment'`).Scan(&list)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestMoneyThatAnOrderDoesNotTake is told again and again, and stands in the audit and in
// the metric once for each reference.
func TestMoneyThatAnOrderDoesNotTake(t *testing.T) {
	tests := []struct {
		name   string
		window bool // time to pay; without it orders are CONFIRMED
		before func(t *testing.T, l *ledger.Ledger, pool *model.Pool, order int64)
		code   seckill.Code
		kind   seckill.Unwanted // "" = nobody has to give anything back
	}{
		{"past its time, not swept", true, func(t *testing.T, _ *ledger.Ledger, pool *model.Pool, _ int64) {
			t.Helper()
			overdue(t, pool)
		}, seckill.CodeOrderExpired, seckill.PaymentLate},
		{"expired", true, func(t *testing.T, l *ledger.Ledger, pool *model.Pool, _ int64) {
			t.Helper()
			overdue(t, pool)
			expire(t, l)
		}, seckill.CodeOrderExpired, seckill.PaymentLate},
		{"cancelled", true, cancel, seckill.CodeOrderCancelled, seckill.PaymentLate},
		{"paid with another reference", true, func(t *testing.T, l *ledger.Ledger, _ *model.Pool, order int64) {
			t.Helper()
			if _, err := l.PayOrder(t.Context(), order, "bff", "first"); err != nil {
				t.Fatal(err)
			}
		}, seckill.CodeAlreadyPaid, seckill.PaymentSecond},
		{"confirmed", false, func(*testing.T, *ledger.Ledger, *model.Pool, int64) {}, seckill.CodeNothingToPay, seckill.PaymentNeedless},
		{"confirmed, then cancelled", false, cancel, seckill.CodeOrderCancelled, seckill.PaymentLate},
		{"pending", true, func(*testing.T, *ledger.Ledger, *model.Pool, int64) {}, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := paying(5)
			if !tt.window {
				p.PaymentWindow = 0
			}
			l, pool, seen := newSale(t, p)
			order := newOrder(t, l, pool, 10)
			tt.before(t, l, pool, order)
			var race sync.WaitGroup
			for i := range 8 { // two references, each told by four callers at once
				race.Go(func() {
					ref := []string{"r-1", "r-2"}[i%2]
					if tt.code == "" {
						ref = "r-1"
					}
					if _, err := l.PayOrder(t.Context(), order, "bff", ref); seckill.ErrorCode(err) != tt.code {
						t.Errorf("%s: %v, want %q", ref, err, tt.code)
					}
				})
			}
			race.Wait()
			got := unwanted(t, pool)
			if tt.kind == "" {
				if got != "" {
					t.Errorf("audit = %s", got)
				}
				return
			}
			row := fmt.Sprintf("bff %s order:%d %%s 1 10", tt.kind, order)
			one, two := fmt.Sprintf(row, "r-1"), fmt.Sprintf(row, "r-2")
			if got != one+", "+two && got != two+", "+one {
				t.Errorf("audit = %s\nwant one row for each reference: %s, %s", got, one, two)
			}
			if n := seen.logs[fmt.Sprintf("1 %s payment", tt.kind)]; n != 2 {
				t.Errorf("%d payments counted, want 2", n)
			}
			if strings.Contains(got, "first") {
				t.Error("the payment that was taken is to be given back")
			}
		})
	}
}

func cancel(t *testing.T, l *ledger.Ledger, _ *model.Pool, order int64) {
	t.Helper()
	if _, err := l.CancelOrder(t.Context(), order, "op", true); err != nil {
		t.Fatal(err)
	}
}
