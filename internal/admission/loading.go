package admission

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/internal/seckill"
)

// loadingLife is how long a replica that died while it opened a gate keeps the others
// from it.
const loadingLife = 5 * time.Second

// LockLoading reports whether the caller may open a product's gate now. It only saves
// work: that two who open it at once do no harm is not its merit.
func (g *Gate) LockLoading(ctx context.Context, productID int64) (bool, error) {
	mine, err := g.client.SetNX(ctx, loadingKey(productID), g.name, loadingLife).Result()
	if err != nil {
		return false, fmt.Errorf("lock the loading of product %d: %w", productID, err)
	}
	if mine {
		return true, nil
	}
	// It may be ours all the same: a call whose reply was lost is repeated.
	owner, err := g.client.Get(ctx, loadingKey(productID)).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return false, fmt.Errorf("lock the loading of product %d: %w", productID, err)
	}
	return owner == g.name, nil
}

// UnlockLoading lets others open the gate. A lock that cannot be given back ends by
// itself.
func (g *Gate) UnlockLoading(ctx context.Context, productID int64) {
	ctx, cancel := context.WithTimeout(ctx, loadingLife)
	defer cancel()
	_ = g.client.Del(ctx, loadingKey(productID)).Err()
}

func loadingKey(productID int64) string { return seckill.CompanionKey(productID, "loading") }
