package ledger

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"seckill/internal/seckill"
	"seckill/model"
)

// ErrNotRecordOnly tells that the product of a batch is settled: the batch has to
// be settled, not recorded.
var ErrNotRecordOnly = errors.New("product is not record-only")

// Batch is the decoded content of some entries of one product's stream, in the
// order of the stream.
type Batch struct {
	ProductID int64
	Attempts  []seckill.Attempt
	Dead      []seckill.DeadLetter
	// Known is what is known of the books. If they are not these nothing is written, and
	// model.IsBooksOlder holds: the database has been started again, or is an older one.
	Known model.Known
}

// Outcome counts what became of the entries of a batch.
type Outcome struct {
	Stored     int // written as a log
	Duplicates int // written before
	Dead       int // written as a dead letter

	Mark string // one of the entries that have been written now, "" when none has
}

// recorded is an outcome with the reasons of the dead letters that were written.
type recorded struct {
	Outcome

	reasons map[seckill.DeadReason]int
}

// Record stores a batch of a record-only product: a PROCESSING log for each
// attempt, and the dead letters, in one transaction. Entries that are stored
// already have no second effect; one that is stored with another user becomes a
// dead letter, STREAM_ID_REUSED.
//
// It fails with ErrNotRecordOnly when the product is settled, or becomes so before
// the commit, and with an error for which model.IsRejection holds when the
// database refuses the rows.
func (l *Ledger) Record(ctx context.Context, b Batch) (Outcome, error) {
	outcome, err := l.recordFresh(ctx, b)
	if model.IsTaken(err) {
		outcome, err = l.recordAgain(ctx, b)
	}
	if model.IsNotRecordOnly(err) {
		return Outcome{}, fmt.Errorf("record product %d: %w", b.ProductID, ErrNotRecordOnly)
	}
	if err != nil {
		return Outcome{}, fmt.Errorf("record product %d: %w", b.ProductID, err)
	}
	if outcome.Stored > 0 {
		l.observe.LogsWritten(b.ProductID, seckill.StatusProcessing, "", outcome.Stored)
	}
	l.observeBuried(b.ProductID, outcome.reasons)
	return outcome.Outcome, nil
}

// recordFresh takes it that nothing is stored yet, which is true but after a
// redelivery, and copies the rows in.
func (l *Ledger) recordFresh(ctx context.Context, b Batch) (recorded, error) {
	logs := processingLogs(b)
	all := recorded{Outcome: Outcome{Stored: len(logs), Mark: lastOf(b.Attempts)}}
	outcome := all
	if len(b.Dead) == 0 {
		return outcome, l.pool.Repeat(ctx, func() error { return l.pool.RecordLogs(ctx, b.ProductID, logs, b.Known) })
	}
	err := l.pool.InTx(ctx, func(tx pgx.Tx) error {
		outcome = all
		if err := model.RequireRecordOnly(ctx, tx, b.ProductID, b.Known); err != nil {
			return err
		}
		if err := model.CopyLogs(ctx, tx, logs); err != nil {
			return err
		}
		return bury(ctx, tx, b.ProductID, b.Dead, &outcome)
	})
	return outcome, err
}

// recordAgain stores what is not stored yet of a batch of which something is.
func (l *Ledger) recordAgain(ctx context.Context, b Batch) (recorded, error) {
	var outcome recorded
	err := l.pool.InTx(ctx, func(tx pgx.Tx) error {
		outcome = recorded{}
		if err := model.RequireRecordOnly(ctx, tx, b.ProductID, b.Known); err != nil {
			return err
		}
		stored, err := model.InsertLogs(ctx, tx, b.ProductID, processingLogs(b))
		if err != nil {
			return err
		}
		outcome.Stored = len(stored)
		known := make([]seckill.Attempt, 0, len(b.Attempts)-len(stored))
		for _, a := range b.Attempts {
			if stored[a.StreamID] {
				outcome.Mark = a.StreamID
				continue
			}
			known = append(known, a)
		}
		users, err := model.LogUsers(ctx, tx, b.ProductID, streamIDs(known))
		if err != nil {
			return err
		}
		// What is not there any more, though it was in the way, was there all the same.
		gone, dead, duplicates := sift(Batch{Attempts: known, Dead: b.Dead}, users)
		outcome.Duplicates = duplicates + len(gone)
		return bury(ctx, tx, b.ProductID, dead, &outcome)
	})
	return outcome, err
}

// bury writes dead letters and counts them. One that is stored already came again.
func bury(ctx context.Context, tx pgx.Tx, productID int64, dead []seckill.DeadLetter, outcome *recorded) error {
	if len(dead) == 0 {
		return nil
	}
	rows, err := newDeadLetters(dead)
	if err != nil {
		return err
	}
	written, err := model.InsertDeadLetters(ctx, tx, productID, rows)
	if err != nil {
		return err
	}
	n := count(written)
	outcome.Dead += n
	outcome.reasons = reasonsOf(dead, written)
	if outcome.Mark == "" {
		outcome.Mark = markOf(nil, dead, written)
	}
	outcome.Duplicates += len(dead) - n
	return nil
}

// reasonsOf counts the dead letters that were buried by their reasons.
func reasonsOf(dead []seckill.DeadLetter, buried []bool) map[seckill.DeadReason]int {
	if len(dead) == 0 {
		return nil
	}
	reasons := map[seckill.DeadReason]int{}
	for i := range dead {
		if buried[i] {
			reasons[dead[i].Reason]++
		}
	}
	return reasons
}

// observeBuried tells of the dead letters that have been committed.
func (l *Ledger) observeBuried(productID int64, reasons map[seckill.DeadReason]int) {
	for reason, n := range reasons {
		l.observe.DeadLettersWritten(productID, reason, n)
	}
}

// lastOf returns the ID of the last of the attempts, "" of none.
func lastOf(attempts []seckill.Attempt) string {
	if len(attempts) == 0 {
		return ""
	}
	return attempts[len(attempts)-1].StreamID
}

// markOf returns one of the entries that a transaction has written: attempts that were not
// stored before, and those of the dead letters that were buried.
func markOf(fresh []seckill.Attempt, dead []seckill.DeadLetter, buried []bool) string {
	mark := lastOf(fresh)
	for i := range buried {
		if mark == "" && buried[i] {
			mark = dead[i].StreamID
		}
	}
	return mark
}

// count counts what is true.
func count(list []bool) int {
	n := 0
	for _, is := range list {
		if is {
			n++
		}
	}
	return n
}

func newDeadLetters(dead []seckill.DeadLetter) ([]model.NewDeadLetter, error) {
	rows := make([]model.NewDeadLetter, len(dead))
	for i, d := range dead {
		fields, err := d.FieldsJSON()
		if err != nil {
			return nil, err
		}
		rows[i] = model.NewDeadLetter{
			StreamID: d.StreamID, Fields: fields, Reason: string(d.Reason),
			Deliveries: d.Deliveries, Fingerprint: d.Fingerprint(),
		}
	}
	return rows, nil
}

func processingLogs(b Batch) []model.NewLog {
	logs := make([]model.NewLog, len(b.Attempts))
	for i := range b.Attempts {
		logs[i] = newLog(b.ProductID, &b.Attempts[i], seckill.StatusProcessing, "")
	}
	return logs
}

func newLog(productID int64, a *seckill.Attempt, status seckill.Status, reason seckill.Reason) model.NewLog {
	return model.NewLog{
		ProductID: productID, UserID: a.UserID, StreamID: a.StreamID, Status: string(status),
		Reason: string(reason), RequestID: a.RequestID, EventAtMs: a.EventAtMs,
	}
}
