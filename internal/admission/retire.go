package admission

import (
	"context"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"seckill/internal/stream"
)

// Retire removes the keys of a product that has ended, its stream too, unless something of
// it is on its way: then it returns who is not done, a group of the stream or the gate.
// Answers to request IDs go by themselves.
func (g *Gate) Retire(ctx context.Context, productID int64) (holder string, err error) {
	k := keysOf(productID)
	holder, err = retireScript.Run(ctx, g.client, []string{
		k.gate, k.holders, k.inflight, k.waiting, k.stream, k.stored, k.reread, k.resent,
	}).Text()
	holder, held := strings.CutPrefix(holder, "held by ")
	if err == nil && !held && holder != "removed" {
		err = fmt.Errorf("answer %.40q: %w", holder, stream.ErrReply)
	}
	if err != nil {
		return "", fmt.Errorf("remove the keys of product %d: %w", productID, err)
	}
	if !held {
		return "", nil
	}
	return holder, nil
}

// mostFields is how many fields a hash of Redis holds at the most.
const mostFields = 1<<32 - 1

// Flying returns how many entries of each product are in flight, in one round trip a
// server, and an error for those that are not known.
func (g *Gate) Flying(ctx context.Context, productIDs []int64) ([]int64, []error) {
	pipe := g.client.Pipeline()
	replies := make([]*redis.IntCmd, len(productIDs))
	for i, id := range productIDs {
		replies[i] = pipe.HLen(ctx, inflightKey(id))
	}
	_, err := pipe.Exec(ctx)
	counts, problems := make([]int64, len(productIDs)), make([]error, len(productIDs))
	for i, reply := range replies {
		counts[i], problems[i] = reply.Result()
		if problems[i] == nil && counts[i] == 0 {
			problems[i] = err // it may not have been answered at all
		}
		if problems[i] == nil {
			problems[i] = stream.Within(0, mostFields, counts[i])
		}
	}
	return counts, problems
}
