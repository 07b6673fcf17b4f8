package ledger

import (
	"context"
	"sync"

	"seckill/internal/seckill"
	"seckill/model"
)

// Observer is told of what has been committed, for the metrics.
type Observer interface {
	// LogsWritten tells that n logs of a product took a status.
	LogsWritten(productID int64, status seckill.Status, reason seckill.Reason, n int)
	// OrdersWritten tells that n orders of a product took a status.
	OrdersWritten(productID int64, status seckill.OrderStatus, n int)
	// DeadLettersWritten tells that n entries of a product became dead letters.
	DeadLettersWritten(productID int64, reason seckill.DeadReason, n int)
	// PaymentUnwanted tells that an order of a product has not taken a payment.
	PaymentUnwanted(productID int64, kind seckill.Unwanted)
}

// Listener is told of what has been committed and others wait for. It must not block.
type Listener interface {
	// MoveWritten tells that the gate of a product has to be told something.
	MoveWritten(productID int64)
	// ResultsChanged tells that the results of users for a product have changed.
	ResultsChanged(productID int64, users []int64)
}

// nobody is a Listener that does nothing.
type nobody struct{}

// MoveWritten implements Listener.
func (nobody) MoveWritten(int64) {}

// ResultsChanged implements Listener.
func (nobody) ResultsChanged(int64, []int64) {}

// Ledger runs the scripts. It is safe for concurrent use.
type Ledger struct {
	pool    *model.Pool
	observe Observer
	tell    Listener
	settled sync.Map                                                      // the IDs of products known to be settled
	await   func(ctx context.Context) (func(productID int64) bool, error) // nil = every product may be swept
	looking sync.Map                                                      // by product ID, how many batches are settled with a look: *atomic.Int64
}

// New makes a ledger over a pool.
func New(pool *model.Pool, observe Observer) *Ledger {
	return &Ledger{pool: pool, observe: observe, tell: nobody{}}
}

// SweepOnly names what tells of which products orders may be ended for the sake of the time.
// It is called before the ledger is used.
func (l *Ledger) SweepOnly(verified func(ctx context.Context) (func(productID int64) bool, error)) {
	l.await = verified
}

// Tell names who is told of commits. It is called before the ledger is used.
func (l *Ledger) Tell(listener Listener) { l.tell = listener }
