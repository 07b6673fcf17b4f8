package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"seckill/internal/seckill"
	"seckill/model"
)

const (
	// bulkPage is how many letters are acted on in one transaction: few enough that a sale
	// does not notice that its product is held.
	bulkPage = 100
	// bulkTime is after what time a call in bulk begins nothing more.
	bulkTime = 10 * time.Second
)

// BulkOutcome says what a call in bulk has done.
type BulkOutcome struct {
	Matched   int64 // letters that were open and meant
	Done      int64 // of them, replayed or discarded
	StillBad  int64 // of them, looked at and not replayed
	Remaining int64 // open, and not looked at
	Next      int64 // the last that was looked at, where the next call may go on
}

// ReplayLetters replays the open letters that are meant, oldest first, until limit have
// been, or none is left. Those that are still bad stay open and hold up nobody. What others
// have done meanwhile is passed over.
func (l *Ledger) ReplayLetters(ctx context.Context, open model.OpenLetters, limit int64, d Desk) (BulkOutcome, error) {
	return l.inBulk(ctx, open, limit, func(open model.OpenLetters, limit int) (page, error) {
		rows, err := l.pool.Letters(ctx, open, bulkPage)
		if err != nil {
			return page{}, err
		}
		return l.replayPage(ctx, rows, limit, d)
	})
}

// DiscardLetters discards the open letters that are meant, oldest first, at most limit.
func (l *Ledger) DiscardLetters(ctx context.Context, open model.OpenLetters, limit int64, d Desk) (BulkOutcome, error) {
	return l.inBulk(ctx, open, limit, func(open model.OpenLetters, limit int) (page, error) {
		var rows []model.LetterRow
		err := l.pool.InTx(ctx, func(tx pgx.Tx) (err error) {
			if rows, err = model.LockOpenLetters(ctx, tx, open, min(limit, bulkPage)); err != nil || len(rows) == 0 {
				return err
			}
			acted, err := actsOn(rows, d.Note)
			if err != nil {
				return err
			}
			return model.WriteActs(ctx, tx, d.Actor, seckill.ActDiscard, seckill.LetterDiscarded, acted)
		})
		if err != nil || len(rows) == 0 {
			return page{}, err
		}
		return page{done: len(rows), last: rows[len(rows)-1].Id}, nil
	})
}

// page is what became of some letters; last is the ID of the last one, 0 = there was none.
type page struct {
	done, bad int
	last      int64
}

// inBulk has letters acted on a page at a time, at most limit of them; act gets what is meant
// from the page on, and how many are left of the limit.
func (l *Ledger) inBulk(ctx context.Context, open model.OpenLetters, limit int64, act func(model.OpenLetters, int) (page, error)) (BulkOutcome, error) {
	o := BulkOutcome{Next: open.After}
	var err error
	if o.Matched, err = l.pool.CountLetters(ctx, open); err != nil {
		return o, err
	}
	for began := time.Now(); o.Done < limit && time.Since(began) < bulkTime; {
		p, err := act(open, int(limit-o.Done))
		if err != nil {
			return o, fmt.Errorf("act on dead letters above %d: %w", open.After, err)
		}
		if p.last == 0 {
			break
		}
		o.Done, o.StillBad = o.Done+int64(p.done), o.StillBad+int64(p.bad)
		o.Next, open.After = p.last, p.last
	}
	o.Remaining, err = l.pool.CountLetters(ctx, open)
	return o, err
}

// replayPage replays at most limit of some letters, oldest first, those of each product
// together.
func (l *Ledger) replayPage(ctx context.Context, rows []model.LetterRow, limit int, d Desk) (page, error) {
	var p page
	var all []*candidate
	byProduct := map[int64][]*candidate{}
	for _, row := range rows {
		if limit == 0 {
			break
		}
		c, err := newCandidate(row, d.Edit)
		if err != nil {
			return p, err
		}
		all, p.last = append(all, c), row.Id
		if c.refusal == nil {
			byProduct[row.ProductId] = append(byProduct[row.ProductId], c)
			limit--
		}
	}
	for productID, candidates := range byProduct {
		if err := l.replay(ctx, productID, candidates, d); err != nil {
			return p, err
		}
	}
	for _, c := range all {
		switch c.refusal {
		case nil:
			p.done++
		case errNotOpen: //nolint:errorlint // it is never wrapped
		default:
			p.bad++
		}
	}
	return p, nil
}
