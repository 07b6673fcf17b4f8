package tracing

import (
	"context"
	"slices"
	"strconv"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"go.opentelemetry.io/otel/trace"

	"seckill/internal/seckill"
)

// maxLinks is the most links of a span, as many as the SDK keeps by default.
const maxLinks = 128

// Entry is an entry of a stream that carries a trace.
type Entry struct {
	StreamID string
	Parent   string // its traceparent, as Of or Parent returns it
}

// Span is a span of many attempts. A nil one does nothing.
type Span struct {
	span      trace.Span
	productID int64
	entries   []Entry
}

// Send begins the span of a call to the gate that decides count attempts. parents are the
// traceparents of the sampled ones; without any there is no span, and nil is returned.
func Send(productID int64, count int, parents []string) *Span {
	return begin(productID, parents, "send", trace.SpanKindProducer, semconv.MessagingOperationTypeSend,
		semconv.MessagingBatchMessageCount(count))
}

// Process begins the span of a transaction that stores a batch of count entries. entries
// are the sampled ones; without any there is no span, and nil is returned.
func Process(productID int64, group string, count int, entries []Entry) *Span {
	parents := make([]string, len(entries))
	for i := range entries {
		parents[i] = entries[i].Parent
	}
	s := begin(productID, parents, "process", trace.SpanKindConsumer, semconv.MessagingOperationTypeProcess,
		semconv.MessagingBatchMessageCount(count), semconv.MessagingConsumerGroupName(group))
	if s != nil {
		s.entries = entries
	}
	return s
}

func begin(productID int64, parents []string, operation string, kind trace.SpanKind, attributes ...attribute.KeyValue) *Span {
	if len(parents) == 0 {
		return nil
	}
	first, _ := spanOf(parents[0])
	parents = slices.Compact(slices.Clone(parents)) // those of one request, a batch, stand together
	var links []trace.Link
	for _, parent := range parents[:min(len(parents), maxLinks)] {
		if other, ok := spanOf(parent); ok {
			links = append(links, trace.Link{SpanContext: other})
		}
	}
	ctx := trace.ContextWithRemoteSpanContext(context.Background(), first)
	_, span := tracer().Start(ctx, nameOf(operation, productID), //nolint:spancheck // Fail, End or Committed ends it
		trace.WithSpanKind(kind), trace.WithLinks(links...),
		trace.WithAttributes(append(common(productID, operation), attributes...)...))
	return &Span{span: span, productID: productID} //nolint:spancheck // as above
}

// Fail ends the span of what has failed. kind is the attribute error.type, such as an
// SQLSTATE; the text of the error is left to the log, since it may name anything.
func (s *Span) Fail(kind string) {
	if s == nil {
		return
	}
	s.span.SetAttributes(semconv.ErrorTypeKey.String(kind))
	s.span.SetStatus(codes.Error, "")
	s.span.End()
}

// End ends the span of a call to the gate.
func (s *Span) End() {
	if s != nil {
		s.span.End()
	}
}

// Committed ends the span of a batch at the moment of its commit, and says in the trace of
// each sampled entry how long that has waited. Of the batch, stored entries are new and
// duplicates had been stored before.
func (s *Span) Committed(at time.Time, stored, duplicates, dead int) {
	if s == nil {
		return
	}
	s.span.SetAttributes(attribute.Int("seckill.batch.stored", stored),
		attribute.Int("seckill.batch.duplicates", duplicates), attribute.Int("seckill.batch.dead", dead))
	s.span.End(trace.WithTimestamp(at))
	for i := range s.entries {
		s.await(&s.entries[i], at)
	}
}

// await is the span of one entry, from its arrival, which its ID tells, to the commit.
func (s *Span) await(entry *Entry, committed time.Time) {
	id, err := seckill.ParseStreamID(entry.StreamID)
	parent, ok := spanOf(entry.Parent)
	if err != nil || !ok {
		return
	}
	arrived := time.UnixMilli(int64(id.Ms)) //nolint:gosec // an ID beyond int64 is no time at all
	if arrived.After(committed) {
		arrived = committed // its ID is ahead of the clock
	}
	ctx := trace.ContextWithRemoteSpanContext(context.Background(), parent)
	_, span := tracer().Start(ctx, nameOf("await", s.productID), trace.WithSpanKind(trace.SpanKindConsumer),
		trace.WithTimestamp(arrived), trace.WithLinks(trace.Link{SpanContext: s.span.SpanContext()}),
		trace.WithAttributes(append(common(s.productID, "await"), semconv.MessagingMessageID(entry.StreamID))...))
	span.End(trace.WithTimestamp(committed))
}

// tracer is asked for each time: the provider may be set after this package is.
func tracer() trace.Tracer { return otel.Tracer("seckill") }

func nameOf(operation string, productID int64) string {
	return operation + " seckill:" + strconv.FormatInt(productID, 10)
}

// common are the attributes of every span of ours.
func common(productID int64, operation string) []attribute.KeyValue {
	return []attribute.KeyValue{
		semconv.MessagingSystemKey.String("redis"),
		semconv.MessagingDestinationName(seckill.StreamKey(productID)),
		semconv.MessagingOperationName(operation),
	}
}
