package e2e

import (
	"fmt"
	"net/http"
	"testing"
)

// TestACancelIsKnownToTheOtherReplicaAtOnce: a user cancels at one replica and tries again at
// the other one as soon as the cancel is answered. With a single unit the other replica may
// still take the product for sold out, for a moment, unless it has to ask the gate for the
// sake of a request ID.
func TestACancelIsKnownToTheOtherReplicaAtOnce(t *testing.T) {
	s := newSite(t)
	replicas := s.replicas("", "a", "b")
	for product, tt := range map[int]struct{ stock, rounds int }{2: {100, 10}, 3: {1, 10}} {
		replicas[0].sell(product, fmt.Sprintf(`"stockTotal": %d, "perUserLimit": 1, "paymentWindowSeconds": 600`, tt.stock))
		for round := range tt.rounds {
			here, there := replicas[round%2], replicas[(round+1)%2]
			request := ""
			if tt.stock == 1 {
				request = fmt.Sprint("r", round)
			}
			if a := here.try(product, 5, request); !a.admitted() {
				t.Fatalf("product %d, round %d: %+v", product, round, a)
			}
			r := here.resultOf(product, 5, "?wait=20s")
			if r.Status != "SUCCESS" || r.Order == nil {
				t.Fatalf("product %d, round %d: %+v", product, round, r)
			}
			if a := there.try(product, 5, "again"+request); a.status != http.StatusConflict {
				t.Fatalf("product %d, round %d, before the cancel: %+v", product, round, a)
			}
			if status := here.cancel(r.Order.OrderID); status != http.StatusOK {
				t.Fatalf("the cancel is answered %d", status)
			}
		}
	}
}
