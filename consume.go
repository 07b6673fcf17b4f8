package main

import (
	"seckill/internal/admission"
	"seckill/internal/books"
	"seckill/internal/config"
	"seckill/internal/consumer"
	"seckill/internal/health"
	"seckill/internal/ledger"
	"seckill/internal/metrics"
	"seckill/internal/seckill"
	"seckill/internal/stream"
	"seckill/model"
)

// newSupervisor makes what has the products consumed.
func newSupervisor(c config.Config, pool *model.Pool, inspector *stream.Inspector, m *metrics.Metrics,
	reader func(productID int64) *stream.Reader, loop func(productID int64) *consumer.Loop) *consumer.Supervisor {
	supervisor := consumer.NewSupervisor(prepare(c, pool), pool.ProductStates, loop)
	supervisor.Share(consumer.Sharing{Quiet: inspector, Reader: reader, ClaimIdle: c.Consumer.ClaimIdle, Up: m.ConsumerUp})
	supervisor.FollowChanges(pool.RecentProductStates)
	return supervisor
}

// divideProducts has the supervisor share the products with other replicas; run is this one.
func divideProducts(c config.Config, supervisor *consumer.Supervisor, pool *model.Pool, run string, redis health.Check, shutdown *health.Shutdown) {
	supervisor.Own(consumer.Ownership{
		Run: run, Beat: pool.SayConsuming, Able: redis.Run, Leaving: shutdown.Begun, ClaimIdle: c.Consumer.ClaimIdle,
	})
}

// newReader returns what makes the reader of a product's stream.
func newReader(c config.Config, clients *stream.Clients) func(productID int64) *stream.Reader {
	return func(productID int64) *stream.Reader {
		return stream.NewReader(clients.Commands, clients.Blocking, seckill.StreamKey(productID), c.Consumer.Group,
			seckill.ConsumerName(productID, c.Consumer.Instance))
	}
}

// newLoop returns what makes the consumer of a product.
func newLoop(c config.Config, book *ledger.Ledger, gate *admission.Gate, keeper *books.Keeper, m *metrics.Metrics,
	reader func(productID int64) *stream.Reader) func(productID int64) *consumer.Loop {
	ahead := consumer.NewAhead()
	return func(productID int64) *consumer.Loop {
		loop := consumer.NewLoop(productID, consumer.Config{
			Count: c.Consumer.Count, MaxBatch: c.Consumer.MaxBatch, Block: c.Consumer.Block,
			ClaimIdle: c.Consumer.ClaimIdle, MaxDeliveries: c.Consumer.MaxDeliveries, Ahead: ahead,
		}, reader(productID), book, m)
		loop.Tell(gate)
		loop.Ask(keeper)
		return loop
	}
}
