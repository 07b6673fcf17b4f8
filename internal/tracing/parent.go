package tracing

import (
	"context"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

const (
	parentLength = 55 // of a W3C traceparent, version 00
	header       = "traceparent"
)

// Parent returns the W3C traceparent of a request that is sampled, by which its entry
// carries its trace on, "" of any other.
func Parent(ctx context.Context) string {
	span := trace.SpanFromContext(ctx)
	if !span.IsRecording() || !span.SpanContext().IsSampled() {
		return ""
	}
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier[header]
}

// Of returns the traceparent among the fields of an entry, "" when it has none or what is
// there is none: whoever writes an entry may have written anything.
func Of(fields map[string]any) string {
	parent, _ := fields["tp"].(string)
	if parent == "" {
		return ""
	}
	if _, ok := spanOf(parent); !ok {
		return ""
	}
	return parent
}

// Join returns a context in the trace of a traceparent, for the log; ctx itself when that
// is "".
func Join(ctx context.Context, parent string) context.Context {
	span, ok := spanOf(parent)
	if !ok {
		return ctx
	}
	return trace.ContextWithRemoteSpanContext(ctx, span)
}

// spanOf reads a traceparent, and reports whether it is that of a sampled span.
func spanOf(parent string) (trace.SpanContext, bool) {
	if len(parent) != parentLength {
		return trace.SpanContext{}, false
	}
	ctx := propagation.TraceContext{}.Extract(context.Background(), propagation.MapCarrier{header: parent})
	span := trace.SpanContextFromContext(ctx)
	return span, span.IsValid() && span.IsSampled()
}
