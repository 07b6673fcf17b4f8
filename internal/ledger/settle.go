package ledger

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"seckill/internal/seckill"
	"seckill/model"
)

// lookFor is how many batches of a product are settled with a look at what their
// users hold, after one that could not do without.
const lookFor = 100

// Settle decides and stores a batch of a settled product: a log with its final
// status for each attempt, an order for each winner, the stock that the orders
// take, and the dead letters, in one transaction that holds the product's row. So
// replicas that settle the same product take turns.
//
// Entries that are stored already have no second effect; one that is stored with
// another user becomes a dead letter, STREAM_ID_REUSED.
//
// In a sale to users who come once, it is a waste to look up what they hold: a fifth
// of the time on a table of a million orders. So a batch is first decided as if
// nobody had a live order and no entry were stored. The unique keys make that safe:
// when a slot or an entry is taken after all, nothing is written, and the batch is
// decided again, looking. For the next batches of the product it looks at once.
func (l *Ledger) Settle(ctx context.Context, b Batch) (Outcome, error) {
	var s settled
	at := look{users: l.looks(b.ProductID)}
	settle := func() (err error) {
		s, err = l.settle(ctx, b, at)
		return err
	}
	err := l.pool.Repeat(ctx, settle)
	if model.IsTaken(err) {
		l.lookAhead(b.ProductID)
		at = look{users: true, entries: true}
		err = l.pool.Repeat(ctx, settle)
	}
	if err != nil {
		return Outcome{}, fmt.Errorf("settle product %d: %w", b.ProductID, err)
	}
	l.observeSettled(b.ProductID, s)
	return s.outcome, nil
}

// looks reports whether the users of the next batch of a product are looked up.
func (l *Ledger) looks(productID int64) bool {
	left, found := l.looking.Load(productID)
	if !found {
		return false
	}
	counter, _ := left.(*atomic.Int64)
	return counter.Add(-1) >= 0
}

// lookAhead makes the next batches of a product look.
func (l *Ledger) lookAhead(productID int64) {
	left, _ := l.looking.LoadOrStore(productID, new(atomic.Int64))
	counter, _ := left.(*atomic.Int64)
	counter.Store(lookFor)
}

// look says what is read before a batch is decided.
type look struct {
	users   bool // what they hold
	entries bool // whether they are stored
}

// asked returns the users and the entries of a batch that are looked up. A dead letter
// that the gate has admitted is looked up always: these are few.
func (at look) asked(b Batch) (users []int64, ids []string) {
	if at.users {
		users = distinctUsers(b.Attempts)
	}
	if at.entries {
		ids = streamIDs(b.Attempts)
	}
	for i := range b.Dead {
		if b.Dead[i].Epoch != 0 {
			ids = append(ids, b.Dead[i].StreamID)
		}
	}
	return users, ids
}

// settled is what a settlement has written.
type settled struct {
	outcome Outcome
	results []seckill.Decision
	orders  seckill.OrderStatus
	reasons map[seckill.DeadReason]int // of the dead letters that were written
	moved   bool                       // the gate has to be told something
}

func (l *Ledger) settle(ctx context.Context, b Batch, at look) (settled, error) {
	users, ids := at.asked(b)
	tx, err := l.pool.BeginSettlement(ctx, b.ProductID, users, ids, b.Known)
	if err != nil {
		return settled{}, err
	}
	defer tx.Rollback(ctx)

	fresh, dead, duplicates := sift(b, tx.LogUsers)
	letters, err := newDeadLetters(dead)
	if err != nil {
		return settled{}, err
	}
	gate, err := gateOf(ctx, tx, fresh, dead)
	if err != nil {
		return settled{}, err
	}
	buried, err := tx.Bury(ctx, letters)
	if err != nil {
		return settled{}, err
	}
	sale := saleOf(tx.Product)
	decisions, _ := sale.Settle(fresh, tx.Slots)
	orders, logs := rows(b.ProductID, fresh, decisions, sale, tx.Product.Now)
	move := moveOf(gate, fresh, decisions, givenUp(dead, buried, tx.LogUsers))
	if err := tx.Commit(ctx, orders, logs, move); err != nil {
		return settled{}, err
	}
	n := count(buried)
	return settled{
		outcome: Outcome{Stored: len(fresh), Duplicates: duplicates + len(letters) - n, Dead: n, Mark: markOf(fresh, dead, buried)},
		reasons: reasonsOf(dead, buried),
		results: decisions, orders: sale.OrderStatus(), moved: move != nil,
	}, nil
}

// gateOf returns the gate in force, with what it has carried over of the given
// entries. Only after a change of epoch are there entries of an older one to ask for.
func gateOf(ctx context.Context, tx *model.Settlement, fresh []seckill.Attempt, dead []seckill.DeadLetter) (seckill.Gate, error) {
	gate := seckill.Gate{Epoch: tx.Product.Epoch}
	var older []string
	for i := range fresh {
		if a := &fresh[i]; a.Epoch != 0 && a.Epoch != gate.Epoch {
			older = append(older, a.StreamID)
		}
	}
	for i := range dead {
		if d := &dead[i]; d.Epoch != 0 && d.Epoch != gate.Epoch {
			older = append(older, d.StreamID)
		}
	}
	if len(older) == 0 {
		return gate, nil
	}
	var err error
	gate.Carried, err = tx.Carried(ctx, older)
	return gate, err
}

// givenUp returns the dead letters that end the way of an attempt: those that are new,
// unless the same attempt is stored as a log. That happens when our own code fails after
// the commit, again and again; the log then keeps the unit.
func givenUp(dead []seckill.DeadLetter, buried []bool, stored map[string]int64) []seckill.DeadLetter {
	var given []seckill.DeadLetter
	for i := range dead {
		if user, found := stored[dead[i].StreamID]; buried[i] && (!found || user != dead[i].UserID) {
			given = append(given, dead[i])
		}
	}
	return given
}

// moveOf returns what the gate has to be told of a settlement, nil when there is
// nothing. What ended as a dead letter gives its unit back as a loser does.
func moveOf(gate seckill.Gate, fresh []seckill.Attempt, decisions []seckill.Decision, dead []seckill.DeadLetter) *model.Move {
	var m seckill.Move
	for i := range fresh {
		m.Settled(&fresh[i], decisions[i], gate.Counts(fresh[i].StreamID, fresh[i].Epoch))
	}
	for i := range dead {
		if gate.Counts(dead[i].StreamID, dead[i].Epoch) {
			m.Free(dead[i].UserID)
		}
	}
	if m.Empty() {
		return nil
	}
	return &model.Move{Units: m.Units, Taken: m.Taken, Freed: m.Freed}
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

// rows makes the rows of what has been decided; now is the database's clock.
func rows(productID int64, attempts []seckill.Attempt, decisions []seckill.Decision, sale seckill.Sale,
	now time.Time) ([]model.NewOrder, []model.NewLog) {
	orders, logs := make([]model.NewOrder, 0, len(attempts)), make([]model.NewLog, len(attempts))
	status, expires := string(sale.OrderStatus()), int64(0)
	if sale.PaymentWindow > 0 {
		expires = now.Add(sale.PaymentWindow).UnixMilli()
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
	if s.moved {
		l.tell.MoveWritten(productID)
	}
	l.observeBuried(productID, s.reasons)
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
	distinct := users(attempts)
	slices.Sort(distinct)
	return slices.Compact(distinct)
}

func users(attempts []seckill.Attempt) []int64 {
	list := make([]int64, len(attempts))
	for i := range attempts {
		list[i] = attempts[i].UserID
	}
	return list
}

func streamIDs(attempts []seckill.Attempt) []string {
	ids := make([]string, len(attempts))
	for i := range attempts {
		ids[i] = attempts[i].StreamID
	}
	return ids
}
