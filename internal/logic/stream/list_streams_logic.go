// Code scaffolded by goctl. Safe to edit.
// goctl 1.10.2

package stream

import (
	"context"
	"fmt"

	"seckill/internal/logic/view"
	"seckill/internal/request"
	"seckill/internal/svc"
	"seckill/internal/types"

	"github.com/zeromicro/go-zero/core/logx"
	"golang.org/x/sync/errgroup"
)

// maxConcurrentStates is how many streams one request asks Redis about at a time.
const maxConcurrentStates = 8

// ListStreamsLogic serves one request: Streams of all products, highest product first.
type ListStreamsLogic struct {
	logx.Logger
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

// NewListStreamsLogic makes the logic of one request.
func NewListStreamsLogic(ctx context.Context, svcCtx *svc.ServiceContext) *ListStreamsLogic {
	return &ListStreamsLogic{
		Logger: logx.WithContext(ctx),
		ctx:    ctx,
		svcCtx: svcCtx,
	}
}

// ListStreams answers: Streams of all products, highest product first.
func (l *ListStreamsLogic) ListStreams(req *types.StreamsRequest) (*types.StreamPage, error) {
	last, err := request.LastID(request.ListStreams, req.Cursor)
	if err != nil {
		return nil, err
	}
	ids, err := l.svcCtx.Products.FindIDs(l.ctx, last, int(req.Limit)+1)
	if err != nil {
		return nil, err
	}
	ids, next := view.Cut(ids, req.Limit, func(id int64) string {
		return request.IDCursor(request.ListStreams, id)
	})
	items, err := l.states(ids)
	if err != nil {
		return nil, err
	}
	return &types.StreamPage{Items: items, NextCursor: next}, nil
}

// states asks for the states of several streams at once; one after the other, a
// page of a hundred would take hundreds of round trips.
func (l *ListStreamsLogic) states(ids []int64) ([]types.StreamState, error) {
	items := make([]types.StreamState, len(ids))
	group, ctx := errgroup.WithContext(l.ctx)
	group.SetLimit(maxConcurrentStates)
	for i, id := range ids {
		group.Go(func() error {
			state, err := l.svcCtx.Streams.State(ctx, id)
			if err != nil {
				return fmt.Errorf("state of stream of product %d: %w", id, err)
			}
			items[i] = view.Stream(state)
			return nil
		})
	}
	return items, group.Wait()
}
