package model

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/zeromicro/go-zero/core/stores/sqlx"
)

// Lists reads lists, from a standby where there is one that may be read from.
type Lists struct {
	source *ReadSource // nil = the primary alone
	conn   sqlx.SqlConn
}

// NewLists makes what reads lists; conn leads to the primary, a nil source means it alone.
func NewLists(conn sqlx.SqlConn, source *ReadSource) Lists { return Lists{source: source, conn: conn} }

// list reads from where it may.
func list[T any](ctx context.Context, l Lists, read func(ctx context.Context, conn sqlx.SqlConn) (T, error)) (rows T, err error) {
	if l.source == nil {
		return read(ctx, l.conn)
	}
	done := l.source.read(ctx, &l.source.lists, func(ctx context.Context, tx *sql.Tx) (err error) {
		rows, err = read(ctx, sqlx.NewSqlConnFromSession(sqlx.NewSessionFromTx(tx)))
		return err
	})
	if done {
		return rows, nil
	}
	return read(ctx, l.conn)
}

// Logs is FindPage of logs.
func (l Lists) Logs(ctx context.Context, filter LogFilter) ([]*SeckillLogs, error) {
	return list(ctx, l, func(ctx context.Context, conn sqlx.SqlConn) ([]*SeckillLogs, error) {
		return NewSeckillLogsModel(conn).FindPage(ctx, filter)
	})
}

// Outcomes is CountByOutcome of logs.
func (l Lists) Outcomes(ctx context.Context, productID int64) ([]*OutcomeCount, error) {
	return list(ctx, l, func(ctx context.Context, conn sqlx.SqlConn) ([]*OutcomeCount, error) {
		return NewSeckillLogsModel(conn).CountByOutcome(ctx, productID)
	})
}

// Orders is FindPage of orders.
func (l Lists) Orders(ctx context.Context, filter OrderFilter) ([]*SeckillOrders, error) {
	return list(ctx, l, func(ctx context.Context, conn sqlx.SqlConn) ([]*SeckillOrders, error) {
		return NewSeckillOrdersModel(conn).FindPage(ctx, filter)
	})
}

// Letters is FindPage of dead letters.
func (l Lists) Letters(ctx context.Context, filter LetterFilter) ([]*SeckillDeadLetters, error) {
	return list(ctx, l, func(ctx context.Context, conn sqlx.SqlConn) ([]*SeckillDeadLetters, error) {
		return NewSeckillDeadLettersModel(conn).FindPage(ctx, filter)
	})
}

// LetterGroups is FindGroups of dead letters.
func (l Lists) LetterGroups(ctx context.Context, productID int64) ([]*LetterGroup, error) {
	return list(ctx, l, func(ctx context.Context, conn sqlx.SqlConn) ([]*LetterGroup, error) {
		return NewSeckillDeadLettersModel(conn).FindGroups(ctx, productID)
	})
}

// Audit is FindPage of the audit.
func (l Lists) Audit(ctx context.Context, filter AuditFilter) ([]*SeckillAudit, error) {
	return list(ctx, l, func(ctx context.Context, conn sqlx.SqlConn) ([]*SeckillAudit, error) {
		return NewSeckillAuditModel(conn).FindPage(ctx, filter)
	})
}

// Products is FindPage of products.
func (l Lists) Products(ctx context.Context, last int64, limit int) ([]*SeckillProducts, error) {
	return list(ctx, l, func(ctx context.Context, conn sqlx.SqlConn) ([]*SeckillProducts, error) {
		return NewSeckillProductsModel(conn).FindPage(ctx, last, limit)
	})
}

// findFinal adds the final results of users to results.
func findFinal(ctx context.Context, tx *sql.Tx, productID int64, users []int64, results map[int64]*UserResult) error {
	if _, err := tx.ExecContext(ctx, noSeqScan); err != nil {
		return fmt.Errorf("keep plans to indexes: %w", err)
	}
	found := []*UserResult{}
	if err := sqlx.NewSessionFromTx(tx).QueryRowsCtx(ctx, &found, findResults, productID, users); err != nil {
		return fmt.Errorf("find results of %d users for product %d: %w", len(users), productID, err)
	}
	for _, result := range found {
		if result.final() {
			results[result.UserId] = result
		}
	}
	return nil
}
