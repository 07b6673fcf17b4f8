package notify

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	"seckill/internal/seckill"
	"seckill/model"
)

func TestMerge(t *testing.T) {
	tests := map[string]struct {
		stored  *model.UserResult
		waiting string
		want    string // the stream ID, "" for no result
		status  seckill.Status
	}{
		"nothing is known": {},
		"an attempt waits, none is stored": {
			waiting: "1700000000123-4", want: "1700000000123-4", status: seckill.StatusProcessing},
		"an attempt is stored, none waits": {stored: failed(1, "5-0"), want: "5-0", status: seckill.StatusFailed},
		"a later attempt waits":            {stored: failed(1, "9-9"), waiting: "9-10", want: "9-10", status: seckill.StatusProcessing},
		"a later millisecond waits":        {stored: failed(1, "9-9"), waiting: "10-0", want: "10-0", status: seckill.StatusProcessing},
		"the stored attempt still waits":   {stored: failed(1, "9-9"), waiting: "9-9", want: "9-9", status: seckill.StatusFailed},
		"an earlier attempt waits":         {stored: failed(1, "10-0"), waiting: "9-9", want: "10-0", status: seckill.StatusFailed},
		"a live order wins, to be paid": {
			stored: row(1, "5-0", seckill.StatusSuccess, seckill.OrderPendingPayment), waiting: "6-0", want: "5-0", status: seckill.StatusSuccess},
		"a live order wins, paid": {
			stored: row(1, "5-0", seckill.StatusSuccess, seckill.OrderPaid), waiting: "6-0", want: "5-0", status: seckill.StatusSuccess},
		"a live order wins, confirmed": {
			stored: row(1, "5-0", seckill.StatusSuccess, seckill.OrderConfirmed), waiting: "6-0", want: "5-0", status: seckill.StatusSuccess},
		"an order that expired does not": {
			stored: row(1, "5-0", seckill.StatusSuccess, seckill.OrderExpired), waiting: "6-0", want: "6-0", status: seckill.StatusProcessing},
		"an order that was cancelled does not": {
			stored: row(1, "5-0", seckill.StatusSuccess, seckill.OrderCancelled), waiting: "6-0", want: "6-0", status: seckill.StatusProcessing},
		"what waits is no stream ID":               {stored: failed(1, "5-0"), waiting: "6", want: "5-0", status: seckill.StatusFailed},
		"what waits is no stream ID, and is alone": {waiting: "x"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := merge(test.stored, 1, 1, test.waiting)
			switch {
			case test.want == "" && got != nil:
				t.Errorf("%+v, want none", got)
			case test.want != "" && (got == nil || got.StreamId != test.want || got.Status != string(test.status)):
				t.Errorf("%+v, want %s of %s", got, test.status, test.want)
			}
		})
	}
	got := merge(nil, 3, 4, "1700000000123-4")
	at := time.UnixMilli(1_700_000_000_123)
	if got.ProductId != 3 || got.UserId != 4 || !got.CreatedAt.Equal(at) || !got.UpdatedAt.Equal(at) || got.OrderId.Valid {
		t.Errorf("an attempt that waits: %+v", got)
	}
}

// TestAnAttemptIsFoundWhileItIsStored stores an attempt between the two questions of
// a look-up, where it must not be missed by both.
func TestAnAttemptIsFoundWhileItIsStored(t *testing.T) {
	s := newStore()
	s.waiting[key{1, 1}] = "5-0"
	s.hook(func() { s.set(failed(1, "5-0")) })
	h := newHub(nil, s.sources(), usualPace)
	got, err := h.Result(t.Context(), 1, 1)
	if err != nil || got.StreamId != "5-0" {
		t.Errorf("%+v, %v, want the attempt", got, err)
	}
}

func TestWithoutRedisTheStoredIsAnswered(t *testing.T) {
	s := newStore()
	s.err = errors.New("redis is away")
	s.set(failed(1, "5-0"))
	h := newHub(nil, s.sources(), usualPace)
	h.renewed()
	for range 2 {
		if got, err := h.Result(t.Context(), 1, 1); err != nil || got.StreamId != "5-0" {
			t.Errorf("%+v, %v, want what is stored", got, err)
		}
		if got, err := h.Result(t.Context(), 1, 2); !errors.Is(err, model.ErrNotFound) {
			t.Errorf("%+v, %v, want none", got, err)
		}
	}
	if s.calls() != 4 {
		t.Errorf("%d looks, want 4: what is not the whole result is not remembered", s.calls())
	}
}

func TestErrorsOfTheDatabaseAreAnswered(t *testing.T) {
	broken := errors.New("database is away")
	h := newHub(nil, Sources{
		Stored:  func(context.Context, int64, []int64) (map[int64]*model.UserResult, error) { return nil, broken },
		Waiting: newStore().waits,
	}, usualPace)
	if got, err := h.Result(t.Context(), 1, 1); !errors.Is(err, broken) {
		t.Errorf("%+v, %v, want the error", got, err)
	}
}

func TestLasting(t *testing.T) {
	now := time.Now()
	until := func(order seckill.OrderStatus, d time.Duration) *model.UserResult {
		r := row(1, "5-0", seckill.StatusSuccess, order)
		r.ExpiresAt = sql.NullTime{Time: now.Add(d), Valid: true}
		return r
	}
	for name, test := range map[string]struct {
		result *model.UserResult
		want   time.Duration
	}{
		"processing":             {row(1, "5-0", seckill.StatusProcessing, ""), 0},
		"failed":                 {failed(1, "5-0"), memoryTime},
		"confirmed":              {row(1, "5-0", seckill.StatusSuccess, seckill.OrderConfirmed), memoryTime},
		"to be paid for long":    {until(seckill.OrderPendingPayment, time.Hour), memoryTime},
		"to be paid for a while": {until(seckill.OrderPendingPayment, 200*time.Millisecond), 200 * time.Millisecond},
		"to be paid until now":   {until(seckill.OrderPendingPayment, 0), 0},
		"to be paid, too late":   {until(seckill.OrderPendingPayment, -time.Second), 0},
		"paid":                   {until(seckill.OrderPaid, -time.Second), memoryTime},
		"expired":                {until(seckill.OrderExpired, -time.Second), memoryTime},
	} {
		if got := lasting(test.result, now); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}
