package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"seckill/internal/seckill"
	"seckill/model"
)

// Desk is who acts on dead letters, and how.
type Desk struct {
	Actor string
	Note  string             // for the audit, may be ""
	Edit  seckill.Correction // of a replay
}

// DiscardLetter closes a letter that is not to be replayed.
func (l *Ledger) DiscardLetter(ctx context.Context, letterID int64, d Desk) error {
	return l.actOn(ctx, letterID, seckill.ActDiscard, d)
}

// ReopenLetter opens a letter that was discarded.
func (l *Ledger) ReopenLetter(ctx context.Context, letterID int64, d Desk) error {
	return l.actOn(ctx, letterID, seckill.ActReopen, d)
}

// actOn does what changes nothing but a letter's status.
func (l *Ledger) actOn(ctx context.Context, letterID int64, act seckill.LetterAct, d Desk) error {
	row, err := l.letter(ctx, letterID)
	if err != nil {
		return err
	}
	err = l.pool.InTx(ctx, func(tx pgx.Tx) error {
		statuses, err := model.LockLetters(ctx, tx, []int64{letterID})
		if err != nil {
			return err
		}
		status, allowed := statuses[letterID].After(act)
		if !allowed {
			return l.refuse(ctx, tx, letterID, statuses[letterID])
		}
		acted, err := actsOn([]model.LetterRow{row}, d.Note)
		if err != nil {
			return err
		}
		return model.WriteActs(ctx, tx, d.Actor, act, status, acted)
	})
	if err != nil {
		return fmt.Errorf("%s %d: %w", act, letterID, err)
	}
	return nil
}

// letter reads a letter; DEAD_LETTER_NOT_FOUND when there is none.
func (l *Ledger) letter(ctx context.Context, letterID int64) (model.LetterRow, error) {
	row, err := l.pool.Letter(ctx, letterID)
	if errors.Is(err, model.ErrNotFound) {
		return row, seckill.Errorf(seckill.CodeDeadLetterNotFound, "there is no dead letter %d", letterID)
	}
	return row, err
}

// querier is a pool or a transaction.
type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// refuse returns why an act on a letter of the given status is refused.
func (l *Ledger) refuse(ctx context.Context, q querier, letterID int64, status seckill.LetterStatus) error {
	last, err := model.LastAct(ctx, q, letterID)
	if err != nil {
		return err
	}
	return status.Refuse(letterID, last)
}

// letterDetail is what the audit says of an act on a letter.
type letterDetail struct {
	ProductID int64           `json:"productId"`
	StreamID  string          `json:"streamId"`
	Reason    string          `json:"reason"`
	Note      string          `json:"note,omitempty"`
	Before    json.RawMessage `json:"before,omitempty"` // fields, of a replay
	After     json.RawMessage `json:"after,omitempty"`
	Status    seckill.Status  `json:"status,omitempty"` // of the log that the entry became
	Failure   seckill.Reason  `json:"failure,omitempty"`
	Known     bool            `json:"known,omitempty"`  // that log had been stored before
	Resent    bool            `json:"resent,omitempty"` // the entry goes to the stream again
}

func detailOf(row model.LetterRow, note string) letterDetail {
	return letterDetail{ProductID: row.ProductId, StreamID: row.StreamId, Reason: row.Reason, Note: note}
}

// actsOn returns the acts on letters of which there is nothing more to say than a note.
func actsOn(rows []model.LetterRow, note string) ([]model.ActedLetter, error) {
	acted := make([]model.ActedLetter, len(rows))
	for i, row := range rows {
		detail, err := json.Marshal(detailOf(row, note))
		if err != nil {
			return nil, fmt.Errorf("encode audit detail: %w", err)
		}
		acted[i] = model.ActedLetter{ID: row.Id, Detail: detail}
	}
	return acted, nil
}
