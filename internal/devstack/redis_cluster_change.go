package devstack

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// migrateChunk is how many keys move in one MIGRATE, which both masters stand
	// still for; migrateTimeout is how long it may be without progress.
	migrateChunk   = 16
	migrateTimeout = 5 * time.Second
	// failoverTimeout bounds the wait for a replica to take over.
	failoverTimeout = 30 * time.Second
)

// MoveSlot moves the hash slot of a key, with all keys in it, from the master that
// serves it to the next one, while clients go on using it. When it returns, all
// masters know; clients and replicas learn it from them. A call that failed can
// leave the slot halfway.
func (c *RedisCluster) MoveSlot(ctx context.Context, key string) error {
	return c.onSlot(ctx, key, moveSlot)
}

// BeginMove leaves the hash slot of a key halfway to the next master, as MoveSlot does on
// its way: whoever asks for a key that is not there yet is sent to where it will be, for
// this one command. MoveSlot ends it.
func (c *RedisCluster) BeginMove(ctx context.Context, key string) error {
	return c.onSlot(ctx, key, beginMove)
}

// onSlot calls change with the hash slot of a key, the master that serves it, and the
// others, of which the first is the next one.
func (c *RedisCluster) onSlot(ctx context.Context, key string,
	change func(ctx context.Context, slot int, source *clusterNode, others []*clusterNode) error,
) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	slot, source, others, err := c.find(ctx, key)
	if err != nil {
		return fmt.Errorf("find who serves %s: %w", key, err)
	}
	if len(others) == 0 {
		return fmt.Errorf("move slot %d of %s: no other master", slot, key)
	}
	if err := change(ctx, slot, source, others); err != nil {
		return fmt.Errorf("move slot %d of %s from %s to %s: %w", slot, key, source.addr(), others[0].addr(), err)
	}
	return nil
}

// moveSlot follows the order of the Redis docs, CLUSTER SETSLOT: the destination is
// told first, before and after, so that no redirection leads to a node that sends
// the client back.
func moveSlot(ctx context.Context, slot int, source *clusterNode, others []*clusterNode) error {
	if err := beginMove(ctx, slot, source, others); err != nil {
		return err
	}
	target := others[0]
	if err := migrate(ctx, slot, source, target); err != nil {
		return err
	}
	for _, n := range append([]*clusterNode{target, source}, others[1:]...) {
		if err := n.setSlot(ctx, slot, "NODE", target.id); err != nil {
			return err
		}
	}
	return nil
}

func beginMove(ctx context.Context, slot int, source *clusterNode, others []*clusterNode) error {
	target := others[0]
	if err := target.setSlot(ctx, slot, "IMPORTING", source.id); err != nil {
		return err
	}
	return source.setSlot(ctx, slot, "MIGRATING", target.id)
}

func (n *clusterNode) setSlot(ctx context.Context, slot int, what, id string) error {
	if err := n.client.Do(ctx, "CLUSTER", "SETSLOT", slot, what, id).Err(); err != nil {
		return fmt.Errorf("set slot %s on %s: %w", what, n.addr(), err)
	}
	return nil
}

// migrate moves keys until the source has none left. It makes no new ones
// meanwhile: whoever asks it for a key that it lacks is sent to the target.
func migrate(ctx context.Context, slot int, source, target *clusterNode) error {
	for {
		keys, err := source.client.ClusterGetKeysInSlot(ctx, slot, migrateChunk).Result()
		if err != nil {
			return fmt.Errorf("list keys: %w", err)
		}
		if len(keys) == 0 {
			return nil
		}
		args := []any{"MIGRATE", loopback, target.port, "", 0, migrateTimeout.Milliseconds(), "KEYS"}
		for _, key := range keys {
			args = append(args, key)
		}
		if err := source.client.Do(ctx, args...).Err(); err != nil {
			return fmt.Errorf("migrate %d keys: %w", len(keys), err)
		}
	}
}

// KillMaster kills (SIGKILL) the process that serves the hash slot of a key, and
// returns when a replica has taken over and all nodes that live say so, an error if
// none has within half a minute. What the master had acknowledged and not sent to
// its replica yet is lost. The process stays dead, so each slot survives this once.
func (c *RedisCluster) KillMaster(ctx context.Context, key string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	slot, victim, _, err := c.find(ctx, key)
	if err != nil {
		return fmt.Errorf("find who serves %s: %w", key, err)
	}
	if err := victim.kill(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, failoverTimeout)
	defer cancel()
	if err := await(ctx, func() error { return c.agree(ctx, slot) }); err != nil {
		return fmt.Errorf("wait for a replica of %s to take over: %w", victim.addr(), err)
	}
	return nil
}

// kill ends the process without a chance to say goodbye.
func (r *redisServer) kill(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.child == nil {
		return fmt.Errorf("kill %s: %w", r.name, errStopped)
	}
	if err := r.child.stop(ctx); err != nil {
		return fmt.Errorf("kill %s: %w", r.name, err)
	}
	r.child = nil
	return nil
}

// find returns the slot of a key, the master that serves it, and the other masters
// in their order after that one. Each node is asked about itself: what it knows of
// others may be old.
func (c *RedisCluster) find(ctx context.Context, key string) (slot int, owner *clusterNode, others []*clusterNode, err error) {
	var before []*clusterNode
	for _, n := range c.living() {
		ranges, err := n.slots(ctx)
		if err != nil {
			return 0, nil, nil, err
		}
		number, err := n.client.ClusterKeySlot(ctx, key).Result()
		if err != nil {
			return 0, nil, nil, err
		}
		slot = int(number)
		switch {
		case masterOf(ranges, slot) == n.addr():
			owner = n
		case !owns(ranges, n.addr()):
		case owner == nil:
			before = append(before, n)
		default:
			others = append(others, n)
		}
	}
	if owner == nil {
		return 0, nil, nil, errors.New("no node serves it")
	}
	return slot, owner, append(others, before...), nil
}

// agree returns nil once all living nodes name the same living master of a slot, and
// say that the cluster works.
func (c *RedisCluster) agree(ctx context.Context, slot int) error {
	masters, living := map[string]bool{}, map[string]bool{}
	for _, n := range c.living() {
		if err := n.says(ctx, "cluster_state:ok"); err != nil {
			return err
		}
		ranges, err := n.slots(ctx)
		if err != nil {
			return err
		}
		living[n.addr()] = true
		masters[masterOf(ranges, slot)] = true
	}
	for master := range masters {
		if len(masters) > 1 || !living[master] {
			return fmt.Errorf("slot %d is said to be served by %v, and %v live", slot, masters, living)
		}
	}
	return nil
}

// living are the nodes whose processes have not been killed or stopped.
func (c *RedisCluster) living() []*clusterNode {
	var nodes []*clusterNode
	for _, n := range c.nodes {
		if n.runs() {
			nodes = append(nodes, n)
		}
	}
	return nodes
}

func (r *redisServer) runs() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.child != nil
}

// slots is the node's own picture of who serves what, the one that go-redis goes by.
func (n *clusterNode) slots(ctx context.Context) ([]redis.ClusterSlot, error) {
	return n.client.ClusterSlots(ctx).Result() //nolint:staticcheck // CLUSTER SHARDS says more than go-redis sees
}

// masterOf is the address of the master of a slot, "" if nobody serves it. The
// master stands first among the nodes of a range.
func masterOf(ranges []redis.ClusterSlot, slot int) string {
	for _, r := range ranges {
		if r.Start <= slot && slot <= r.End && len(r.Nodes) > 0 {
			return r.Nodes[0].Addr
		}
	}
	return ""
}

func owns(ranges []redis.ClusterSlot, addr string) bool {
	for _, r := range ranges {
		if len(r.Nodes) > 0 && r.Nodes[0].Addr == addr {
			return true
		}
	}
	return false
}
