package metrics

import (
	"context"
	"errors"
	"time"

	"seckill/internal/health"
	"seckill/internal/role"
	"seckill/internal/stream"
	"seckill/model"
)

// collectInterval keeps the gauges younger than the 10 s of contract section 7.
const collectInterval = 5 * time.Second

// Sources are what the gauges are read from.
type Sources struct {
	Redis, Postgres health.Check
	Products        func(ctx context.Context) ([]model.ProductState, error)
	DeadLetters     func(ctx context.Context) (map[int64]int64, error)
	Streams         *stream.Inspector
}

// Collector makes the role that keeps the gauges fresh.
func (m *Metrics) Collector(s Sources) *role.Role {
	known := map[int64]bool{}
	return role.Every(collectInterval, "collect metrics", func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, collectInterval)
		defer cancel()
		redisErr, postgresErr := s.Redis.Run(ctx), s.Postgres.Run(ctx)
		m.RedisUp(redisErr == nil)
		m.PostgresUp(postgresErr == nil)
		if postgresErr == nil {
			postgresErr = m.collectProducts(ctx, s, known)
		}
		if redisErr == nil {
			redisErr = m.collectStreams(ctx, s.Streams, known)
		}
		return errors.Join(redisErr, postgresErr)
	})
}

// collectProducts learns the products, so that their streams are looked at also
// while PostgreSQL is away.
func (m *Metrics) collectProducts(ctx context.Context, s Sources, known map[int64]bool) error {
	products, err := s.Products(ctx)
	if err != nil {
		return err
	}
	open, err := s.DeadLetters(ctx)
	if err != nil {
		return err
	}
	for _, p := range products {
		known[p.ProductID] = true
		m.DeadLettersOpen(p.ProductID, open[p.ProductID])
	}
	return nil
}

func (m *Metrics) collectStreams(ctx context.Context, streams *stream.Inspector, known map[int64]bool) error {
	for id := range known {
		state, err := streams.Sample(ctx, id)
		if err != nil {
			return err
		}
		var oldest time.Duration
		if state.OldestPending != nil {
			oldest = *state.OldestPending
		}
		m.StreamState(id, state.Lag, state.Pending, oldest)
	}
	return nil
}
