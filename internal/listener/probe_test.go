package listener_test

import (
	"context"
	"flag"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"seckill/internal/config"
	"seckill/internal/listener"
	"seckill/internal/servertest"
)

// answering serves a status at each path, over plain HTTP or TLS, and returns a configuration
// that names it.
func answering(t *testing.T, secured bool, statuses map[string]int) config.Config {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(statuses[r.URL.String()])
		_, _ = io.WriteString(w, `{"message":"of `+r.URL.Path+`"}`)
	}))
	if secured {
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	var c config.Config
	c.Host, c.Port = "127.0.0.1", server.Listener.Addr().(*net.TCPAddr).Port
	if secured {
		c.CertFile, c.KeyFile = "cert.pem", "key.pem"
	}
	return c
}

func TestAProbeAsksTheProcessThatRuns(t *testing.T) {
	healthy := map[string]int{"/healthz": 200, "/readyz?exclude=postgres": 200}
	ending := map[string]int{"/healthz": 200, "/readyz?exclude=postgres": 503}
	for name, tt := range map[string]struct {
		probe    listener.Probe
		statuses map[string]int
		secured  bool
		want     string // of the error
	}{
		"live":               {probe: listener.ProbeLive, statuses: ending},
		"ready":              {probe: listener.ProbeReady, statuses: healthy},
		"live but not ready": {probe: listener.ProbeReady, statuses: ending, want: `503 Service Unavailable: {"message":"of /readyz"}`},
		"ready, over TLS":    {probe: listener.ProbeReady, statuses: healthy, secured: true},
	} {
		t.Run(name, func(t *testing.T) {
			err := tt.probe.Ask(t.Context(), answering(t, tt.secured, tt.statuses))
			if (err == nil) != (tt.want == "") || err != nil && err.Error() != tt.want {
				t.Errorf("%s: %v, want %q", tt.probe, err, tt.want)
			}
		})
	}
}

func TestAProbeReachesEverySpellingOfAHost(t *testing.T) {
	for _, host := range []string{"", "0.0.0.0", "::", "[::]", "::1", "[::1]", "localhost"} {
		l, err := listener.Listen("", host, 0)
		if err != nil {
			t.Errorf("%q: %v", host, err)
			continue
		}
		server := &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})}
		go func() { _ = server.Serve(l) }()
		var c config.Config
		c.Host, c.Port = host, l.Addr().(*net.TCPAddr).Port
		if err := listener.ProbeLive.Ask(t.Context(), c); err != nil {
			t.Errorf("%q: %v", host, err)
		}
		_ = server.Close()
	}
}

func TestAProbeOfNobodyFails(t *testing.T) {
	var c config.Config
	c.Host, c.Port = "127.0.0.1", servertest.FreePort(t)
	if err := listener.ProbeLive.Ask(t.Context(), c); err == nil || !strings.HasPrefix(err.Error(), "no answer: ") {
		t.Errorf("nobody listens: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := listener.ProbeReady.Ask(ctx, answering(t, false, nil)); err == nil {
		t.Error("a probe that is given up succeeds")
	}
}

func TestAProbeIsAFlag(t *testing.T) {
	for _, tt := range []struct{ argument, want, err string }{
		{"-healthcheck", "live", ""},
		{"-healthcheck=live", "live", ""},
		{"-healthcheck=ready", "ready", ""},
		{"-healthcheck=well", "", "must be live or ready"},
		{"-healthcheck=false", "", "must be live or ready"},
	} {
		var probe listener.Probe
		flags := flag.NewFlagSet("", flag.ContinueOnError)
		flags.SetOutput(io.Discard)
		flags.Var(&probe, "healthcheck", "")
		err := flags.Parse([]string{tt.argument})
		if probe.String() != tt.want || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: %q, %v, want %q, %q", tt.argument, probe, err, tt.want, tt.err)
		}
	}
}
