package preflight

import (
	"context"
	"time"
)

// Gather returns the facts as they are now, for tests that change some of them.
func (p *Preflight) Gather(ctx context.Context, productID int64) *Facts {
	return p.gather(ctx, productID)
}

// CallOld sets from when on a transaction is old.
func (p *Preflight) CallOld(age time.Duration) { p.old = age }
