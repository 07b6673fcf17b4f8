// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package audit

import (
	"context"

	"seckill/internal/logic/view"
	"seckill/internal/request"
	"seckill/internal/seckill"
	"seckill/internal/svc"
	"seckill/internal/types"
	"seckill/model"

	"github.com/zeromicro/go-zero/core/logx"
)

// ListAuditLogic serves one request: Who did what, newest first.
type ListAuditLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewListAuditLogic makes the logic of one request.
func NewListAuditLogic(ctx context.Context, svcCtx *svc.ServiceContext) *ListAuditLogic {
	return &ListAuditLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// ListAudit answers: Who did what, newest first.
func (l *ListAuditLogic) ListAudit(req *types.AuditRequest) (*types.AuditPage, error) {
	filter, err := auditFilter(req)
	if err != nil {
		return nil, err
	}
	if filter.LastID, err = request.LastID(request.ListAudit, req.Cursor); err != nil {
		return nil, err
	}
	filter.Limit = int(req.Limit) + 1
	rows, err := l.svcCtx.Lists.Audit(l.ctx, filter)
	if err != nil {
		return nil, err
	}
	rows, next := view.Cut(rows, req.Limit, func(row *model.SeckillAudit) string {
		return request.IDCursor(request.ListAudit, row.Id)
	})
	items, err := view.Audit(rows)
	return &types.AuditPage{Items: items, NextCursor: next}, err
}

// StreamAudit hands all rows that match to send, some at a time.
func (l *ListAuditLogic) StreamAudit(req *types.AuditRequest, send func([]types.AuditEntry) error) error {
	filter, err := auditFilter(req)
	if err != nil {
		return err
	}
	if req.Cursor != "" {
		return seckill.Errorf(seckill.CodeInvalidArgument, "cursor is for pages, not for all rows")
	}
	return view.EachPage(func(last int64, limit int) ([]*model.SeckillAudit, error) {
		filter.LastID, filter.Limit = last, limit
		return l.svcCtx.Lists.Audit(l.ctx, filter)
	}, func(row *model.SeckillAudit) int64 { return row.Id }, func(rows []*model.SeckillAudit) error {
		entries, err := view.Audit(rows)
		if err != nil {
			return err
		}
		return send(entries)
	})
}

func auditFilter(req *types.AuditRequest) (model.AuditFilter, error) {
	from, to, err := request.TimeRange(req.From, req.To)
	return model.AuditFilter{Actor: req.Actor, Action: req.Action, Target: req.Target, From: from, To: to}, err
}
