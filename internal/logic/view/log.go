package view

import (
	"context"
	"database/sql"
	"time"

	"seckill/internal/request"
	"seckill/internal/seckill"
	"seckill/internal/types"
	"seckill/model"
)

// minPollAfter and maxPollAfter bound how long a client is told to wait before it asks
// for the result of an attempt that is PROCESSING again.
const (
	minPollAfter = 100 * time.Millisecond
	maxPollAfter = 10 * time.Second
)

// optionalTime writes a time that may be absent, which is left out.
func optionalTime(t sql.NullTime) string {
	if !t.Valid {
		return ""
	}
	return seckill.FormatTime(t.Time)
}

// Logs returns the page of logs that filter, limit and cursor ask for.
func Logs(ctx context.Context, lists model.Lists, filter model.LogFilter, limit int64, cursor string) (*types.LogPage, error) {
	var err error
	list := request.ListLogs
	if filter.Oldest {
		list = request.ListOldest
		filter.FirstID, err = request.FirstID(list, cursor)
	} else {
		filter.LastID, err = request.LastID(list, cursor)
	}
	if err != nil {
		return nil, err
	}
	filter.Limit = int(limit) + 1
	rows, err := lists.Logs(ctx, filter)
	if err != nil {
		return nil, err
	}
	rows, next := Cut(rows, limit, func(row *model.SeckillLogs) string { return request.IDCursor(list, row.Id) })
	page := &types.LogPage{Items: make([]types.Log, len(rows)), NextCursor: next}
	for i, row := range rows {
		page.Items[i] = Log(row)
	}
	return page, nil
}

// Cut cuts items, of which one more than limit was fetched, to a page, and returns
// the cursor of the page that follows it, "" when there is none.
func Cut[T any](items []T, limit int64, cursor func(T) string) (page []T, next string) {
	if int64(len(items)) <= limit {
		return items, ""
	}
	page = items[:limit]
	return page, cursor(page[limit-1])
}

// Log returns the shape of a log.
func Log(row *model.SeckillLogs) types.Log {
	return types.Log{
		ProductId: row.ProductId,
		UserId:    row.UserId,
		StreamId:  row.StreamId,
		Status:    row.Status,
		Reason:    row.Reason.String,
		RequestId: row.RequestId.String,
		EventAt:   optionalTime(row.EventAt),
		CreatedAt: seckill.FormatTime(row.CreatedAt),
		UpdatedAt: seckill.FormatTime(row.UpdatedAt),
	}
}

// Result returns the shape of a user's result; delay is how long the backlog in which it
// may stand will take.
func Result(row *model.UserResult, delay time.Duration) *types.ResultResponse {
	result := &types.ResultResponse{
		ProductId: row.ProductId,
		UserId:    row.UserId,
		StreamId:  row.StreamId,
		Status:    row.Status,
		Reason:    row.Reason.String,
		CreatedAt: seckill.FormatTime(row.CreatedAt),
		UpdatedAt: seckill.FormatTime(row.UpdatedAt),
	}
	if !seckill.Status(row.Status).Terminal() {
		result.PollAfterMs = min(max(delay, minPollAfter), maxPollAfter).Milliseconds()
	}
	if row.OrderId.Valid {
		result.Order = &types.ResultOrder{
			OrderId:   row.OrderId.Int64,
			Status:    row.OrderStatus.String,
			ExpiresAt: optionalTime(row.ExpiresAt),
		}
	}
	return result
}

// ResultItem returns a result as one of several.
func ResultItem(r *types.ResultResponse) types.ResultItem {
	return types.ResultItem{
		ProductId: r.ProductId, UserId: r.UserId, StreamId: r.StreamId, Status: r.Status, Reason: r.Reason, Order: r.Order,
		CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, PollAfterMs: &r.PollAfterMs,
	}
}
