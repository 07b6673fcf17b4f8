package handler_test

import (
	"fmt"
	"net/http"
	"strconv"
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
