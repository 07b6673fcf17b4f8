package svc

import (
	"context"
	"time"

	"seckill/internal/seckill"

	"github.com/zeromicro/go-zero/core/logx"
)

// tellTimeout bounds how long a request waits for the gate to know what it has changed.
const tellTimeout = 2 * time.Second

// TellGate has the gate of a product know at once what has been committed. While Redis is
// away it does not; it learns by itself then, when Redis is back, before it admits.
func (s *ServiceContext) TellGate(ctx context.Context, productID int64) {
	if err := s.bring(ctx, productID); err != nil {
		logx.WithContext(ctx).Errorf("tell the gate of product %d: %v", productID, err)
	}
}

// MakeGateKnow is TellGate for what must hold when the request is answered: it fails when
// the gate could not be told. What was committed stays, so the request can be repeated.
func (s *ServiceContext) MakeGateKnow(ctx context.Context, productID int64) error {
	if err := s.bring(ctx, productID); err != nil {
		return seckill.Wrap(err, seckill.CodeUnavailable,
			"product %d is changed, but its gate in Redis could not be told yet; repeat the request", productID)
	}
	return nil
}

func (s *ServiceContext) bring(ctx context.Context, productID int64) error {
	ctx, cancel := context.WithTimeout(ctx, tellTimeout)
	defer cancel()
	return s.Keeper.Bring(ctx, productID)
}
