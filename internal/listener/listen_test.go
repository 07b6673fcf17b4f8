package listener_test

import (
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/zeromicro/go-zero/core/conf"

	"seckill/internal/config"
	"seckill/internal/listener"
	"seckill/internal/servertest"
)

func TestEverySpellingOfAHostListens(t *testing.T) {
	for _, host := range []string{"", "0.0.0.0", "127.0.0.1", "localhost", "::", "::1", "[::]", "[::1]", "::ffff:127.0.0.1", "0:0:0:0:0:0:0:1"} {
		l, err := listener.Listen("", host, 0)
		if err != nil {
			t.Errorf("%q: %v", host, err)
			continue
		}
		_ = l.Close()
	}
}

func TestWhatCannotBeListenedOnIsNamed(t *testing.T) {
	busy, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = busy.Close() }()
	_, text, _ := net.SplitHostPort(busy.Addr().String())
	port, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		change func(c *config.Config)
		want   string
	}{
		"a port in use":            {func(c *config.Config) { c.Host, c.Port = "::1", port }, "Port: listen tcp [::1]:"},
		"a port of metrics in use": {func(c *config.Config) { c.DevServer.Host, c.DevServer.Port = "[::1]", port }, "DevServer.Port: "},
		"no such host":             {func(c *config.Config) { c.Host = "no-such-host.invalid" }, "Host: "},
		"a host of others":         {func(c *config.Config) { c.DevServer.Host = "192.0.2.1" }, "DevServer.Host: "},
		"the older metrics": {func(c *config.Config) {
			c.Prometheus.Host, c.Prometheus.Port = "192.0.2.1", 9101 //nolint:staticcheck // go-zero still serves it
		}, "Prometheus.Host: "},
		"one port for two": {func(c *config.Config) { c.Port = servertest.FreePort(t); c.DevServer.Port = c.Port }, "DevServer.Port: "},
		"no certificate":   {func(c *config.Config) { c.CertFile = "/nowhere" }, "CertFile, KeyFile: "},
	} {
		t.Run(name, func(t *testing.T) {
			var c config.Config
			if err := conf.FillDefault(&c); err != nil {
				t.Fatal(err)
			}
			c.Host, c.DevServer.Host, c.DevServer.Port = "127.0.0.1", "127.0.0.1", 0
			tt.change(&c)
			if err := listener.Check(c); err == nil || !strings.HasPrefix(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error = %v, want one line from %q on", err, tt.want)
			}
		})
	}
}
