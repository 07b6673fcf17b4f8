package rehearsal

import (
	"strings"
	"testing"

	"seckill/client"
)

// wellBooks are the books after ten attempts at the gate of a product with four units.
func wellBooks() client.Books {
	return client.Books{
		StockTotal: new(int64(4)), StockLeft: new(int64(0)), LiveOrders: 4, RedisLeft: new(int64(0)),
		InFlight: new(int64(0)), PendingMoves: new(int64(0)), Balanced: true,
		OrdersByStatus: map[string]int64{"PAID": 3, "PENDING_PAYMENT": 1, "CANCELLED": 1},
	}
}

func TestWhatDoesNotHoldIsFound(t *testing.T) {
	for name, c := range map[string]struct {
		change func(r *Report, after *client.Books, t *tally)
		want   string // "" = nothing
	}{
		"all is well":           {func(*Report, *client.Books, *tally) {}, ""},
		"oversold":              {func(_ *Report, b *client.Books, _ *tally) { b.LiveOrders++ }, "oversold: 5 live orders for 4 units"},
		"stock below nothing":   {func(_ *Report, b *client.Books, _ *tally) { *b.StockLeft = -1 }, "oversold"},
		"a unit is nowhere":     {func(_ *Report, b *client.Books, _ *tally) { b.LiveOrders = 3 }, "0 units left and 3 live orders are not the 4 units"},
		"drift":                 {func(_ *Report, b *client.Books, _ *tally) { b.Drift = -2 }, "drift by -2"},
		"a gate that is closed": {func(_ *Report, b *client.Books, _ *tally) { b.RedisLeft = nil }, "gate is not open"},
		"a unit in flight":      {func(_ *Report, b *client.Books, _ *tally) { *b.InFlight = 1 }, "1 units in flight"},
		"a move that is not told": {func(_ *Report, b *client.Books, _ *tally) {
			*b.PendingMoves = 3
		}, "3 moves pending"},
		"not balanced": {func(_ *Report, b *client.Books, _ *tally) { b.Balanced = false }, "balanced: false"},
		"no final result": {func(r *Report, _ *client.Books, t *tally) {
			t.open, t.gateWins, r.Results["SUCCESS"] = 1, 4, 4
		}, "1 attempts have no final result"},
		"admitted, and not known": {func(_ *Report, _ *client.Books, t *tally) { t.gateWins = 4 }, "5 attempts were admitted and 4 of them are known"},
		"admitted in vain":        {func(_ *Report, _ *client.Books, t *tally) { t.gateWins, t.gateFails = 4, 1 }, "1 attempts were admitted and have failed"},
		"admitted in vain beside raw ones": {func(r *Report, _ *client.Books, t *tally) {
			t.gateWins, t.gateFails, r.Outcomes[Pushed] = 4, 1, 1
		}, ""},
		"an order of nobody": {func(_ *Report, b *client.Books, _ *tally) { b.OrdersByStatus["EXPIRED"] = 1 }, "5 attempts have won and there are 6 new orders"},
		"never answered":     {func(r *Report, _ *client.Books, _ *tally) { r.Outcomes[Unknown] = 2 }, "2 attempts were never answered"},
	} {
		t.Run(name, func(t *testing.T) {
			before := client.Books{OrdersByStatus: map[string]int64{}}
			after, counts := wellBooks(), newTally()
			counts.gateWins = 5
			r := Report{Outcomes: map[string]int{Admitted: 5, "sold_out": 5}, Results: map[string]int{"SUCCESS": 5}}
			c.change(&r, &after, counts)
			r.judge(&before, &after, counts)
			if got := strings.Join(r.Findings, "; "); c.want == "" && !r.OK() || !strings.Contains(got, c.want) {
				t.Errorf("findings: %q, want %q", got, c.want)
			}
		})
	}
}
