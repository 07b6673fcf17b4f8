package ledger

import (
	"context"
	"errors"
	"fmt"

	"seckill/internal/seckill"
	"seckill/model"
)

// Preview is what a replay of a dead letter would do now.
type Preview struct {
	Refusal  seckill.Code      // why it would be refused, "" = it would not
	Fields   []byte            // with the correction, a JSON object
	Decision *seckill.Decision // of the log that it would become; nil when refused, or sent again
}

// PreviewLetter says what a replay would do now, and writes nothing. What is not open is
// refused as by a replay. Whether the database would refuse the row it cannot know.
func (l *Ledger) PreviewLetter(ctx context.Context, letterID int64, edit seckill.Correction) (Preview, error) {
	row, err := l.letter(ctx, letterID)
	if err != nil {
		return Preview{}, err
	}
	c, err := newCandidate(row, edit)
	if err != nil {
		return Preview{}, err
	}
	if errors.Is(c.refusal, errNotOpen) {
		return Preview{}, l.refuse(ctx, l.pool, letterID, seckill.LetterStatus(row.Status))
	}
	var p Preview
	if p.Fields, err = c.fieldsJSON(); err != nil {
		return p, err
	}
	if c.refusal == nil {
		p.Decision, c.refusal, err = l.foresee(ctx, c)
	}
	if c.refusal != nil {
		p.Refusal = seckill.ErrorCode(c.refusal)
	}
	if err != nil {
		return p, fmt.Errorf("preview dead letter %d: %w", letterID, err)
	}
	return p, nil
}

// foresee decides a candidate as a replay would, without locking anything.
func (l *Ledger) foresee(ctx context.Context, c *candidate) (decision *seckill.Decision, refusal, err error) {
	productID, a := c.row.ProductId, c.attempt
	sale, err := l.pool.LetterSale(ctx, productID, a.UserID, a.StreamID)
	if errors.Is(err, model.ErrNotFound) {
		return nil, seckill.Errorf(seckill.CodeProductNotFound, "there is no product %d", productID), nil
	}
	if err != nil {
		return nil, nil, err
	}
	if refusal := standing(productID, seckill.ProductStatus(sale.Status), sale.Deleted); refusal != nil {
		return nil, refusal, nil
	}
	stored := map[string]int64{}
	if sale.LogUser != 0 {
		stored[a.StreamID] = sale.LogUser
	}
	switch s := sortOut([]*candidate{c}, stored); {
	case len(s.resent) > 0:
		return nil, nil, nil
	case len(s.known) > 0:
		return &seckill.Decision{Status: seckill.Status(sale.LogStatus), Reason: seckill.Reason(sale.LogReason)}, nil, nil
	case !sale.Settled:
		return &seckill.Decision{Status: seckill.StatusProcessing}, nil, nil
	}
	decisions, _ := saleOf(sale.LockedProduct).Settle([]seckill.Attempt{a}, seckill.Holdings{a.UserID: sale.Slots})
	return &decisions[0], nil, nil
}
