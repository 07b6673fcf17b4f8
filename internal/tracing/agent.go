package tracing

import (
	"context"
	"os"
	"regexp"
	"strings"

	zerotrace "github.com/zeromicro/go-zero/core/trace"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
)

// exportTimeout is OpenTelemetry's own name for the longest that one batch of spans may take
// to be sent, in milliseconds. At the end the process waits until all that are left are
// sent, some six batches at most; with OpenTelemetry's 30 s for each, or the 10 s of OTLP, a
// collector that is away would have it killed at Shutdown.WaitTime.
const exportTimeout = "OTEL_BSP_EXPORT_TIMEOUT"

// SetUp begins to trace as the section Telemetry says, for the whole process. instance
// tells replicas apart, "" = it does not. go-zero sends what is left when the process is
// told to stop; what is traced from then on is lost.
//
// Without an endpoint go-zero would sample every request and send it nowhere. Then nothing
// is sampled, whatever callers ask for; requests have trace IDs all the same, which the log
// shows.
func SetUp(c zerotrace.Config, instance string) {
	if c.Disabled || c.Endpoint == "" {
		otel.SetTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.NeverSample())))
		return
	}
	if instance != "" {
		zerotrace.AddResources(semconv.ServiceInstanceID(instance))
	}
	if os.Getenv(exportTimeout) == "" {
		_ = os.Setenv(exportTimeout, "2000") // fails for no such name
	}
	zerotrace.StartAgent(c)
	if provider, ok := otel.GetTracerProvider().(*sdktrace.TracerProvider); ok {
		provider.RegisterSpanProcessor(Anonymous{})
	}
}

// Anonymous takes the IDs out of what go-zero notes of a request: its target has those of
// users. It is a span processor.
type Anonymous struct{}

const (
	targetKey = attribute.Key("http.target")
	routeKey  = attribute.Key("http.route")
)

// number is a segment of a path that is a number: an ID, where the path is not a route's.
var number = regexp.MustCompile(`/[0-9]+`)

// OnStart implements sdktrace.SpanProcessor. The name of a request's span is its route, or
// its path when there is no such route.
func (Anonymous) OnStart(_ context.Context, span sdktrace.ReadWriteSpan) {
	for _, a := range span.Attributes() {
		if a.Key != targetKey {
			continue
		}
		path, _, _ := strings.Cut(span.Name(), "?")
		path = number.ReplaceAllString(path, "/:id")
		span.SetName(path)
		span.SetAttributes(targetKey.String(path), routeKey.String(path))
		return
	}
}

// OnEnd implements sdktrace.SpanProcessor.
func (Anonymous) OnEnd(sdktrace.ReadOnlySpan) {}

// Shutdown implements sdktrace.SpanProcessor.
func (Anonymous) Shutdown(context.Context) error { return nil }

// ForceFlush implements sdktrace.SpanProcessor.
func (Anonymous) ForceFlush(context.Context) error { return nil }
