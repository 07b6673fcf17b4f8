package peers

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill-redisstream/pkg/redisstream"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/redis/go-redis/v9"

	"seckill/internal/seckill"
)

// plain reads entries as a BFF writes them, and keeps the entry's ID, which watermill does
// not tell a handler: so nothing here can make storing exact.
type plain struct{ count int }

func (*plain) Marshal(string, *message.Message) (map[string]any, error) {
	return nil, errors.New("nothing is published")
}

func (p *plain) Unmarshal(values map[string]any) (*message.Message, error) {
	p.count++
	user, err := userOf(values)
	if err != nil {
		return nil, err
	}
	return message.NewMessage(strconv.Itoa(p.count), strconv.AppendInt(nil, user, 10)), nil
}

// watermill drains with watermill's subscriber: a handler a message, which inserts one row
// and acknowledges it.
func (d *bed) watermill(n int) error {
	client := redis.NewClient(&redis.Options{Addr: d.redis.Addr()})
	subscriber, err := redisstream.NewSubscriber(redisstream.SubscriberConfig{
		Client: client, Unmarshaller: &plain{}, ConsumerGroup: group, Consumer: "peer", BlockTime: 100 * time.Millisecond,
	}, watermill.NopLogger{})
	if err != nil {
		return err
	}
	defer func() { _ = subscriber.Close() }()
	ctx, cancel := context.WithTimeout(d.b.Context(), drainTime)
	defer cancel()
	messages, err := subscriber.Subscribe(ctx, seckill.StreamKey(product))
	if err != nil {
		return err
	}
	for range n {
		m, open := <-messages
		if !open {
			return errors.New("watermill's subscription has ended")
		}
		user, err := strconv.ParseInt(string(m.Payload), 10, 64)
		if err != nil {
			return err
		}
		if _, err := d.pool.Exec(ctx, "INSERT INTO peer_logs (product_id, user_id, stream_id, status) VALUES ($1, $2, $3, 'PROCESSING') ON CONFLICT DO NOTHING",
			product, user, m.UUID); err != nil {
			return err
		}
		m.Ack()
	}
	// The last acknowledgement is on its way.
	for ctx.Err() == nil {
		pending, err := d.client.XPending(ctx, seckill.StreamKey(product), group).Result()
		if err != nil || pending.Count == 0 {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
	return ctx.Err()
}
