package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"seckill/internal/servertest"
)

// TestEveryDefaultOfIsolation holds a sale under each level that a role or a database may
// have transactions begin with.
func TestEveryDefaultOfIsolation(t *testing.T) {
	for _, level := range []string{"read committed", "repeatable read", "serializable"} {
		t.Run(level, func(t *testing.T) {
			s := newSite(t)
			name := strings.TrimSuffix(s.url[strings.LastIndex(s.url, "/")+1:], "?sslmode=disable")
			s.exec(fmt.Sprintf("ALTER DATABASE %s SET default_transaction_isolation = '%s'", name, level))
			s.pool = servertest.Open(t, s.url)
			p := s.start("", "")
			p.ready()
			c := s.patient(p)
			stop := c.run(c.expire, c.operate, c.operate)
			defer stop()
			c.sells()
			stop()
			c.healed()
			if n := c.calls[http.StatusServiceUnavailable]; n != 0 {
				t.Errorf("%d answers of 503", n)
			}
		})
	}
}
