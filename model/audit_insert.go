package model

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// InsertAudit writes who did what to which target; detail becomes JSON.
func InsertAudit(ctx context.Context, tx pgx.Tx, actor, action, target string, detail any) error {
	body, err := json.Marshal(detail)
	if err != nil {
		return fmt.Errorf("encode audit detail: %w", err)
	}
	_, err = tx.Exec(ctx, `
INSERT INTO seckill_audit (actor, action, target, detail, created_at) VALUES ($1, $2, $3, $4::jsonb, clock_timestamp())`,
		actor, action, target, string(body))
	if err != nil {
		return fmt.Errorf("insert audit row: %w", err)
	}
	return nil
}
