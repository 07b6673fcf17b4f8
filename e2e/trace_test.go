package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// spanLine is a span as go-zero's file exporter writes it.
type spanLine struct {
	Name        string `json:"Name"`
	SpanContext spanID `json:"SpanContext"`
	Parent      spanID `json:"Parent"`
}

type spanID struct {
	TraceID string `json:"TraceID"`
	SpanID  string `json:"SpanID"`
}

// spansIn returns the spans of a trace in a file, by name.
func spansIn(t *testing.T, file, traceID string) map[string]spanLine {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	spans := map[string]spanLine{}
	for lines := json.NewDecoder(f); ; {
		var span spanLine
		err := lines.Decode(&span)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) { // of a line that is being written
			return spans
		}
		if err != nil {
			t.Fatal(err)
		}
		if span.SpanContext.TraceID == traceID {
			spans[span.Name] = span
		}
	}
}

// TestATraceGoesFromTheRequestToTheCommit and names no user. A replica without an endpoint
// leaves no trace in the stream, whatever the caller asks for.
func TestATraceGoesFromTheRequestToTheCommit(t *testing.T) {
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "100") // milliseconds; else 5 s
	const traceID, another, user = "4bf92f3577b34da6a3ce929d0e0e4736", "4bf92f3577b34da6a3ce929d0e0e4737", 987654321
	file := filepath.Join(t.TempDir(), "spans.json")
	s := newSite(t)
	traced := s.start("a", fmt.Sprintf("Telemetry: {Endpoint: %q, Batcher: file, Sampler: 0}", file))
	silent := s.start("b", "")
	traced.ready()
	silent.ready()
	servertest.Eventually(t, "the gate is open", func() bool {
		return s.client.HExists(t.Context(), seckill.CompanionKey(1, "gate"), "epoch").Val()
	})
	silent.attempt(user+1, traceID)
	silent.kill() // it would consume the other entry, too, and say nothing of it
	traced.attempt(user, traceID)
	traced.postTraced("/attempts/batch", fmt.Sprintf(`{"items": [{"userId": %d}, {"userId": %d}]}`, user+2, user+3), another, http.StatusOK)
	var spans map[string]spanLine
	servertest.Eventually(t, "all spans are written", func() bool {
		spans = spansIn(t, file, traceID)
		return len(spans) == 4
	})
	request := spans["/api/v1/products/:productId/attempts"]
	for _, name := range []string{"send seckill:1", "process seckill:1", "await seckill:1"} {
		if span := spans[name]; span.Parent.SpanID != request.SpanContext.SpanID || span.Parent.SpanID == "" {
			t.Errorf("%s is a child of %q, and the request is %+v", name, span.Parent.SpanID, request)
		}
	}
	if text, err := os.ReadFile(file); err != nil || strings.Contains(string(text), fmt.Sprint(user)) {
		t.Errorf("%v, or a user in %s", err, text)
	}
	entries, err := s.client.XRange(t.Context(), seckill.StreamKey(1), "-", "+").Result()
	if err != nil || len(entries) != 4 {
		t.Fatalf("%v, %v", entries, err)
	}
	for i, trace := range []string{"", traceID, another, another} { // the last two came together
		if parent, _ := entries[i].Values["tp"].(string); (parent == "") != (trace == "") || !strings.Contains(parent, trace) {
			t.Errorf("entry %d carries %q of trace %q", i, parent, trace)
		}
	}
}

// attempt makes an attempt within the trace of a caller who samples it.
func (p *process) attempt(user int, traceID string) {
	p.t.Helper()
	p.postTraced("/attempts", fmt.Sprintf(`{"userId": %d}`, user), traceID, http.StatusAccepted)
}

// postTraced makes a call for product 1 within such a trace.
func (p *process) postTraced(path, body, traceID string, want int) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.address+"/api/v1/products/1"+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+p.token("bff"))
	r.Header.Set("Traceparent", "00-"+traceID+"-00f067aa0ba902b7-01")
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = a.Body.Close() }()
	if a.StatusCode != want || !strings.Contains(a.Header.Get("Traceparent"), traceID) {
		p.t.Errorf("%s, trace %q", a.Status, a.Header.Get("Traceparent"))
	}
}

// TestTracesThatNobodyTakes: a collector that is away, or takes connections and says nothing,
// costs the spans, a few lines in the log, and some seconds at the end, which is no kill.
func TestTracesThatNobodyTakes(t *testing.T) {
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "100") // milliseconds; else 5 s
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	for name, endpoint := range map[string]string{
		"away": fmt.Sprintf("127.0.0.1:%d", servertest.FreePort(t)), "silent": silent.Addr().String(),
	} {
		t.Run(name, func(t *testing.T) {
			const users = 300
			s := newSite(t)
			p := s.start("a", fmt.Sprintf("Telemetry: {Endpoint: %q, Batcher: otlpgrpc, Sampler: 1}", endpoint))
			p.ready()
			p.sell(2, fmt.Sprintf(`"stockTotal": %d`, users))
			crowd(1, users, 8, func(user int) {
				if got := p.try(2, user, ""); !got.admitted() {
					t.Errorf("user %d: %+v", user, got)
				}
			})
			s.quiet(2, p)
			begin := time.Now()
			if code := p.terminate(); code != 0 {
				t.Errorf("exit code %d", code)
			}
			lines := 0
			for line := range strings.Lines(p.output.String()) {
				if strings.Contains(line, "otel") || strings.Contains(line, "export") {
					lines++
				}
			}
			t.Logf("ended after %s, with %d lines of traces", time.Since(begin), lines)
			if lines > 20 {
				t.Errorf("%d lines tell of %d attempts without a collector", lines, users)
			}
		})
	}
}
