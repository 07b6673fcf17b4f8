package handler_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"seckill/internal/ledger"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/internal/types"
)

// TestWhoHasCancelledMayTryAgainAtOnce, and whoever buys what has come back: nobody keeps the
// gate in step here but the requests themselves.
func TestWhoHasCancelledMayTryAgainAtOnce(t *testing.T) {
	for stock, code := range map[int]seckill.Code{1: seckill.CodeSoldOut, 10: seckill.CodeLimitReached} {
		t.Run(string(code), func(t *testing.T) { cancelAgainAndAgain(t, stock, code) })
	}
}

func cancelAgainAndAgain(t *testing.T, stock int, code seckill.Code) {
	t.Helper()
	s := newShop(t)
	s.create(920, `,"stockTotal":`+strconv.Itoa(stock)+`,"perUserLimit":1,"paymentWindowSeconds":60`)
	epoch := int64(servertest.Count(t, s.pool, "SELECT gate_epoch FROM seckill_products WHERE product_id = 920"))
	for range 5 {
		var admitted types.AttemptResponse
		s.post("/api/v1/products/920/attempts", `{"userId":"5"}`).into(t, http.StatusAccepted, &admitted)
		attempt := seckill.Attempt{UserID: 5, StreamID: admitted.StreamId, Admitted: true, Epoch: epoch}
		if _, err := s.book.Settle(t.Context(), ledger.Batch{ProductID: 920, Attempts: []seckill.Attempt{attempt}}); err != nil {
			t.Fatal(err)
		}
		s.bring(920)
		s.post("/api/v1/products/920/attempts", `{"userId":5}`).refused(t, http.StatusConflict, code, "")
		if a := s.post(s.orderPath(admitted.StreamId)+"/cancel", "", s.as("bff")); a.status != http.StatusOK {
			t.Fatalf("cancel: %d %s", a.status, a.body)
		}
	}
}

// TestACancelDoesNotNeedRedis: it is answered without, and its unit is on sale once Redis is
// back and the gate has been told.
func TestACancelDoesNotNeedRedis(t *testing.T) {
	server := servertest.Redis(t)
	s := newShop(t)
	s.client = servertest.Client(t, server)
	s.serveWith(s.clock)
	s.create(1, `,"stockTotal":1,"paymentWindowSeconds":60`)
	s.settle(1, "5 10-0")
	s.bring(1)
	s.post("/api/v1/products/1/attempts", `{"userId":6}`).refused(t, http.StatusConflict, seckill.CodeSoldOut, "")
	order := s.orderPath("10-0")
	if err := server.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 2 { // repeated, it answers the same
		if a := s.post(order+"/cancel", "", s.as("bff")); a.status != http.StatusOK || !strings.Contains(a.body, `"status":"CANCELLED"`) {
			t.Errorf("cancel without Redis: %d %s", a.status, a.body)
		}
	}
	if left := s.left(1); left != 1 {
		t.Errorf("%d units left, want 1", left)
	}
	if err := server.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	servertest.Eventually(t, "the unit is on sale again", func() bool {
		_ = s.keeper.Bring(t.Context(), 1)
		return s.post("/api/v1/products/1/attempts", `{"userId":6}`).status == http.StatusAccepted
	})
	s.post("/api/v1/products/1/attempts", `{"userId":7}`).refused(t, http.StatusConflict, seckill.CodeSoldOut, "")
}

// TestWhatIsRestockedCanBeBoughtAtOnce by this replica, which knew the product as sold out.
func TestWhatIsRestockedCanBeBoughtAtOnce(t *testing.T) {
	s := newShop(t)
	s.create(921, `,"stockTotal":0`)
	for user := range 5 {
		attempt := fmt.Sprintf(`{"userId":%d}`, user+1)
		s.post("/api/v1/products/921/attempts", attempt).refused(t, http.StatusConflict, seckill.CodeSoldOut, "")
		if a := s.post("/admin/v1/products/921/stock", `{"delta":1,"note":"n"}`); a.status != http.StatusOK {
			t.Fatalf("restock: %d %s", a.status, a.body)
		}
		if a := s.post("/api/v1/products/921/attempts", attempt); a.status != http.StatusAccepted {
			t.Fatalf("right after the restock: %d %s", a.status, a.body)
		}
	}
}
