package letter

import (
	"context"

	"seckill/internal/logic/view"
	"seckill/internal/svc"
	"seckill/internal/types"
)

// detail answers with a letter as it is now.
func detail(ctx context.Context, svcCtx *svc.ServiceContext, letterID int64) (*types.DeadLetterDetail, error) {
	l, err := svcCtx.Letter(ctx, letterID)
	if err != nil {
		return nil, err
	}
	return view.LetterDetail(l)
}
