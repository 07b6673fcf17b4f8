package model

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// findResults is findResult for each of many users.
var findResults = "SELECT " + logColumns("r") + `, r.order_id, r.order_status, r.expires_at
  FROM unnest($2::bigint[]) AS u(user_id) CROSS JOIN LATERAL (` + resultOf("u.user_id") + `) AS r`

// FindResults returns the results of many users, at most 512 as a rule, for a
// product, by user: of each the one that FindResult chooses. Users without a log are
// absent. It is one statement and one round trip.
func (p *Pool) FindResults(ctx context.Context, productID int64, users []int64) (map[int64]*UserResult, error) {
	results := make(map[int64]*UserResult, len(users))
	batch := &pgx.Batch{}
	batch.Queue(beginReadCommitted + " READ ONLY")
	batch.Queue(noSeqScan)
	batch.Queue(findResults, productID, users).Query(func(rows pgx.Rows) error {
		found, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByName[UserResult])
		for _, result := range found {
			results[result.UserId] = result
		}
		return err
	})
	batch.Queue("COMMIT")
	// A connection that was left within its transaction is destroyed by its release.
	if err := p.SendBatch(ctx, batch).Close(); err != nil {
		return nil, fmt.Errorf("find results of %d users for product %d: %w", len(users), productID, err)
	}
	return results, nil
}
