package ledger

import (
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
}

// Ledger runs the scripts. It is safe for concurrent use.
type Ledger struct {
	pool    *model.Pool
	observe Observer
	settled sync.Map // the IDs of products known to be settled
	looking sync.Map // by product ID, how many batches are settled with a look: *atomic.Int64
}

// New makes a ledger over a pool.
func New(pool *model.Pool, observe Observer) *Ledger {
	return &Ledger{pool: pool, observe: observe}
}
