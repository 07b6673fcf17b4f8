package svc

import (
	"context"
	"time"

	"seckill/internal/auth"
	"seckill/internal/middleware"
)

// refusedTimeout bounds how long the answer to somebody who may not do what he asked for
// waits until that is written down.
const refusedTimeout = time.Second

// refusedBy has a ledger write down who was refused. He is refused also when that fails.
func refusedBy(ledger Ledger) middleware.Refused {
	return func(ctx context.Context, who auth.Identity, method, path string) {
		ctx, cancel := context.WithTimeout(ctx, refusedTimeout)
		defer cancel()
		if err := ledger.RecordRefused(ctx, who.Subject, string(who.Role), method+" "+path); err != nil {
			tellLog.Errorf("write down that %q was refused: %v", who.Subject, err)
		}
	}
}
