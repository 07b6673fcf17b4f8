package console

import (
	"testing"
	"time"

	"seckill/internal/servertest"
)

// TestThePreflightIsRedUntilItIsMended: a fault of a real Redis, mended by what the page says.
func TestThePreflightIsRedUntilItIsMended(t *testing.T) {
	s := newSite(t, "")
	s.product(2001, 10, "Phone")
	client := servertest.Client(t, s.redis)
	if err := client.ConfigSet(t.Context(), "maxmemory-policy", "allkeys-lru").Err(); err != nil {
		t.Fatal(err)
	}
	b := s.open(1440, "en", "light")
	b.signIn(s.token("viewer", time.Hour), "#/preflight/2001")
	b.read(".verdict", "No go")
	b.read("main", "CONFIG SET maxmemory-policy noeviction")
	b.accessible("a pre-flight that says no go")
	b.picture("no-go")
	if err := client.ConfigSet(t.Context(), "maxmemory-policy", "noeviction").Err(); err != nil {
		t.Fatal(err)
	}
	servertest.Eventually(t, "it says go", func() bool { // not before the second heartbeat of the replica
		b.press("Run again")
		b.until("the checks have run", buttonOf("Run again")+`?.getAttribute("aria-disabled") !== "true"`)
		return string(b.eval(`/^Go/.test(document.querySelector(".verdict").innerText.trim())`)) == "true"
	})
	b.accessible("a pre-flight that says go")
	b.picture("go")
}
