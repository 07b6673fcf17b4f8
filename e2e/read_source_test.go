package e2e

import (
	"fmt"
	"strings"
	"testing"

	"seckill/internal/devstack"
	"seckill/internal/servertest"
	"seckill/model"
)

// readers are two replicas that read lists and final results from a standby.
type readers struct {
	*site

	standby *devstack.Standby
	admin   *model.Pool // of the standby
	a, b    *process
	users   int
}

func newReaders(t *testing.T) *readers {
	t.Helper()
	primary := servertest.Postgres(t)
	r := &readers{site: &site{t: t, redis: servertest.Redis(t), url: primary.URL("")}, standby: servertest.Standby(t, primary)}
	r.client, r.pool = servertest.Client(t, r.redis), servertest.Open(t, r.url)
	r.admin = servertest.Open(t, r.standby.URL(""))
	postgres := fmt.Sprintf("{DataSource: %q, ReadSource: %q}", r.url, r.standby.URL(""))
	r.a, r.b = r.startBy(r.redisWay(), postgres, "a", ""), r.startBy(r.redisWay(), postgres, "b", "")
	r.a.ready()
	r.b.ready()
	if code, answer := r.a.call("operator", "POST", "/admin/v1/products",
		`{"productId": 7, "name": "Phone", "stockTotal": 1000, "perUserLimit": 1, "paymentWindowSeconds": 600}`); code != 201 {
		t.Fatalf("create: %d %v", code, answer)
	}
	return r
}

// buys has some users buy and pay at one replica, and looks at once, at the other, whether
// everything that they were told is there.
func (r *readers) buys(times int) {
	r.t.Helper()
	for range times {
		r.users++
		r.a, r.b = r.b, r.a
		r.buy(r.users)
	}
}

func (r *readers) buy(user int) {
	r.t.Helper()
	servertest.Eventually(r.t, "the gate is open", func() bool {
		code, _ := r.a.call("bff", "POST", "/api/v1/products/7/attempts", fmt.Sprintf(`{"userId": %d, "requestId": "r%d"}`, user, user))
		return code == 202
	})
	code, won := r.a.call("bff", "GET", fmt.Sprintf("/api/v1/products/7/users/%d/result?wait=30s", user), "")
	if code != 200 || won["status"] != "SUCCESS" {
		r.t.Fatalf("user %d: %d %v", user, code, won)
	}
	order := won["order"].(map[string]any)
	r.isListed(user, order["orderId"], "PENDING_PAYMENT")
	if code, answer := r.a.call("bff", "POST", fmt.Sprintf("/api/v1/orders/%.0f/pay", order["orderId"]), `{"paymentRef": "p`+fmt.Sprint(user)+`"}`); code != 200 {
		r.t.Fatalf("pay: %d %v", code, answer)
	}
	r.isListed(user, order["orderId"], "PAID")
	code, result := r.b.call("bff", "GET", fmt.Sprintf("/api/v1/products/7/users/%d/result", user), "")
	if code != 200 || result["order"].(map[string]any)["status"] != "PAID" {
		r.t.Errorf("result of user %d after the payment: %d %v", user, code, result)
	}
}

// isListed looks for an order of a user, and the log that has won it, at the other replica.
func (r *readers) isListed(user int, orderID any, status string) {
	r.t.Helper()
	code, orders := r.b.call("viewer", "GET", fmt.Sprintf("/admin/v1/orders?userId=%d", user), "")
	items, _ := orders["items"].([]any)
	if code != 200 || len(items) != 1 || items[0].(map[string]any)["orderId"] != orderID || items[0].(map[string]any)["status"] != status {
		r.t.Fatalf("orders of user %d: %d %v, want %.0f %s", user, code, orders, orderID, status)
	}
	code, logs := r.b.call("bff", "GET", fmt.Sprintf("/api/v1/users/%d/results", user), "")
	if items, _ := logs["items"].([]any); code != 200 || len(items) != 1 || items[0].(map[string]any)["status"] != "SUCCESS" {
		r.t.Fatalf("results of user %d: %d %v", user, code, logs)
	}
}

// standbyIs waits until both replicas show that the standby can be read from, or not.
func (r *readers) standbyIs(up string) {
	r.t.Helper()
	for _, p := range []*process{r.a, r.b} {
		servertest.Eventually(r.t, "seckill_standby_up is "+up, func() bool { return p.metric("seckill_standby_up") == up })
	}
}

// fromStandby is how many reads the standby has answered.
func (r *readers) fromStandby() (n int) {
	for _, p := range []*process{r.a, r.b} {
		var one int
		_, _ = fmt.Sscan(p.metric(`seckill_reads_total{server="standby"}`), &one)
		n += one
	}
	return n
}

func (r *readers) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// TestListsFromAStandbyAreNeverOlderThanWhatWasTold goes on with a sale while the standby
// lags, is away, comes back and is promoted.
func TestListsFromAStandbyAreNeverOlderThanWhatWasTold(t *testing.T) {
	r := newReaders(t)
	r.buys(3)
	r.standbyIs("1")
	r.buys(20)
	if r.fromStandby() == 0 {
		t.Error("the standby has answered nothing")
	}
	_, err := r.admin.Exec(t.Context(), "SELECT pg_wal_replay_pause()")
	r.must(err)
	r.buys(5)
	r.standbyIs("0")
	_, err = r.admin.Exec(t.Context(), "SELECT pg_wal_replay_resume()")
	r.must(err)
	r.standbyIs("1")
	r.must(r.standby.Crash(t.Context()))
	r.buys(5)
	r.standbyIs("0")
	r.must(r.standby.Resume(t.Context()))
	r.standbyIs("1")
	before := r.fromStandby()
	r.buys(10)
	if r.fromStandby() == before {
		t.Error("the standby has answered nothing since it is back")
	}
	r.must(r.standby.Promote(t.Context()))
	_, err = r.admin.Exec(t.Context(), "DELETE FROM seckill_orders")
	r.must(err)
	r.buys(5)
	r.standbyIs("0")
	for _, p := range []*process{r.a, r.b} {
		if p.api("bff").Ready(t.Context()) != nil || !strings.Contains(p.output.String(), model.ErrNoStandby.Error()) {
			t.Errorf("a promoted standby is not named, or the service is not ready: %s", p.readiness())
		}
	}
}
