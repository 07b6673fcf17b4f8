package view

import (
	"context"

	"seckill/internal/admission"
	"seckill/internal/response"
	"seckill/internal/seckill"
	"seckill/internal/types"
)

// Admitted returns the shape of what became of one attempt of a batch.
func Admitted(ctx context.Context, a admission.Admitted) types.AttemptOutcome {
	if a.Err == nil {
		return types.AttemptOutcome{StreamId: a.StreamID, Status: string(seckill.StatusProcessing)}
	}
	code, message, retryAfter := response.Item(ctx, a.Err)
	return types.AttemptOutcome{Code: string(code), Message: message, RetryAfterMs: retryAfter.Milliseconds()}
}
