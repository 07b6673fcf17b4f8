package ledger_test

import (
	"fmt"
	"maps"
	"testing"

	"seckill/internal/ledger"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// told remembers what it is told.
type told struct{ news []string }

func (n *told) MoveWritten(productID int64) {
	n.news = append(n.news, fmt.Sprintf("move of %d", productID))
}

func (n *told) ResultsChanged(productID int64, users []int64) {
	n.news = append(n.news, fmt.Sprintf("results of %d for %v", productID, users))
}

// TestAReplayIsToldAndCountedAsAnySettlement: the gate, the users who wait, the metrics.
func TestAReplayIsToldAndCountedAsAnySettlement(t *testing.T) {
	for _, tt := range []struct {
		name   string
		sale   seckill.Product
		reason seckill.DeadReason
		news   []string
		counts map[string]int
	}{
		{"a winner", seckill.Product{StockTotal: new(int64(1))}, seckill.DeadInvalidUID, []string{"move of 1", "results of 1 for [7]"},
			map[string]int{"1 SUCCESS ": 1, "1 CONFIRMED order": 1}},
		{"a loser", seckill.Product{StockTotal: new(int64(0))}, seckill.DeadInvalidUID, []string{"results of 1 for [7]"}, map[string]int{"1 FAILED SOLD_OUT": 1}},
		{"of a record-only product", seckill.Product{}, seckill.DeadInvalidUID, []string{"results of 1 for [7]"}, map[string]int{"1 PROCESSING ": 1}},
		{"sent again", seckill.Product{StockTotal: new(int64(1))}, seckill.DeadStreamIDReused, []string{"move of 1"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := tt.sale
			p.ProductID = 1
			l, pool, seen := newSale(t, p)
			dead := deadLetter("5-0", tt.reason, "x")
			if _, err := l.Store(t.Context(), ledger.Batch{ProductID: 1, Dead: []seckill.DeadLetter{dead}}); err != nil {
				t.Fatal(err)
			}
			clear(seen.logs) // of the burial
			news := &told{}
			l.Tell(news)
			text := "7"
			d := ledger.Desk{Actor: "tester", Edit: seckill.Correction{"uid": &text}}
			id := int64(servertest.Count(t, pool, "SELECT id FROM seckill_dead_letters"))
			for try, want := range []seckill.Code{"", seckill.CodeAlreadyReplayed} {
				if err := l.ReplayLetter(t.Context(), id, d); seckill.ErrorCode(err) != want {
					t.Errorf("replay %d: %v", try+1, err)
				}
			}
			if fmt.Sprint(news.news) != fmt.Sprint(tt.news) || !maps.Equal(seen.logs, tt.counts) {
				t.Errorf("told %q, counted %v; want %q, %v", news.news, seen.logs, tt.news, tt.counts)
			}
		})
	}
}
