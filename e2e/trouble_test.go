package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"seckill/internal/servertest"
)

// TestARedisThatTakesNoWrites has the service start at maxmemory, over a backlog, and then
// meet a server that wants replicas, and one that evicts.
func TestARedisThatTakesNoWrites(t *testing.T) {
	s := newSite(t)
	p := s.start("", "")
	p.ready()
	status, _ := p.call("operator", http.MethodPost, "/admin/v1/products", `{"productId":2,"name":"two","stockTotal":1000000}`)
	if status != http.StatusCreated {
		t.Fatalf("the product answers %d", status)
	}
	attempt := func(user int, more string) (int, string, string) {
		status, answer := p.call("bff", http.MethodPost, "/api/v1/products/2/attempts", fmt.Sprintf(`{"userId":%d%s}`, user, more))
		return status, fmt.Sprint(answer["code"]), fmt.Sprint(answer["message"])
	}
	admitted := func(user int) {
		t.Helper()
		servertest.Eventually(t, fmt.Sprintf("user %d is admitted", user), func() bool {
			status, _, _ := attempt(user, "")
			return status == http.StatusAccepted
		})
	}
	set := func(name, value string) {
		t.Helper()
		if err := s.client.ConfigSet(t.Context(), name, value).Err(); err != nil {
			t.Fatal(err)
		}
	}
	away := func(reason string) {
		t.Helper()
		servertest.Eventually(t, "readyz says "+reason, func() bool {
			status, answer := p.call("bff", http.MethodGet, "/readyz", "")
			message := fmt.Sprint(answer["message"])
			return status == http.StatusServiceUnavailable && strings.Contains(message, "redis (") &&
				strings.Contains(message, reason) && !strings.Contains(message, "consumers")
		})
		servertest.Eventually(t, "an attempt is unavailable and says "+reason, func() bool {
			status, code, message := attempt(99, "")
			return status == http.StatusServiceUnavailable && code == "UNAVAILABLE" && strings.Contains(message, reason)
		})
		servertest.Eventually(t, "Redis is shown as down", func() bool { return p.metric("seckill_redis_up") == "0" })
	}
	admitted(1)
	p.kill()
	s.push(1, 1, 500)
	set("maxmemory", "1mb")
	p = s.start("", "")
	servertest.Eventually(t, "the backlog is stored", func() bool { return s.logs() >= 501 })
	away("maxmemory")
	for _, change := range []string{"pause", "resume"} { // the gate learns of both
		if status, answer := p.call("operator", http.MethodPost, "/admin/v1/products/2/"+change, ""); status != http.StatusOK {
			t.Errorf("%s answers %d %v", change, status, answer)
		}
		_, code, _ := attempt(99, "")
		if want := map[string]string{"pause": "PAUSED", "resume": "UNAVAILABLE"}[change]; code != want {
			t.Errorf("after %s an attempt is answered %s, want %s", change, code, want)
		}
	}
	set("maxmemory", "0")
	p.ready()
	admitted(2)

	set("min-replicas-to-write", "1")
	away("min-replicas-to-write")
	if status, answer := p.call("operator", http.MethodPost, "/admin/v1/products/2/books/repair", ""); status != http.StatusServiceUnavailable {
		t.Errorf("a repair answers %d %v", status, answer)
	}
	set("min-replicas-to-write", "0")
	p.ready()
	admitted(3)

	set("maxmemory", "1gb")
	set("maxmemory-policy", "volatile-lru")
	user := 100
	servertest.Eventually(t, "no new request ID is taken", func() bool {
		user++
		status, _, message := attempt(user, `,"requestId":"a"`)
		return status == http.StatusServiceUnavailable && strings.Contains(message, "volatile-lru")
	})
	if !strings.Contains(p.output.String(), "maxmemory-policy noeviction") {
		t.Error("the log does not say what to change")
	}
	admitted(5)
	set("maxmemory-policy", "noeviction")
	servertest.Eventually(t, "request IDs are taken again", func() bool {
		status, _, _ := attempt(6, `,"requestId":"b"`)
		return status == http.StatusAccepted
	})
}
