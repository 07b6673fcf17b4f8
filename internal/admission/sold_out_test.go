package admission_test

import (
	"testing"
	"time"

	"seckill/internal/admission"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// soldOut is a gate that has just found the product sold out, and the count of the
// scripts that it sends from now on.
func soldOut(t *testing.T) (*admission.Gate, *scripts) {
	t.Helper()
	client := servertest.SharedRedis(t)
	gate := opened(t, client, active(1, 0))
	taken(t, gate, 1, "r")
	calls := watch(client)
	if got := admit(t, gate, admission.Attempt{UserID: 2}); got.Refusal != seckill.CodeSoldOut {
		t.Fatalf("%+v", got)
	}
	return gate, calls
}

// TestSoldOutIsAnsweredFromMemory asks again and again. However long that takes, Redis
// is asked once for each time that the memory lasts.
func TestSoldOutIsAnsweredFromMemory(t *testing.T) {
	began := time.Now()
	gate, calls := soldOut(t)
	for range 2000 {
		if got := admit(t, gate, admission.Attempt{UserID: 3}); got != (admission.Outcome{Refusal: seckill.CodeSoldOut}) {
			t.Fatalf("%+v", got)
		}
	}
	if n, most := calls.sent.Load(), 2+int64(time.Since(began)/admission.SoldOutFor); n > most {
		t.Errorf("Redis was asked %d times, want at most %d", n, most)
	}
}

// TestStockThatComesBackIsSeenWithin100ms counts from the return of Apply: an attempt
// that begins later than that is admitted, whatever was found before.
func TestStockThatComesBackIsSeenWithin100ms(t *testing.T) {
	gate, _ := soldOut(t)
	for round := range int64(3) {
		number := 1 + round
		if got := admit(t, gate, admission.Attempt{UserID: 2}); got.Refusal != seckill.CodeSoldOut {
			t.Fatalf("%+v", got)
		}
		if _, err := gate.Apply(t.Context(), product, 1, number, active(0, 0).Terms, []admission.Move{{Number: number, Units: 1}}); err != nil {
			t.Fatal(err)
		}
		applied := time.Now()
		for {
			after := time.Since(applied)
			got := admit(t, gate, admission.Attempt{UserID: 2})
			if got.Refusal == "" {
				break
			}
			if after >= 100*time.Millisecond {
				t.Fatalf("%+v, %s after the stock has come back", got, after)
			}
		}
	}
}

func TestAttemptsWithARequestIDAlwaysAskRedis(t *testing.T) {
	gate, calls := soldOut(t)
	before := calls.sent.Load()
	for range 5 {
		if got := admit(t, gate, admission.Attempt{UserID: 1, RequestID: "r"}); !got.Repeated {
			t.Errorf("%+v", got)
		}
		if got := admit(t, gate, admission.Attempt{UserID: 1, RequestID: "new"}); got.Refusal != seckill.CodeSoldOut {
			t.Errorf("%+v", got)
		}
	}
	if n := calls.sent.Load() - before; n != 10 {
		t.Errorf("Redis was asked %d times, want 10", n)
	}
}

func TestWhatTheCallerRefusesWithoutARequestIDNeedsNoRedis(t *testing.T) {
	client := servertest.SharedRedis(t)
	gate, calls := opened(t, client, active(9, 0)), watch(client)
	for range 10 {
		got := admit(t, gate, admission.Attempt{UserID: 1, Refusal: seckill.CodeOverloaded})
		if got != (admission.Outcome{Refusal: seckill.CodeOverloaded}) {
			t.Errorf("%+v", got)
		}
	}
	if n := calls.sent.Load(); n != 0 {
		t.Errorf("Redis was asked %d times", n)
	}
	taken(t, gate, 1, "") // nothing is remembered of the refusals
}

func TestOnlyTheProductThatIsSoldOutIsRemembered(t *testing.T) {
	gate, _ := soldOut(t)
	if err := gate.Open(t.Context(), product+1, active(1, 0)); err != nil {
		t.Fatal(err)
	}
	if got := admit(t, gate, admission.Attempt{ProductID: product + 1, UserID: 3}); got.Refusal != "" {
		t.Errorf("another product: %+v", got)
	}
	for _, refusal := range []func(*admission.Opening){
		func(o *admission.Opening) { o.Status = "PAUSED" },
		func(o *admission.Opening) { o.PerUserLimit, o.Holders = 1, map[int64]int64{3: 1} },
		func(o *admission.Opening) { o.StartsAt = time.Now().Add(time.Hour) },
	} {
		client := servertest.SharedRedis(t)
		o := active(1, 0)
		refusal(&o)
		gate, calls := opened(t, client, o), watch(client)
		for range 3 {
			admit(t, gate, admission.Attempt{UserID: 3})
		}
		if n := calls.sent.Load(); n != 3 {
			t.Errorf("Redis was asked %d times, want 3: only SOLD_OUT is remembered", n)
		}
	}
}
