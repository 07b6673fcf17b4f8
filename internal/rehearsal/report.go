package rehearsal

import (
	"fmt"
	"time"

	"seckill/client"
)

// Report is what a rehearsal has come to.
type Report struct {
	ProductID int64          `json:"productId"`
	BeganAt   time.Time      `json:"beganAt"`
	Seconds   float64        `json:"seconds"` // until the last buyer had left
	Buyers    int            `json:"buyers"`  // that have come
	BrokenOff bool           `json:"brokenOff,omitempty"`
	Outcomes  map[string]int `json:"outcomes"`       // of attempts: admitted, or the refusal
	Results   map[string]int `json:"results"`        // final ones, by status
	Reasons   map[string]int `json:"failedByReason"` // of FAILED ones
	Paid      int            `json:"paid"`
	Cancelled int            `json:"cancelled"`
	Refused   map[string]int `json:"refusedActs,omitempty"` // payments and cancels, by code

	// Admission is from the moment at which a buyer was to come to the answer of the gate, Result
	// to the moment at which the buyer knew the final result.
	Admission Latencies `json:"admissionMs"`
	Result    Latencies `json:"resultMs"`

	// LateMs is how late, at most, this program itself let a buyer come, in milliseconds.
	LateMs float64 `json:"lateMs"`

	Books client.Books `json:"books"`

	// Findings say what does not hold; none: all is well.
	Findings []string `json:"findings"`
}

// OK reports whether everything held.
func (r *Report) OK() bool { return len(r.Findings) == 0 }

func (r *run) report(took time.Duration) Report {
	t := r.tally
	return Report{
		ProductID: r.plan.ProductID, BeganAt: r.began.UTC().Truncate(time.Millisecond), Seconds: took.Round(10 * time.Millisecond).Seconds(),
		Buyers: t.begun, Outcomes: withoutZeros(t.outcomes), Results: t.results, Reasons: t.reasons,
		Paid: t.paid, Cancelled: t.cancelled, Refused: t.refused,
		Admission: latenciesOf(t.admission), Result: latenciesOf(t.result), LateMs: ms(t.late),
		Findings: []string{},
	}
}

func withoutZeros(counts map[string]int) map[string]int {
	kept := map[string]int{}
	for name, n := range counts {
		if n != 0 {
			kept[name] = n
		}
	}
	return kept
}

// judge compares what the buyers were told with the books before and after.
func (r *Report) judge(before, after *client.Books, t *tally) {
	r.Books = *after
	total, left := units(after.StockTotal), units(after.StockLeft)
	orders := sum(after.OrdersByStatus) - sum(before.OrdersByStatus)
	wins := int64(r.Results[string(client.Success)])
	raw := r.Outcomes[Pushed] > 0
	r.findf(after.LiveOrders > total || left < 0, "oversold: %d live orders for %d units, %d left", after.LiveOrders, total, left)
	r.findf(left+after.LiveOrders != total, "%d units left and %d live orders are not the %d units that there are", left, after.LiveOrders, total)
	r.findf(after.Drift != 0, "the books drift by %d", after.Drift)
	r.findf(after.RedisLeft == nil, "the gate is not open at the end")
	r.findf(after.Drift == 0 && after.RedisLeft != nil && !resting(after),
		"the books have not come to rest: %d units in flight, %d moves pending, balanced: %v", units(after.InFlight), units(after.PendingMoves), after.Balanced)
	r.findf(t.open > 0, "%d attempts have no final result", t.open)
	r.findf(t.gateWins+t.gateFails+t.open < r.Outcomes[Admitted], "%d attempts were admitted and %d of them are known", r.Outcomes[Admitted], t.gateWins+t.gateFails)
	r.findf(t.gateFails > 0 && !raw, "%d attempts were admitted and have failed", t.gateFails)
	r.findf(t.open == 0 && orders != wins, "%d attempts have won and there are %d new orders", wins, orders)
	r.findf(r.Outcomes[Unknown] > 0, "%d attempts were never answered", r.Outcomes[Unknown])
}

// findf notes what does not hold.
func (r *Report) findf(isWrong bool, format string, args ...any) {
	if isWrong {
		r.Findings = append(r.Findings, fmt.Sprintf(format, args...))
	}
}

// units is a number of units, 0 where there is none.
func units(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}

func sum(counts map[string]int64) (all int64) {
	for _, n := range counts {
		all += n
	}
	return all
}
