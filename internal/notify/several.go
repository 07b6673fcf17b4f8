package notify

import (
	"context"

	"seckill/model"
)

// Found is the result of one of several users. Result must not be modified; Err is as that
// of [Hub.Result].
type Found struct {
	Result *model.UserResult
	Err    error
}

// Results returns the results of users for a product, in order, each as Result would. Those
// that have to be looked up are, together.
func (h *Hub) Results(ctx context.Context, productID int64, users []int64) []Found {
	found, lookups := make([]Found, len(users)), make([]*lookup, len(users))
	var fresh []int64
	now := h.clock()
	hears := h.hears(now)
	for i, user := range users {
		k := key{productID, user}
		var wanted bool
		if found[i].Result, lookups[i], wanted = h.shard(k).ask(k, hears, now); wanted {
			fresh = append(fresh, user)
		}
	}
	h.finder.want(productID, fresh...)
	for i, l := range lookups {
		if l != nil {
			found[i].Result, found[i].Err = l.wait(ctx, key{productID, users[i]})
		}
	}
	return found
}
