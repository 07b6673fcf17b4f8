package stream

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/internal/seckill"
)

// reasons are what a server that answers, but does not serve, says, in the words of who
// has to mend it; by its code.
var reasons = map[string]string{
	"OOM":               "Redis has reached its maxmemory and takes no writes; give it more",
	"READONLY":          "Redis is a replica and takes no writes",
	"REDIRECT":          "Redis is a replica and takes no writes",
	"NOREPLICAS":        "Redis takes no writes: fewer replicas are in touch than its min-replicas-to-write",
	"MISCONF":           "Redis takes no writes: it cannot save to its disk",
	"CLUSTERDOWN":       "the Redis cluster is down, or a part of its slots is served by nobody",
	"MASTERDOWN":        "Redis is a replica that has lost its master",
	"NOMASTERLINK":      "Redis is a replica that has lost its master",
	"LOADING":           "Redis is loading its data",
	"BUSY":              "Redis is busy with a script that does not end",
	"TRYAGAIN":          "Redis is moving slots",
	"max number of cli": "Redis has as many clients as its maxclients allows",
}

// Reason says in words that may be shown why a server that answered with err does not
// serve, "" when err does not tell.
func Reason(err error) string { return reasons[awayCode(err)] }

// writeLife is how long the key of the check is kept: nobody reads it.
const writeLife = time.Minute

// WriteCheck finds out whether the servers take writes, by a small write to each: an
// answer to PING says nothing of that.
type WriteCheck struct {
	client   redis.UniversalClient
	products func() []int64
}

// NewWriteCheck makes a check of the servers on which the given products are.
func NewWriteCheck(client redis.UniversalClient, products func() []int64) *WriteCheck {
	return &WriteCheck{client: client, products: products}
}

// Run writes one key on each server that serves a product: one on a single server, one a
// master on a cluster. What it returns is a *seckill.Error when a server has answered
// that it takes no writes.
func (w *WriteCheck) Run(ctx context.Context) error {
	pipe := w.client.Pipeline()
	for _, key := range w.keys(ctx) {
		pipe.Set(ctx, key, "", writeLife)
	}
	commands, err := pipe.Exec(ctx)
	for _, c := range commands { // of several servers the one that says most
		if reason := Reason(c.Err()); reason != "" {
			return seckill.Wrap(c.Err(), seckill.CodeUnavailable, "%s", reason)
		}
	}
	if reason := Reason(err); reason != "" {
		return seckill.Wrap(err, seckill.CodeUnavailable, "%s", reason)
	}
	for _, c := range commands {
		if status, ok := c.(*redis.StatusCmd); ok && err == nil {
			err = isOK(status.Result())
		}
	}
	return wrap(err, "write to redis")
}

// writeKey is the key of the check on a single server, and where no product is known.
const writeKey = "{seckill}:write"

// keys returns a key for each server. The client's picture of the cluster does: a server
// that does not serve a slot any more sends it on to the one that does.
func (w *WriteCheck) keys(ctx context.Context) []string {
	cluster, ok := w.client.(*redis.ClusterClient)
	if !ok {
		return []string{writeKey}
	}
	keys, seen := []string{}, map[string]bool{}
	for _, id := range w.products() {
		master, err := cluster.MasterForKey(ctx, seckill.StreamKey(id))
		name := "" // of nobody: one product stands for all slots without a master
		if err == nil {
			name = master.Options().Addr
		}
		if !seen[name] {
			seen[name] = true
			keys = append(keys, seckill.CompanionKey(id, "write"))
		}
	}
	if len(keys) == 0 {
		keys = append(keys, writeKey)
	}
	return keys
}
