package model

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"
)

const insertAudit = `
INSERT INTO seckill_audit (actor, action, target, detail, created_at) VALUES ($1, $2, $3, $4::jsonb, clock_timestamp())`

// InsertAudit writes who did what to which target; detail becomes JSON.
func InsertAudit(ctx context.Context, tx pgx.Tx, actor, action, target string, detail any) error {
	_, err := writeAudit(ctx, tx, insertAudit, actor, action, target, detail)
	return err
}

// InsertAuditOnce is InsertAudit for what must stand there once, as a unique index says;
// it reports whether the row is new.
func InsertAuditOnce(ctx context.Context, tx pgx.Tx, actor, action, target string, detail any) (bool, error) {
	return writeAudit(ctx, tx, insertAudit+" ON CONFLICT DO NOTHING", actor, action, target, detail)
}

func writeAudit(ctx context.Context, tx pgx.Tx, statement, actor, action, target string, detail any) (bool, error) {
	body, err := json.Marshal(detail)
	if err != nil {
		return false, fmt.Errorf("encode audit detail: %w", err)
	}
	tag, err := tx.Exec(ctx, statement, actor, action, target, string(body))
	if err != nil {
		return false, fmt.Errorf("insert audit row: %w", err)
	}
	return tag.RowsAffected() > 0, nil
}
