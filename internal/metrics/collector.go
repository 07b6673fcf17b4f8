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
	Products        func() []model.ProductState
	DeadLetters     func(ctx context.Context) (map[int64]int64, error)
	Streams         *stream.Inspector
}

// Collector makes the role that keeps the gauges fresh.
func (m *Metrics) Collector(s Sources) *role.Role {
	return role.Every(collectInterval, "collect metrics", func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, collectInterval)
		defer cancel()
		redisErr, postgresErr := s.Redis.Run(ctx), s.Postgres.Run(ctx)
		m.RedisUp(redisErr == nil)
		m.PostgresUp(postgresErr == nil)
		products := s.Products()
		if postgresErr == nil && len(products) > 0 {
			postgresErr = m.collectDeadLetters(ctx, s, products)
		}
		if redisErr == nil {
			redisErr = m.collectStreams(ctx, s.Streams, products)
		}
		return errors.Join(redisErr, postgresErr)
	})
}

func (m *Metrics) collectDeadLetters(ctx context.Context, s Sources, products []model.ProductState) error {
	open, err := s.DeadLetters(ctx)
	if err != nil {
		return err
	}
	for _, p := range products {
		m.DeadLettersOpen(p.ProductID, open[p.ProductID])
	}
	return nil
}

func (m *Metrics) collectStreams(ctx context.Context, streams *stream.Inspector, products []model.ProductState) error {
	for _, p := range products {
		state, err := streams.Sample(ctx, p.ProductID)
		if err != nil {
			return err
		}
		var oldest time.Duration
		if state.OldestPending != nil {
			oldest = *state.OldestPending
		}
		m.StreamState(p.ProductID, state.Lag, state.Pending, oldest)
	}
	return nil
}
