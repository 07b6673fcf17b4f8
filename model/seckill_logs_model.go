package model

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/zeromicro/go-zero/core/stores/sqlx"
)

var _ SeckillLogsModel = (*customSeckillLogsModel)(nil)

type (
	// SeckillLogsModel is the table of logs, one row per stream entry.
	SeckillLogsModel interface {
		seckillLogsModel
		withSession(session sqlx.Session) SeckillLogsModel

		// FindResult returns the log that holds the user's live order for the
		// product, the highest stream ID of several, else the user's log of the
		// highest stream ID, with its order. ErrNotFound when there is no log.
		FindResult(ctx context.Context, productID, userID int64) (*UserResult, error)
		// FindPage returns the logs that match, newest first unless the filter says
		// otherwise.
		FindPage(ctx context.Context, filter LogFilter) ([]*SeckillLogs, error)
		// CountByOutcome counts the logs of a product by status and reason.
		CountByOutcome(ctx context.Context, productID int64) ([]*OutcomeCount, error)
	}

	// UserResult is a log with the order that it has won, if any.
	UserResult struct {
		SeckillLogs
		OrderId     sql.NullInt64  `db:"order_id"`
		OrderStatus sql.NullString `db:"order_status"`
		ExpiresAt   sql.NullTime   `db:"expires_at"`
	}

	// LogFilter says which logs a page is made of. A zero field does not filter.
	LogFilter struct {
		ProductID int64
		UserID    int64
		Status    string
		StreamID  string
		RequestID string    // no index has it: to be given with UserID, StreamID or From
		From      time.Time // created_at, inclusive
		To        time.Time // created_at, exclusive
		LastID    int64     // the greatest id that a row may have; always set, unless Oldest is
		Limit     int       // most rows; always set

		// Oldest has the page begin with the oldest rows, and FirstID is the least id that
		// a row may have.
		Oldest  bool
		FirstID int64
	}

	// OutcomeCount is how many logs of a product have a status and a reason.
	OutcomeCount struct {
		Status string         `db:"status"`
		Reason sql.NullString `db:"reason"`
		Count  int64          `db:"count"`
	}

	customSeckillLogsModel struct {
		*defaultSeckillLogsModel
	}
)

// NewSeckillLogsModel returns a model for the database table.
func NewSeckillLogsModel(conn sqlx.SqlConn) SeckillLogsModel {
	m := &customSeckillLogsModel{defaultSeckillLogsModel: newSeckillLogsModel(conn)}
	m.table = onSearchPath(m.table)
	return m
}

func (m *customSeckillLogsModel) withSession(session sqlx.Session) SeckillLogsModel {
	return NewSeckillLogsModel(sqlx.NewSqlConnFromSession(session))
}

// selectLogs begins a selection of logs. The columns are named, for a statement that
// says * and is prepared already fails when a migration adds a column.
var selectLogs = "SELECT " + seckillLogsRows + " FROM seckill_logs WHERE "

// logColumns names the columns of logs in a statement of several tables.
func logColumns(table string) string {
	return table + "." + strings.ReplaceAll(seckillLogsRows, ",", ","+table+".")
}

// findResult is one user's result; $1 is the product, $2 the user.
var findResult = resultOf("$2")

// resultOf chooses among the attempts that a user, named by an expression, has made
// for the product $1. They are few as a rule, and chosen among in one statement, so
// that an order which ends meanwhile cannot hide between two. The halves of a stream
// ID are unsigned 64-bit integers, which bigint cannot hold.
//
// A flash sale makes a table grow by millions of rows before its statistics are
// renewed, and until then one index looks as good to PostgreSQL as another. So the
// right one is left no rival: product_id + 0 can be looked up in none but that of
// the user, and OFFSET 0 keeps the lookup of the order apart.
func resultOf(user string) string {
	return `
SELECT ` + logColumns("l") + `, o.id AS order_id, o.status AS order_status, o.expires_at
  FROM seckill_logs l
  LEFT JOIN LATERAL (
    SELECT id, status, expires_at FROM seckill_orders
     WHERE product_id = $1 AND stream_id = l.stream_id OFFSET 0) o ON true
 WHERE l.user_id = ` + user + ` AND l.product_id + 0 = $1
 ORDER BY (o.status IN ` + liveStatuses + `) IS TRUE DESC,
       split_part(l.stream_id, '-', 1)::numeric DESC, split_part(l.stream_id, '-', 2)::numeric DESC
 LIMIT 1`
}

// FindResult implements SeckillLogsModel.
func (m *customSeckillLogsModel) FindResult(ctx context.Context, productID, userID int64) (*UserResult, error) {
	var result UserResult
	err := m.conn.QueryRowCtx(ctx, &result, findResult, productID, userID)
	if errors.Is(err, sqlx.ErrNotFound) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("find result of user %d for product %d: %w", userID, productID, err)
	}
	return &result, nil
}

// FindPage implements SeckillLogsModel.
func (m *customSeckillLogsModel) FindPage(ctx context.Context, filter LogFilter) ([]*SeckillLogs, error) {
	query, args := filter.statement()
	logs := []*SeckillLogs{}
	if err := m.conn.QueryRowsCtx(ctx, &logs, query, args...); err != nil {
		return nil, fmt.Errorf("find logs: %w", err)
	}
	return logs, nil
}

// countByOutcome is answered from the index seckill_logs_product_status_idx alone.
const countByOutcome = `
SELECT status, reason, count(*) AS count
  FROM seckill_logs WHERE product_id = $1
 GROUP BY status, reason`

// CountByOutcome implements SeckillLogsModel.
func (m *customSeckillLogsModel) CountByOutcome(ctx context.Context, productID int64) ([]*OutcomeCount, error) {
	counts := []*OutcomeCount{}
	if err := m.conn.QueryRowsCtx(ctx, &counts, countByOutcome, productID); err != nil {
		return nil, fmt.Errorf("count logs of product %d: %w", productID, err)
	}
	return counts, nil
}

// statement returns the SQL of a page. Its WHERE holds the filters that are given
// and no others: one that is switched off by a parameter ("$1 IS NULL OR …") would
// keep PostgreSQL from planning for the rest. Whatever index serves a page gives
// its rows in the order of id, so that a page costs the same wherever it is.
func (f LogFilter) statement() (query string, args []any) {
	where, args := f.conditions()
	switch {
	case f.StreamID != "":
		return f.page(f.ofEntry(where)), args
	case f.UserID == 0 && f.RequestID != "":
		return f.page(f.ofRequest(where)), args
	case f.UserID != 0 || (f.ProductID == 0 && f.Status == ""):
		return f.page(selectLogs + where), args
	case f.ProductID != 0 && f.Status != "":
		return f.page(selectLogs + where), args
	case f.ProductID != 0:
		return f.page(f.eachStatus(where)), args
	default:
		return f.page(f.eachProduct(where)), args
	}
}

// conditions returns the conditions of f, joined; $1 is the id at which the page begins,
// $2 the most rows.
func (f LogFilter) conditions() (where string, args []any) {
	conditions, args := []string{"id <= $1"}, []any{f.LastID, f.Limit}
	if f.Oldest {
		conditions, args = []string{"id >= $1"}, []any{f.FirstID, f.Limit}
	}
	add := func(condition string, value any) {
		args = append(args, value)
		conditions = append(conditions, fmt.Sprintf("%s $%d", condition, len(args)))
	}
	if f.StreamID != "" {
		add("stream_id =", f.StreamID)
	}
	if f.ProductID != 0 {
		add("product_id =", f.ProductID)
	}
	if f.UserID != 0 {
		add("user_id =", f.UserID)
	}
	if f.Status != "" {
		add("status =", f.Status)
	}
	if f.RequestID != "" {
		add("request_id =", f.RequestID)
	}
	if !f.From.IsZero() {
		add("created_at >=", f.From)
	}
	if !f.To.IsZero() {
		add("created_at <", f.To)
	}
	return strings.Join(conditions, " AND "), args
}

// page cuts a selection to its newest rows, or to its oldest.
func (f LogFilter) page(selection string) string {
	if f.Oldest {
		return selection + " ORDER BY id LIMIT $2"
	}
	return page(selection)
}

// page cuts a selection to its newest rows.
func page(selection string) string { return selection + " ORDER BY id DESC LIMIT $2" }

// eachStatus selects the rows of a page of a product without a status. The index is
// by product, status and id: within one status it gives them in order, across all
// of them it would have to read the whole product and sort.
func (f LogFilter) eachStatus(where string) string {
	var selections []string
	for _, status := range []string{"PROCESSING", "SUCCESS", "FAILED"} {
		selections = append(selections,
			"("+f.page(selectLogs+"status = '"+status+"' AND "+where)+")")
	}
	return "SELECT " + seckillLogsRows + " FROM (" + strings.Join(selections, " UNION ALL ") + ") AS newest"
}

// ofEntry selects the rows of a stream ID, which is $3: at most one of a product, but of
// each product that occurs, since the streams of two can mint the same ID.
func (f LogFilter) ofEntry(where string) string {
	if f.ProductID != 0 {
		return selectLogs + where
	}
	return occurring + "SELECT " + seckillLogsRows + " FROM (SELECT " + logColumns("entry") +
		" FROM product p CROSS JOIN LATERAL (" + selectLogs + "product_id = p.product_id AND stream_id = $3 OFFSET 0) AS entry" +
		") AS entries WHERE " + where
}

// ofRequest selects the rows of a request ID of whatever user. No index has it, as every
// attempt would pay for one: all rows of the time that is asked for are read, by the index of
// created_at. OFFSET 0 keeps PostgreSQL from reading in the order of id instead, which would
// end at the first match, and without one read the whole table.
func (f LogFilter) ofRequest(where string) string {
	return "SELECT " + seckillLogsRows + " FROM (" + selectLogs + where + " OFFSET 0) AS found WHERE true"
}

// occurring begins a statement with the products that occur in the logs, found by jumping
// through an index from one to the next; the last one is null.
const occurring = `WITH RECURSIVE product AS (
    (SELECT product_id FROM seckill_logs ORDER BY product_id LIMIT 1)
    UNION ALL
    SELECT (SELECT l.product_id FROM seckill_logs l WHERE l.product_id > p.product_id
             ORDER BY l.product_id LIMIT 1)
      FROM product p WHERE p.product_id IS NOT NULL
)
`

// eachProduct selects the newest rows of a status without a product: those of each
// product that occurs.
func (f LogFilter) eachProduct(where string) string {
	return occurring + `SELECT ` + logColumns("newest") + ` FROM product p CROSS JOIN LATERAL (
    ` + f.page(selectLogs+"product_id = p.product_id AND "+where) + `
) AS newest`
}
