package admission

import (
	"context"
	"fmt"
	"time"

	"seckill/internal/seckill"
	"seckill/internal/stream"
)

// loadingLife is how long a replica that died while it opened a gate keeps the others
// from it.
const loadingLife = 5 * time.Second

// LockLoading reports whether the caller may open a product's gate now. It only saves
// work: that two who open it at once do no harm is not its merit.
func (g *Gate) LockLoading(ctx context.Context, productID int64) (bool, error) {
	mine, err := lockScript.Run(ctx, g.client, []string{loadingKey(productID)}, g.name, int(loadingLife/time.Second)).Int64()
	if err == nil {
		err = stream.Within(0, 1, mine)
	}
	if err != nil {
		return false, fmt.Errorf("lock the loading of product %d: %w", productID, err)
	}
	return mine == 1, nil
}

// UnlockLoading lets others open the gate. A lock that cannot be given back ends by
// itself.
func (g *Gate) UnlockLoading(ctx context.Context, productID int64) {
	ctx, cancel := context.WithTimeout(ctx, loadingLife)
	defer cancel()
	_ = g.client.Del(ctx, loadingKey(productID)).Err()
}

func loadingKey(productID int64) string { return seckill.CompanionKey(productID, "loading") }
