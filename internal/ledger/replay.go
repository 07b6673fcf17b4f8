package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"seckill/internal/seckill"
	"seckill/model"
)

// ReplayLetter stores a dead letter, corrected, under its own stream ID by the same rules as
// a fresh entry. One whose ID another user's entry has goes to the stream again instead. The
// refusal is a *seckill.Error: what is still bad by its reason, what is done already by who
// has done it; then nothing has changed.
func (l *Ledger) ReplayLetter(ctx context.Context, letterID int64, d Desk) error {
	row, err := l.letter(ctx, letterID)
	if err != nil {
		return err
	}
	c, err := newCandidate(row, d.Edit)
	if err != nil {
		return err
	}
	if err := l.replay(ctx, row.ProductId, []*candidate{c}, d); err != nil {
		return err
	}
	if !errors.Is(c.refusal, errNotOpen) {
		return c.refusal
	}
	if row, err = l.letter(ctx, letterID); err != nil {
		return err
	}
	return l.refuse(ctx, l.pool, letterID, seckill.LetterStatus(row.Status))
}

// replay replays letters of one product in one transaction, and says of each that was not
// why. What the database refuses is halved until it is known whom it refuses.
func (l *Ledger) replay(ctx context.Context, productID int64, candidates []*candidate, d Desk) error {
	able := willing(candidates)
	if len(able) == 0 {
		return nil
	}
	err := l.replayTogether(ctx, productID, able, d)
	switch refusal := (*seckill.Error)(nil); {
	case errors.As(err, &refusal):
		refuseAll(able, refusal)
		return nil
	case !model.IsRejection(err):
		return err
	case len(able) == 1:
		able[0].refusal = seckill.Wrap(err, seckill.CodeRejectedByDatabase, "%s", seckill.DeadRejectedByDatabase.StillBad().Message)
		return nil
	}
	half := len(able) / 2
	if err := l.replay(ctx, productID, able[:half], d); err != nil {
		return err
	}
	return l.replay(ctx, productID, able[half:], d)
}

// mostChanges is how often a product is asked for anew that changes its kind, or of which
// entries are stored, meanwhile.
const mostChanges = 3

// errMeanwhile tells that a redelivered entry was stored between the look and the writing.
var errMeanwhile = errors.New("an entry was stored meanwhile")

// replayTogether replays candidates, all or none.
func (l *Ledger) replayTogether(ctx context.Context, productID int64, able []*candidate, d Desk) error {
	for try := 1; ; try++ {
		err := l.pool.Repeat(ctx, func() error { return l.settleLetters(ctx, productID, able, d) })
		if errors.Is(err, model.ErrNotFound) {
			err = l.recordLetters(ctx, productID, able, d)
		}
		if model.IsNotRecordOnly(err) && try == 1 {
			if _, _, gone := model.Standing(ctx, l.pool, productID); errors.Is(gone, model.ErrNotFound) {
				return seckill.Errorf(seckill.CodeProductNotFound, "there is no product %d", productID)
			}
		}
		if try < mostChanges && (model.IsNotRecordOnly(err) || errors.Is(err, errMeanwhile)) {
			continue
		}
		if err != nil {
			return fmt.Errorf("replay %d letters of product %d: %w", len(able), productID, err)
		}
		return nil
	}
}

// standing returns why nothing of a product is stored now: it waits for an operator, or it is
// not there any more.
func standing(productID int64, status seckill.ProductStatus, deleted bool) error {
	switch {
	case deleted:
		return seckill.Errorf(seckill.CodeProductNotFound, "product %d is deleted", productID)
	case status == seckill.ProductPaused:
		return seckill.Errorf(seckill.CodePaused, "product %d is paused: nothing of it is stored until it is resumed", productID)
	default:
		return nil
	}
}

// open locks candidates, and returns those that are open still. It fails with the refusal of
// all when they wait for the product, or there is none.
func open(ctx context.Context, letters model.ProductLetters, productID int64, able []*candidate) ([]*candidate, error) {
	status, deleted, err := letters.Standing(ctx)
	if err == nil {
		err = standing(productID, status, deleted)
	}
	if err != nil {
		return nil, err
	}
	statuses, err := letters.Lock(ctx, letterIDs(able))
	if err != nil {
		return nil, err
	}
	var still []*candidate
	for _, c := range able {
		if _, allowed := statuses[c.row.Id].After(seckill.ActReplay); !allowed {
			c.refusal = errNotOpen
			continue
		}
		c.refusal = nil // of a try before
		still = append(still, c)
	}
	return still, nil
}

// write writes what becomes of letters, but for their logs; decisions are those of the fresh
// ones.
func (s sorted) write(ctx context.Context, letters model.ProductLetters, d Desk, decisions []seckill.Decision) error {
	acted, err := s.acts(d.Note, decisions)
	if err != nil {
		return err
	}
	entries, err := s.entries()
	if err != nil {
		return err
	}
	if err := letters.WriteReplays(ctx, d.Actor, acted); err != nil {
		return err
	}
	return letters.Resend(ctx, entries)
}

// settleLetters replays letters of a settled product; model.ErrNotFound when it is none.
// Nothing of them is known to the gate: a winner is debited there, and a loser has nothing
// to give back.
func (l *Ledger) settleLetters(ctx context.Context, productID int64, able []*candidate, d Desk) error {
	attempts := attemptsOf(able)
	tx, err := l.pool.BeginSettlement(ctx, productID, distinctUsers(attempts), streamIDs(attempts), model.Known{})
	if err != nil {
		return err
	}
	defer tx.Rollback(ctx)
	still, err := open(ctx, tx.Letters(), productID, able)
	if err != nil || len(still) == 0 {
		return err
	}
	s, sale := sortOut(still, tx.LogUsers), saleOf(tx.Product)
	fresh := attemptsOf(s.fresh)
	decisions, _ := sale.Settle(fresh, tx.Slots)
	if err := s.write(ctx, tx.Letters(), d, decisions); err != nil {
		return err
	}
	orders, logs := rows(productID, fresh, decisions, sale, tx.Product.Now)
	move := moveOf(seckill.Gate{Epoch: tx.Product.Epoch}, fresh, decisions, nil)
	if err := tx.Commit(ctx, orders, logs, move); err != nil {
		return err
	}
	l.observeSettled(productID, settled{results: decisions, orders: sale.OrderStatus(), moved: move != nil})
	l.tellReplayed(productID, s)
	return nil
}

// recordLetters replays letters of a record-only product; it fails, with an error for which
// model.IsNotRecordOnly holds, when it is none.
func (l *Ledger) recordLetters(ctx context.Context, productID int64, able []*candidate, d Desk) error {
	var s sorted
	err := l.pool.InTx(ctx, func(tx pgx.Tx) error {
		s = sorted{}
		if err := model.RequireRecordOnly(ctx, tx, productID, model.Known{}); err != nil {
			return err
		}
		stored, err := model.LogUsers(ctx, tx, productID, streamIDs(attemptsOf(able)))
		if err != nil {
			return err
		}
		still, err := open(ctx, model.LettersOf(tx, productID), productID, able)
		if err != nil {
			return err
		}
		s = sortOut(still, stored)
		logs := processingLogs(Batch{ProductID: productID, Attempts: attemptsOf(s.fresh)})
		written, err := model.InsertLogs(ctx, tx, productID, logs)
		if err != nil {
			return err
		}
		if len(written) != len(logs) {
			return errMeanwhile
		}
		return s.write(ctx, model.LettersOf(tx, productID), d, slices.Repeat([]seckill.Decision{{Status: seckill.StatusProcessing}}, len(logs)))
	})
	if err != nil {
		return err
	}
	if len(s.fresh) > 0 {
		l.observe.LogsWritten(productID, seckill.StatusProcessing, "", len(s.fresh))
	}
	l.tellReplayed(productID, s)
	return nil
}

// tellReplayed tells who waits: users for their results, and whoever sends entries again.
func (l *Ledger) tellReplayed(productID int64, s sorted) {
	if changed := users(append(attemptsOf(s.fresh), attemptsOf(s.known)...)); len(changed) > 0 {
		l.tell.ResultsChanged(productID, changed)
	}
	if len(s.resent) > 0 {
		l.tell.MoveWritten(productID)
	}
}
