package view

import (
	"seckill/internal/preflight"
	"seckill/internal/seckill"
	"seckill/internal/types"
)

// Preflight returns the shape of a pre-flight.
func Preflight(r preflight.Report) *types.PreflightResponse {
	answer := &types.PreflightResponse{
		Go: r.Go, ProductId: r.ProductID, RanAt: seckill.FormatTime(r.RanAt), TookMs: r.Took.Milliseconds(),
		Checks: make([]types.PreflightCheck, len(r.Results)),
	}
	if !r.StartsAt.IsZero() {
		answer.StartsAt = seckill.FormatTime(r.StartsAt)
	}
	for i, c := range r.Results {
		answer.Checks[i] = types.PreflightCheck{
			Code: c.Code, Area: string(c.Area), Level: string(c.Level), Name: c.Name, Observed: c.Observed, Expected: c.Expected,
			Impact: c.Impact, Action: c.Action, Runbook: c.Runbook, Message: c.Message,
		}
	}
	return answer
}
