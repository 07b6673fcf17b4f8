// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package stream

import (
	"context"
	"fmt"

	"seckill/internal/logic/view"
	"seckill/internal/request"
	"seckill/internal/stream"
	"seckill/internal/svc"
	"seckill/internal/types"

	"github.com/zeromicro/go-zero/core/logx"
)

// ListPendingLogic serves one request: Entries delivered and not yet acknowledged, newest first.
type ListPendingLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewListPendingLogic makes the logic of one request.
func NewListPendingLogic(ctx context.Context, svcCtx *svc.ServiceContext) *ListPendingLogic {
	return &ListPendingLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// ListPending answers: Entries delivered and not yet acknowledged, newest first.
func (l *ListPendingLogic) ListPending(req *types.PendingRequest) (*types.PendingPage, error) {
	before, err := request.BeforeStreamID(request.ListPending, req.Cursor)
	if err != nil {
		return nil, err
	}
	if _, err := l.svcCtx.Product(l.ctx, req.ProductId); err != nil {
		return nil, err
	}
	entries, err := l.svcCtx.Streams.Pending(l.ctx, req.ProductId, before, int(req.Limit)+1)
	if err != nil {
		return nil, fmt.Errorf("pending entries of product %d: %w", req.ProductId, err)
	}
	entries, next := view.Cut(entries, req.Limit, func(e stream.PendingEntry) string {
		return request.Cursor(request.ListPending, e.StreamID)
	})
	page := &types.PendingPage{Items: make([]types.PendingEntry, len(entries)), NextCursor: next}
	for i, entry := range entries {
		page.Items[i] = view.PendingEntry(entry)
	}
	return page, nil
}
