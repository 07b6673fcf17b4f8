package ledger

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"seckill/internal/seckill"
	"seckill/model"
)

// ResolveLogs applies changes of status to logs, in their order, in one
// transaction with one audit row for all that were updated. It answers each change
// with its outcome; a change that is not possible does not hinder the others.
func (l *Ledger) ResolveLogs(ctx context.Context, actor string, changes []seckill.LogChange) ([]seckill.ChangeOutcome, error) {
	var r resolution
	err := l.pool.InTx(ctx, func(tx pgx.Tx) error {
		locked, err := model.LockLogs(ctx, tx, sortedKeys(changes))
		if err != nil {
			return err
		}
		r = resolve(locked, changes)
		if len(r.updates) == 0 {
			return nil
		}
		if err := model.UpdateLogStatuses(ctx, tx, r.updates); err != nil {
			return err
		}
		return model.InsertAudit(ctx, tx, actor, "logs.status", "logs", map[string]any{"items": r.applied})
	})
	if err != nil {
		return nil, fmt.Errorf("resolve %d logs: %w", len(changes), err)
	}
	for _, a := range r.applied {
		l.observe.LogsWritten(a.ProductID, a.Status, a.Reason, 1)
	}
	for productID, users := range r.users {
		l.tell.ResultsChanged(productID, users)
	}
	return r.outcomes, nil
}

// appliedChange is a change as the audit shows it.
type appliedChange struct {
	ProductID int64          `json:"productId"`
	StreamID  string         `json:"streamId"`
	Status    seckill.Status `json:"status"`
	Reason    seckill.Reason `json:"reason,omitempty"`
}

type resolution struct {
	outcomes []seckill.ChangeOutcome
	updates  []model.LogStatus
	applied  []appliedChange
	users    map[int64][]int64 // whose results have changed, by product
}

// resolve decides every change, a later one of the same log on what the earlier
// one left. A log is updated at most once, since what is updated is final.
func resolve(locked map[model.LogKey]model.LockedLog, changes []seckill.LogChange) resolution {
	r := resolution{outcomes: make([]seckill.ChangeOutcome, len(changes)), users: map[int64][]int64{}}
	for i, c := range changes {
		key := model.LogKey{ProductID: c.ProductID, StreamID: c.StreamID}
		log, found := locked[key]
		if !found {
			r.outcomes[i] = seckill.OutcomeNotFound
			continue
		}
		state := seckill.LogState{Status: seckill.Status(log.Status), Reason: seckill.Reason(log.Reason), Settled: log.Settled}
		outcome, after := state.Change(c)
		r.outcomes[i] = outcome
		if outcome != seckill.OutcomeUpdated {
			continue
		}
		// Resolved just now by this caller, not settled by the service.
		locked[key] = model.LockedLog{ID: log.ID, Status: string(after.Status), Reason: string(after.Reason)}
		r.users[c.ProductID] = append(r.users[c.ProductID], log.UserID)
		r.updates = append(r.updates, model.LogStatus{ID: log.ID, Status: string(after.Status), Reason: string(after.Reason)})
		r.applied = append(r.applied, appliedChange{c.ProductID, c.StreamID, c.Status, c.Reason})
	}
	return r
}

func sortedKeys(changes []seckill.LogChange) []model.LogKey {
	keys := make([]model.LogKey, len(changes))
	for i, c := range changes {
		keys[i] = model.LogKey{ProductID: c.ProductID, StreamID: c.StreamID}
	}
	slices.SortFunc(keys, func(a, b model.LogKey) int {
		return cmp.Or(cmp.Compare(a.ProductID, b.ProductID), cmp.Compare(a.StreamID, b.StreamID))
	})
	return slices.Compact(keys)
}
