package ledger_test

import (
	"testing"
	"time"

	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

func TestProductsAreCreatedOnce(t *testing.T) {
	l, pool, _ := newSale(t, seckill.Product{ProductID: 1, Name: "phone", StockTotal: new(int64(5)), PerUserLimit: 2})
	_, err := l.CreateProduct(t.Context(), "tester", seckill.Product{ProductID: 1})
	wantCode(t, "again", err, seckill.CodeProductExists)
	n := servertest.Count(t, pool, "SELECT count(*) FROM seckill_products WHERE name = 'phone' AND status = 'ACTIVE' AND stock_total = 5 AND stock_left = 5 AND per_user_limit = 2")
	if audits := servertest.Count(t, pool, "SELECT count(*) FROM seckill_audit WHERE action = 'product.create' AND target = 'product:1'"); n != 1 || audits != 1 {
		t.Errorf("%d products, %d audit rows", n, audits)
	}
}

func TestStatusesOfAProduct(t *testing.T) {
	l, pool, _ := newSale(t, seckill.Product{ProductID: 1})
	const active, paused, ended = seckill.ProductActive, seckill.ProductPaused, seckill.ProductEnded
	end := time.UnixMilli(5000)
	for _, step := range []struct {
		to     seckill.ProductStatus
		code   seckill.Code
		audits int // of all moves so far: a move to the present status leaves none
	}{
		{active, "", 0}, {paused, "", 1}, {paused, "", 1}, {active, "", 2}, {paused, "", 3}, {ended, "", 4}, {ended, "", 4},
		{active, seckill.CodeInvalidTransition, 4}, {paused, seckill.CodeInvalidTransition, 4},
	} {
		row, err := l.MoveProduct(t.Context(), "tester", 1, step.to, end)
		wantCode(t, string(step.to), err, step.code)
		if err == nil && row.Status != string(step.to) {
			t.Errorf("status %s, want %s", row.Status, step.to)
		}
		if n := servertest.Count(t, pool, "SELECT count(*) FROM seckill_audit WHERE action <> 'product.create'"); n != step.audits {
			t.Errorf("after %s: %d audit rows, want %d", step.to, n, step.audits)
		}
	}
	if n := servertest.Count(t, pool, "SELECT count(*) FROM seckill_products WHERE ended_at = $1", end); n != 1 {
		t.Error("the end is not written by the clock given")
	}
	_, err := l.MoveProduct(t.Context(), "tester", 2, paused, end)
	wantCode(t, "an unknown product", err, seckill.CodeProductNotFound)
}

func TestStockUpAndDownInTheMiddleOfASale(t *testing.T) {
	l, pool, _ := newSale(t, paying(2))
	settle(t, l, attempt(1, "1-0"), attempt(2, "2-0"), attempt(3, "3-0"))
	balanced(t, pool, 0)
	_, err := l.RestockProduct(t.Context(), "tester", 1, -1, "back")
	wantCode(t, "withdraw what is sold", err, seckill.CodeStockTooLow)
	if _, err := l.RestockProduct(t.Context(), "tester", 1, 3, "more"); err != nil {
		t.Fatal(err)
	}
	settle(t, l, attempt(4, "4-0"))
	if _, err := l.RestockProduct(t.Context(), "tester", 1, -2, "back"); err != nil {
		t.Fatal(err)
	}
	balanced(t, pool, 0)
	if got, want := results(t, pool), "1 SUCCESS, 2 SUCCESS, 3 FAILED SOLD_OUT, 4 SUCCESS"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	n := servertest.Count(t, pool, `SELECT count(*) FROM seckill_audit WHERE action = 'product.stock'
		AND (detail->>'delta', detail->>'note') IN (('3', 'more'), ('-2', 'back'))`)
	if n != 2 {
		t.Errorf("%d audit rows", n)
	}
}

func TestChangingAProduct(t *testing.T) {
	l, pool, _ := newSale(t, seckill.Product{ProductID: 1, PerUserLimit: 1, StartsAt: time.UnixMilli(1000)})
	name, early, none, limit := "phone", time.UnixMilli(500), time.Time{}, int64(3)
	_, err := l.ChangeProduct(t.Context(), "tester", 1, seckill.ProductChange{EndsAt: &early})
	wantCode(t, "an end before the stored start", err, seckill.CodeInvalidArgument)
	row, err := l.ChangeProduct(t.Context(), "tester", 1, seckill.ProductChange{
		Name: &name, StartsAt: &none, EndsAt: &early, PerUserLimit: &limit, StockTotal: new(int64(7)),
	})
	if err != nil || row.Name != name || row.StartsAt.Valid || !row.EndsAt.Time.Equal(early) || row.PerUserLimit != 3 ||
		row.StockTotal.Int64 != 7 || row.StockLeft.Int64 != 7 {
		t.Errorf("%+v, %v", row, err)
	}
	audits := servertest.Count(t, pool, "SELECT count(*) FROM seckill_audit")
	same, err := l.ChangeProduct(t.Context(), "tester", 1, seckill.ProductChange{EndsAt: &early, PerUserLimit: &limit})
	if n := servertest.Count(t, pool, "SELECT count(*) FROM seckill_audit"); err != nil || n != audits || !same.UpdatedAt.Equal(row.UpdatedAt) {
		t.Errorf("a change that changes nothing: %d audit rows after %d, updated at %v after %v, %v", n, audits, same.UpdatedAt, row.UpdatedAt, err)
	}
	_, err = l.RestockProduct(t.Context(), "tester", 1, seckill.MaxUnits, "too many")
	wantCode(t, "more than can be", err, seckill.CodeInvalidArgument)
	_, err = l.ChangeProduct(t.Context(), "tester", 1, seckill.ProductChange{StockTotal: new(int64(8))})
	wantCode(t, "a second stock", err, seckill.CodeInvalidTransition)
	_, err = l.RestockProduct(t.Context(), "tester", 2, 1, "x")
	wantCode(t, "an unknown product", err, seckill.CodeProductNotFound)
}
