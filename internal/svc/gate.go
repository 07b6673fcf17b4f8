package svc

import (
	"context"
	"errors"
	"time"

	"seckill/internal/seckill"
	"seckill/model"

	"github.com/zeromicro/go-zero/core/logx"
)

const (
	// tellTimeout bounds how long a request waits for the gate to know what it has changed.
	tellTimeout = 2 * time.Second
	// returnTimeout is that for the return of a unit, which customers wait for.
	returnTimeout = time.Second
)

// tellLog is for what every request meets while Redis is away; it writes once a second.
var tellLog = logx.NewLessLogger(1000)

// TellGateOfReturn has the gate of a product know that somebody has given a unit back, so
// that he may try again as soon as he is answered. What was committed stays committed:
// while Redis is away he is answered all the same, and the gate learns by itself.
func (s *ServiceContext) TellGateOfReturn(ctx context.Context, productID int64) {
	ctx, cancel := context.WithTimeout(ctx, returnTimeout)
	defer cancel()
	if err := s.Keeper.Told(ctx, productID); err != nil && !errors.Is(err, model.ErrNotFound) {
		tellLog.Errorf("tell the gate of product %d: %v", productID, err)
	}
}

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
	return s.Keeper.Told(ctx, productID)
}
