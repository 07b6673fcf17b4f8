package books

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"seckill/internal/admission"
	"seckill/internal/seckill"
	"seckill/internal/stream"
	"seckill/model"
)

const (
	// restsFor is for how long the books of a product are not looked into again that were in
	// order and of which nothing has moved. Somebody may have changed orders by hand where no
	// trigger counts them.
	restsFor = 5 * time.Minute
	// marksPage is how many gates are read in one round trip.
	marksPage = 500
)

// mark is by what it is known whether anything of a product has moved.
type mark struct {
	books model.BalanceMark
	gate  admission.Standing
}

// rest is how a product stood when its books were in order, and until when that counts.
type rest struct {
	mark
	until time.Time
}

// rests are the products whose books were in order, by product.
type rests map[int64]rest

// has reports whether nothing of a product has moved since its books were in order.
func (r rests) has(now mark) bool {
	before, there := r[now.books.ProductID]
	return there && before.mark == now && time.Now().Before(before.until)
}

// note notes what was found of a product.
func (r rests) note(m mark, b seckill.Books) {
	if m.gate.Err != nil || b.Gate == nil || b.Drift() != 0 || b.Imbalance() != 0 {
		delete(r, m.books.ProductID)
		return
	}
	r[m.books.ProductID] = rest{mark: m, until: time.Now().Add(restsFor - rand.N(restsFor/2))} //nolint:gosec // it spreads, and hides nothing
}

// marks lists the products to be audited, in a few round trips for all.
func (a *Auditor) marks(ctx context.Context) ([]mark, error) {
	ctx, cancel := context.WithTimeout(ctx, auditTimeout)
	defer cancel()
	products, err := a.pool.BalanceMarks(ctx)
	if err != nil {
		return nil, err
	}
	marks := make([]mark, 0, len(products))
	for page := range slices.Chunk(products, marksPage) {
		ids := make([]int64, len(page))
		for i, p := range page {
			ids[i] = p.ProductID
		}
		for i, gate := range a.gate.States(ctx, ids) {
			if stream.Away(gate.Err) {
				a.patience = busyMost
			}
			marks = append(marks, mark{books: page[i], gate: gate})
		}
	}
	if len(a.rests) > 2*len(marks) {
		clear(a.rests) // of products that have ended
	}
	return marks, nil
}
