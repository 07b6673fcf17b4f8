package books

import (
	"context"
	"errors"

	"seckill/internal/seckill"
)

// resendPage is how many entries are sent again before it is noted that they were.
const resendPage = 100

// Resend sends the entries of replayed letters, which PostgreSQL holds, to the stream of a
// product again. Whoever dies in between has done it as well: the next one finds the same
// entries in the stream and notes their IDs.
func (k *Keeper) Resend(ctx context.Context, productID int64) error {
	for {
		letters, err := k.pool.DueLetters(ctx, productID, resendPage)
		if err != nil || len(letters) == 0 {
			return err
		}
		var sent []int64
		var ids []string
		for _, letter := range letters {
			fields, problem := seckill.ReadFields(letter.Fields)
			var id string
			if problem == nil {
				id, problem = k.gate.Resend(ctx, productID, letter.ID, fields)
			}
			if problem != nil {
				err = problem
				break
			}
			sent, ids = append(sent, letter.ID), append(ids, id)
		}
		if len(sent) > 0 {
			err = errors.Join(err, k.pool.NoteResent(ctx, sent, ids))
		}
		if err != nil {
			return err
		}
	}
}
