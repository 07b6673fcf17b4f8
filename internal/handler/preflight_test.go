package handler_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"seckill/internal/preflight"
	"seckill/internal/seckill"
)

// fakePreflight answers with a report, or of an unknown product.
type fakePreflight struct{ report preflight.Report }

func (f fakePreflight) Run(_ context.Context, productID int64) (preflight.Report, error) {
	if productID == 404 {
		return preflight.Report{}, seckill.Errorf(seckill.CodeProductNotFound, "there is no product 404")
	}
	f.report.ProductID = productID
	return f.report, nil
}

func TestPreflightIsAnsweredAsItIsJudged(t *testing.T) {
	at := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	s := newShop(t)
	s.preflight = fakePreflight{preflight.Report{
		StartsAt: at.Add(time.Hour), RanAt: at, Took: 41 * time.Millisecond,
		Results: []preflight.Result{{
			Code: "REDIS_EVICTION", Area: preflight.AreaRedis, Level: preflight.LevelFail, Name: "Redis evicts nothing",
			Observed: "maxmemory-policy=allkeys-lru", Expected: "noeviction", Impact: "all is lost",
			Action: "redis-cli CONFIG SET maxmemory-policy noeviction", Runbook: "REDIS_EVICTION", Message: "Mend it.",
		}, {
			Code: "REDIS_ANSWERS", Area: preflight.AreaRedis, Level: preflight.LevelOK, Name: "n", Observed: "o", Expected: "e", Impact: "i",
			Runbook: "REDIS_ANSWERS", Message: "m",
		}},
	}}
	s.serveWith(s.clock)
	const want = `{"go":false,"productId":2001,"startsAt":"2026-11-26T13:00:00.000000Z","ranAt":"2026-11-26T12:00:00.000000Z","tookMs":41,"checks":[` +
		`{"code":"REDIS_EVICTION","area":"redis","level":"fail","name":"Redis evicts nothing","observed":"maxmemory-policy=allkeys-lru",` +
		`"expected":"noeviction","impact":"all is lost","action":"redis-cli CONFIG SET maxmemory-policy noeviction","runbook":"REDIS_EVICTION","message":"Mend it."},` +
		`{"code":"REDIS_ANSWERS","area":"redis","level":"ok","name":"n","observed":"o","expected":"e","impact":"i","runbook":"REDIS_ANSWERS","message":"m"}]}`
	if a := s.get("/admin/v1/preflight?productId=2001", s.as("viewer")); a.status != http.StatusOK || a.body != want {
		t.Errorf("preflight = %d %s\nwant %s", a.status, a.body, want)
	}
	s.get("/admin/v1/preflight").into(t, http.StatusOK, &map[string]any{})
	s.get("/admin/v1/preflight?productId=404").refused(t, http.StatusNotFound, seckill.CodeProductNotFound, "404")
	s.get("/admin/v1/preflight?productId=0").refused(t, http.StatusBadRequest, seckill.CodeInvalidArgument, "productId")
	s.get("/admin/v1/preflight?productId=x").refused(t, http.StatusBadRequest, seckill.CodeInvalidArgument, "productId")
	s.get("/admin/v1/preflight", s.as("bff")).refused(t, http.StatusForbidden, seckill.CodeForbidden, "")
}
