package view

import (
	"database/sql"

	"seckill/internal/seckill"
	"seckill/internal/types"
	"seckill/model"
)

// Summary returns the shape of a product's counts.
func Summary(product *model.SeckillProducts, counts []*model.OutcomeCount) *types.SummaryResponse {
	summary := &types.SummaryResponse{
		ProductId:      product.ProductId,
		FailedByReason: map[string]int64{},
		StockTotal:     optionalInteger(product.StockTotal),
		StockLeft:      optionalInteger(product.StockLeft),
	}
	for _, c := range counts {
		switch seckill.Status(c.Status) {
		case seckill.StatusProcessing:
			summary.Processing += c.Count
		case seckill.StatusSuccess:
			summary.Success += c.Count
		case seckill.StatusFailed:
			summary.Failed += c.Count
			if c.Reason.Valid {
				summary.FailedByReason[c.Reason.String] = c.Count
			}
		}
	}
	return summary
}

// optionalInteger returns nil for a number that is absent, which is left out.
func optionalInteger(n sql.NullInt64) *int64 {
	if !n.Valid {
		return nil
	}
	return &n.Int64
}
