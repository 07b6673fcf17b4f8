package notify

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"

	"seckill/internal/stream"
)

// channelName is the channel of the whole deployment. The hash tag gives it a slot
// of its own on Redis Cluster, whatever is sold.
const channelName = "{seckill}:results"

// channel is the Redis channel of results. On Redis Cluster it is a sharded one: an
// ordinary message would go through every node of the cluster (Redis documentation,
// "Sharded Pub/Sub").
type channel struct {
	client  redis.UniversalClient
	cluster *redis.ClusterClient // nil without Redis Cluster
}

func newChannel(client redis.UniversalClient) channel {
	cluster, _ := client.(*redis.ClusterClient)
	return channel{client: client, cluster: cluster}
}

// mostListeners is more than hear a message on any server.
const mostListeners = 1 << 32

// publish sends messages in one round trip.
func (c channel) publish(ctx context.Context, messages [][]byte) error {
	sent, err := c.client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for _, message := range messages {
			if c.cluster != nil {
				pipe.SPublish(ctx, channelName, message)
			} else {
				pipe.Publish(ctx, channelName, message)
			}
		}
		return nil
	})
	for _, cmd := range sent {
		if heard, ok := cmd.(*redis.IntCmd); ok && err == nil {
			err = stream.Within(0, mostListeners, heard.Val())
		}
	}
	if err != nil {
		return fmt.Errorf("publish to %s: %w", channelName, err)
	}
	return nil
}

// subscribe asks for the channel; what is received first is the answer.
func (c channel) subscribe(ctx context.Context) *redis.PubSub {
	if c.cluster != nil {
		return c.cluster.SSubscribe(ctx, channelName)
	}
	return c.client.Subscribe(ctx, channelName)
}

// relocate makes the client ask the cluster anew where the slots are. A subscription
// alone would not: go-redis 9.23 looks for the node of a channel in what it knows
// (ClusterClient.pubSub), and only commands that are told MOVED renew that.
func (c channel) relocate(ctx context.Context) {
	if c.cluster != nil {
		c.cluster.ReloadState(ctx)
	}
}
