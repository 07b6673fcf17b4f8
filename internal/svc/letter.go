package svc

import (
	"context"
	"errors"
	"fmt"

	"seckill/internal/seckill"
	"seckill/model"
)

// Letter is a dead letter with what was done to it, oldest first, and what it became.
type Letter struct {
	Row  *model.SeckillDeadLetters
	Acts []*model.SeckillAudit

	// Of a replayed one: the ID of its entry, "" while that has still to go to the stream
	// again, the log, nil while none is stored, and the order that the log has won.
	StreamID string
	Log      *model.SeckillLogs
	Order    *model.SeckillOrders
}

// Letter reads a dead letter; 404 DEAD_LETTER_NOT_FOUND when there is none.
func (s *ServiceContext) Letter(ctx context.Context, letterID int64) (l Letter, err error) {
	l.Row, err = s.Letters.FindOne(ctx, letterID)
	if errors.Is(err, model.ErrNotFound) {
		return l, seckill.Errorf(seckill.CodeDeadLetterNotFound, "there is no dead letter %d", letterID)
	}
	if err != nil {
		return l, fmt.Errorf("find dead letter %d: %w", letterID, err)
	}
	if l.Acts, err = s.Audit.LetterActs(ctx, letterID); err != nil {
		return l, err
	}
	if l.Row.Status != string(seckill.LetterReplayed) {
		return l, nil
	}
	return l, s.addOutcome(ctx, &l)
}

// addOutcome adds what a replayed letter became.
func (s *ServiceContext) addOutcome(ctx context.Context, l *Letter) error {
	l.StreamID = l.Row.StreamId
	switch resent, err := s.Letters.ResentAs(ctx, l.Row.Id); {
	case err == nil:
		l.StreamID = resent
	case !errors.Is(err, model.ErrNotFound):
		return err
	}
	var err error
	if l.Log, err = s.Logs.FindOneByProductIdStreamId(ctx, l.Row.ProductId, l.StreamID); errors.Is(err, model.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find log of dead letter %d: %w", l.Row.Id, err)
	}
	if l.Order, err = s.Orders.FindOneByProductIdStreamId(ctx, l.Row.ProductId, l.StreamID); err != nil && !errors.Is(err, model.ErrNotFound) {
		return fmt.Errorf("find order of dead letter %d: %w", l.Row.Id, err)
	}
	return nil
}
