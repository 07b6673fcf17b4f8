package devstack

import (
	"context"
	"fmt"
	"strings"
)

// hashSlots is how many there are (Redis Cluster specification).
const hashSlots = 16384

// form makes a cluster of the nodes: they meet, the first three share the slots,
// and the others become their replicas.
func (c *RedisCluster) form(ctx context.Context) error {
	if err := c.introduce(ctx); err != nil {
		return err
	}
	if err := c.shareSlots(ctx); err != nil {
		return err
	}
	if err := c.replicate(ctx); err != nil {
		return err
	}
	for _, n := range c.nodes {
		if err := await(ctx, func() error { return n.complete(ctx) }); err != nil {
			return fmt.Errorf("wait for node %s: %w", n.addr(), err)
		}
	}
	return nil
}

// introduce gives each node an epoch of its own, without which they would have to
// settle later who gives way, and makes each pair meet, which is quicker than gossip.
func (c *RedisCluster) introduce(ctx context.Context) error {
	for i, n := range c.nodes {
		var err error
		if n.id, err = n.client.ClusterMyID(ctx).Result(); err != nil {
			return fmt.Errorf("ask node %s for its ID: %w", n.addr(), err)
		}
		if err := n.client.Do(ctx, "CLUSTER", "SET-CONFIG-EPOCH", i+1).Err(); err != nil {
			return fmt.Errorf("set epoch of node %s: %w", n.addr(), err)
		}
	}
	for i, n := range c.nodes {
		for _, other := range c.nodes[:i] {
			err := n.client.Do(ctx, "CLUSTER", "MEET", loopback, other.port, other.bus).Err()
			if err != nil {
				return fmt.Errorf("introduce node %s to %s: %w", n.addr(), other.addr(), err)
			}
		}
	}
	return nil
}

func (c *RedisCluster) shareSlots(ctx context.Context) error {
	for i, n := range c.nodes[:clusterMasters] {
		first, next := i*hashSlots/clusterMasters, (i+1)*hashSlots/clusterMasters
		if err := n.client.ClusterAddSlotsRange(ctx, first, next-1).Err(); err != nil {
			return fmt.Errorf("give slots to node %s: %w", n.addr(), err)
		}
	}
	return nil
}

// replicate is repeated until the replica has heard of its master.
func (c *RedisCluster) replicate(ctx context.Context) error {
	for i, replica := range c.nodes[clusterMasters:] {
		master := c.nodes[i]
		err := await(ctx, func() error { return replica.client.ClusterReplicate(ctx, master.id).Err() })
		if err != nil {
			return fmt.Errorf("make node %s a replica of %s: %w", replica.addr(), master.addr(), err)
		}
	}
	return nil
}

// complete returns nil once the node sees the whole cluster: in order, every slot
// served, each by a master with a replica; and its own replication is up.
func (n *clusterNode) complete(ctx context.Context) error {
	if err := n.says(ctx, "cluster_state:ok", fmt.Sprintf("cluster_slots_ok:%d", hashSlots)); err != nil {
		return err
	}
	ranges, err := n.slots(ctx)
	if err != nil {
		return err
	}
	for _, r := range ranges {
		if len(r.Nodes) != 2 {
			return fmt.Errorf("slots %d to %d have %d nodes, not a master and a replica", r.Start, r.End, len(r.Nodes))
		}
	}
	info, err := n.client.Info(ctx, "replication").Result()
	if err != nil {
		return err
	}
	if !strings.Contains(info, "connected_slaves:1\r\n") && !strings.Contains(info, "master_link_status:up\r\n") {
		return fmt.Errorf("replication is not up:\n%s", info)
	}
	return nil
}

// says returns nil if the lines are in the node's CLUSTER INFO.
func (n *clusterNode) says(ctx context.Context, lines ...string) error {
	info, err := n.client.ClusterInfo(ctx).Result()
	if err != nil {
		return err
	}
	for _, line := range lines {
		if !strings.Contains(info, line+"\r\n") {
			return fmt.Errorf("not yet %s:\n%s", line, info)
		}
	}
	return nil
}

// await asks until ask has no objection; the last one goes into the error when ctx
// has ended.
func await(ctx context.Context, ask func() error) error {
	var objection error
	err := poll(ctx, func() (bool, error) {
		objection = ask()
		return objection == nil, nil
	})
	if err != nil {
		return fmt.Errorf("%w (last: %w)", err, objection)
	}
	return nil
}
