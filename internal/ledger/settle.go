package ledger

import (
	"context"
	"fmt"
	"slices"

	"seckill/internal/seckill"
	"seckill/model"
)

// Settle decides and stores a batch of a settled product: a log with its final
// status for each attempt, an order for each winner, the stock that the orders
// take, and the dead letters, in one transaction that holds the product's row. So
// replicas that settle the same product take turns.
//
// Entries that are stored already have no second effect; one that is stored with
// another user becomes a dead letter, STREAM_ID_REUSED.
func (l *Ledger) Settle(ctx context.Context, b Batch) (Outcome, error) {
	// That an entry is stored already is rare, and the unique keys tell. Only then
	// the batch is done again, with a look at what is stored.
	settled, err := l.settle(ctx, b, false)
	if model.IsUniqueViolation(err) {
		settled, err = l.settle(ctx, b, true)
	}
	if err != nil {
		return Outcome{}, fmt.Errorf("settle product %d: %w", b.ProductID, err)
	}
	l.observeSettled(b.ProductID, settled)
	return settled.outcome, nil
}

// settled is what a settlement has written.
type settled struct {
	outcome  Outcome
	attempts []seckill.Attempt
	results  []seckill.Decision
	orders   seckill.OrderStatus
}

func (l *Ledger) settle(ctx context.Context, b Batch, look bool) (settled, error) {
	var ids []string
	if look {
		ids = streamIDs(b.Attempts)
	}
	tx, err := l.pool.BeginSettlement(ctx, b.ProductID, distinctUsers(b.Attempts), ids)
	if err != nil {
		return settled{}, err
	}
	defer tx.Rollback(ctx)

	fresh, dead, duplicates := sift(b, tx.LogUsers)
	letters, err := newDeadLetters(dead)
	if err != nil {
		return settled{}, err
	}
	sale := saleOf(tx.Product)
	decisions, _ := sale.Settle(fresh, tx.Slots)
	orders, logs := rows(b.ProductID, fresh, decisions, sale, tx.Product)
	buried, err := tx.Commit(ctx, orders, logs, letters)
	if err != nil {
		return settled{}, err
	}
	return settled{
		outcome:  Outcome{Stored: len(fresh), Duplicates: duplicates + len(letters) - int(buried), Dead: int(buried)},
		attempts: fresh, results: decisions, orders: sale.OrderStatus(),
	}, nil
}

// sift separates the attempts that are stored already, by their IDs and users, from
// those that are not. One stored with another user is a dead letter.
func sift(b Batch, stored map[string]int64) (fresh []seckill.Attempt, dead []seckill.DeadLetter, duplicates int) {
	if len(stored) == 0 {
		return b.Attempts, b.Dead, 0
	}
	dead = slices.Clone(b.Dead)
	for _, a := range b.Attempts {
		switch user, found := stored[a.StreamID]; {
		case !found:
			fresh = append(fresh, a)
		case user != a.UserID:
			dead = append(dead, a.DeadLetter(seckill.DeadStreamIDReused, 1))
		default:
			duplicates++
		}
	}
	return fresh, dead, duplicates
}

// rows makes the rows of what has been decided.
func rows(productID int64, attempts []seckill.Attempt, decisions []seckill.Decision, sale seckill.Sale,
	product model.LockedProduct) ([]model.NewOrder, []model.NewLog) {
	orders, logs := make([]model.NewOrder, 0, len(attempts)), make([]model.NewLog, len(attempts))
	status, expires := string(sale.OrderStatus()), int64(0)
	if sale.PaymentWindow > 0 {
		expires = product.Now.Add(sale.PaymentWindow).UnixMilli()
	}
	for i := range attempts {
		a, d := &attempts[i], decisions[i]
		logs[i] = newLog(productID, a, d.Status, d.Reason)
		if d.Status == seckill.StatusSuccess {
			orders = append(orders, model.NewOrder{
				ProductID: productID, UserID: a.UserID, StreamID: a.StreamID,
				Status: status, Slot: d.Slot, ExpiresAtMs: expires,
			})
		}
	}
	return orders, logs
}

func saleOf(p model.LockedProduct) seckill.Sale {
	return seckill.Sale{
		Left: p.Left, PerUserLimit: p.PerUserLimit, StartsAt: p.StartsAt, EndsAt: p.EndsAt,
		EndedAt: p.EndedAt, PaymentWindow: p.PaymentWindow,
	}
}

// observeSettled tells what has been committed, one call for each result.
func (l *Ledger) observeSettled(productID int64, s settled) {
	counts := map[seckill.Reason]int{}
	for _, d := range s.results {
		counts[d.Reason]++
	}
	for reason, n := range counts {
		status := seckill.StatusFailed
		if reason == "" {
			status = seckill.StatusSuccess
			l.observe.OrdersWritten(productID, s.orders, n)
		}
		l.observe.LogsWritten(productID, status, reason, n)
	}
}

// distinctUsers returns the users of attempts in ascending order, which is also the
// order of the index that they are looked up in.
func distinctUsers(attempts []seckill.Attempt) []int64 {
	users := make([]int64, len(attempts))
	for i := range attempts {
		users[i] = attempts[i].UserID
	}
	slices.Sort(users)
	return slices.Compact(users)
}

func streamIDs(attempts []seckill.Attempt) []string {
	ids := make([]string, len(attempts))
	for i := range attempts {
		ids[i] = attempts[i].StreamID
	}
	return ids
}
