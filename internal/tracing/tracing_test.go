package tracing_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	zerotrace "github.com/zeromicro/go-zero/core/trace"
	zerohandler "github.com/zeromicro/go-zero/rest/handler"
	"go.opentelemetry.io/otel"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"seckill/internal/tracing"
)

const sampledParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

// request serves one request as go-zero does, and returns its span, and what its entry
// would be given.
func request(t *testing.T, route, target, caller string) (span trace.Span, parent string) {
	t.Helper()
	handler := zerohandler.TraceHandler("seckill", route)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		span, parent = trace.SpanFromContext(r.Context()), tracing.Parent(r.Context())
		if span.IsRecording() != (parent != "") {
			t.Errorf("recording is %v, and the parent is %q", span.IsRecording(), parent)
		}
	}))
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, http.NoBody)
	if caller != "" {
		r.Header.Set("Traceparent", caller)
	}
	handler.ServeHTTP(httptest.NewRecorder(), r)
	return span, parent
}

// provide has spans kept in memory until the test ends.
func provide(t *testing.T, sampler sdktrace.Sampler) *tracetest.InMemoryExporter {
	t.Helper()
	kept := tracetest.NewInMemoryExporter()
	before := otel.GetTracerProvider()
	otel.SetTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.ParentBased(sampler)),
		sdktrace.WithSyncer(kept), sdktrace.WithSpanProcessor(tracing.Anonymous{})))
	t.Cleanup(func() { otel.SetTracerProvider(before) })
	return kept
}

func TestOnlyASampledRequestHasAParentForItsEntry(t *testing.T) {
	provide(t, sdktrace.AlwaysSample())
	if _, got := request(t, "/x", "/x", sampledParent); tracing.Of(map[string]any{"tp": got}) != got ||
		!strings.HasPrefix(got, sampledParent[:36]) || len(got) != 55 || got[36:52] == sampledParent[36:52] {
		t.Errorf("in the trace of the caller: %q", got)
	}
	if _, got := request(t, "/x", "/x", ""); len(got) != 55 {
		t.Errorf("in a trace of its own: %q", got)
	}
	provide(t, sdktrace.NeverSample())
	if _, got := request(t, "/x", "/x", ""); got != "" {
		t.Errorf("not sampled: %q", got)
	}
	if _, got := request(t, "/x", "/x", strings.TrimSuffix(sampledParent, "1")+"0"); got != "" {
		t.Errorf("the caller has not sampled: %q", got)
	}
}

func TestWithoutAnEndpointNothingIsSampled(t *testing.T) {
	before := otel.GetTracerProvider()
	defer otel.SetTracerProvider(before)
	for _, c := range []zerotrace.Config{{Sampler: 1}, {Sampler: 1, Endpoint: "localhost:4317", Batcher: "otlpgrpc", Disabled: true}} {
		tracing.SetUp(c, "a")
		for _, parent := range []string{"", sampledParent} {
			span, given := request(t, "/x", "/x", parent)
			if given != "" || span.IsRecording() || span.SpanContext().IsSampled() {
				t.Errorf("%+v: a request with parent %q is sampled", c, parent)
			}
			if !span.SpanContext().HasTraceID() {
				t.Errorf("%+v: a request with parent %q has no trace ID for the log", c, parent)
			}
		}
	}
}

func TestWhatIsNoTraceparentIsIgnored(t *testing.T) {
	for name, field := range map[string]any{
		"none": nil, "empty": "", "a number": 5, "text": "hello", "too short": sampledParent[:54], "too long": sampledParent + "0",
		"not sampled": sampledParent[:54] + "0", "no trace": "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
		"no span": "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", "capitals": strings.ToUpper(sampledParent),
		"version ff": "ff" + sampledParent[2:], "no digits": strings.Repeat("z", 55), "NUL": strings.Repeat("\x00", 55),
	} {
		fields := map[string]any{"uid": "1"}
		if field != nil {
			fields["tp"] = field
		}
		if got := tracing.Of(fields); got != "" {
			t.Errorf("%s: %q", name, got)
		}
		text, _ := field.(string)
		if trace.SpanContextFromContext(tracing.Join(t.Context(), text)).IsValid() {
			t.Errorf("%s is joined", name)
		}
	}
	if tracing.Of(map[string]any{"tp": sampledParent}) != sampledParent {
		t.Error("a good one is ignored too")
	}
}

// TestNoSpanNamesAUser: neither of a known route nor of a path that is none.
func TestNoSpanNamesAUser(t *testing.T) {
	kept := provide(t, sdktrace.AlwaysSample())
	request(t, "/api/v1/products/:productId/users/:userId/result", "/api/v1/products/1/users/987654321/result?wait=5s", "")
	request(t, "/admin/v1/orders", "/admin/v1/orders?userId=987654321", "")
	request(t, "", "/api/v1/users/987654321/nothing?user=987654321", "")
	tracing.Send(7, 1, []string{sampledParent}).End()
	spans := kept.GetSpans()
	if len(spans) != 4 {
		t.Fatalf("%d spans", len(spans))
	}
	for _, span := range spans {
		if strings.Contains(span.Name, "987654321") {
			t.Errorf("the name %q", span.Name)
		}
		for _, a := range span.Attributes {
			if strings.Contains(a.Value.String(), "987654321") {
				t.Errorf("%s of %q is %s", a.Key, span.Name, a.Value.String())
			}
		}
	}
}

// TestAttemptsOfOneRequestAreOneLink: those of a batch would fill the links of a span.
func TestAttemptsOfOneRequestAreOneLink(t *testing.T) {
	kept := provide(t, sdktrace.AlwaysSample())
	other := strings.Replace(sampledParent, "4bf92f", "4bf930", 1)
	tracing.Send(7, 301, append(slices.Repeat([]string{sampledParent}, 300), other)).End()
	if links := kept.GetSpans()[0].Links; len(links) != 2 {
		t.Errorf("%d links, want one a request", len(links))
	}
}

func TestWhatIsNotSampledHasNoSpan(t *testing.T) {
	kept := provide(t, sdktrace.AlwaysSample())
	send, process := tracing.Send(1, 256, nil), tracing.Process(1, "g1", 256, nil)
	if send != nil || process != nil {
		t.Error("there is a span of attempts of which none is sampled")
	}
	send.End()
	process.Fail("postgres")
	if allocations := testing.AllocsPerRun(100, func() {
		tracing.Send(1, 256, nil).End()
		tracing.Of(map[string]any{})
		tracing.Parent(context.Background())
	}); allocations > 0 {
		t.Errorf("%v allocations for what is not sampled", allocations)
	}
	if len(kept.GetSpans()) != 0 {
		t.Errorf("%d spans", len(kept.GetSpans()))
	}
}
