package consumer_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"seckill/internal/admission"
	"seckill/internal/consumer"
	"seckill/internal/ledger"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/internal/tracing"
)

// tracks are the spans that have ended.
type tracks struct {
	*tracetest.InMemoryExporter
	t *testing.T
}

// track has every request sampled until the test ends.
func track(t *testing.T) tracks {
	t.Helper()
	kept := tracetest.NewInMemoryExporter()
	before := otel.GetTracerProvider()
	otel.SetTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSyncer(kept)))
	t.Cleanup(func() { otel.SetTracerProvider(before) })
	return tracks{kept, t}
}

// named returns the spans of an operation.
func (k tracks) named(operation string) tracetest.SpanStubs {
	return slices.DeleteFunc(k.GetSpans(), func(s tracetest.SpanStub) bool { return !strings.HasPrefix(s.Name, operation) })
}

// only returns the one span of an operation, once it has ended.
func (k tracks) only(operation string) tracetest.SpanStub {
	k.t.Helper()
	servertest.Eventually(k.t, "a span "+operation, func() bool { return len(k.named(operation)) > 0 })
	spans := k.named(operation)
	if len(spans) != 1 {
		k.t.Fatalf("%d spans %s", len(spans), operation)
	}
	return spans[0]
}

// request has a gate decide an attempt within the span of its request, which it returns.
func request(t *testing.T, gate *admission.Gate, user int64) trace.SpanContext {
	t.Helper()
	ctx, span := otel.Tracer("test").Start(t.Context(), "request")
	defer span.End()
	a := admission.Attempt{ProductID: 1, UserID: user, Trace: tracing.Parent(ctx)}
	if user%2 == 0 {
		a.RequestID = "r"
	}
	if outcome, err := gate.Admit(ctx, a); err != nil || outcome.StreamID == "" {
		t.Errorf("user %d: %+v, %v", user, outcome, err)
	}
	return span.SpanContext()
}

// gateOf opens the gate of product 1, which is record-only.
func (w *world) gateOf() *admission.Gate {
	gate := admission.NewGate(w.client)
	if err := gate.Open(w.t.Context(), 1, admission.Opening{Epoch: 1, Terms: admission.Terms{Status: string(seckill.ProductActive)}}); err != nil {
		w.t.Fatal(err)
	}
	return gate
}

func valueOf(span tracetest.SpanStub, key attribute.Key) string {
	for _, a := range span.Attributes {
		if a.Key == key {
			return a.Value.String()
		}
	}
	return ""
}

func TestTheTraceOfOneAttempt(t *testing.T) {
	for _, user := range []int64{5, 6} { // without a request ID, and with one
		w, spans := newWorld(t, 1), track(t)
		asked := request(t, w.gateOf(), user)
		w.loop(1, "", w.ledger)
		await := spans.only("await seckill:1")
		send, process := spans.only("send seckill:1"), spans.only("process seckill:1")
		for _, span := range []tracetest.SpanStub{send, process, await} {
			if span.Parent.SpanID() != asked.SpanID() || span.SpanContext.TraceID() != asked.TraceID() {
				t.Errorf("%s is not a child of the request", span.Name)
			}
			if valueOf(span, "messaging.system") != "redis" || valueOf(span, "messaging.destination.name") != "stream:seckill:1" {
				t.Errorf("%s: %v", span.Name, span.Attributes)
			}
		}
		if len(process.Links) != 1 || process.Links[0].SpanContext.SpanID() != asked.SpanID() {
			t.Errorf("the batch links %v", process.Links)
		}
		if len(await.Links) != 1 || await.Links[0].SpanContext.SpanID() != process.SpanContext.SpanID() {
			t.Errorf("the entry links %v", await.Links)
		}
		id, err := seckill.ParseStreamID(valueOf(await, "messaging.message.id"))
		if err != nil || await.StartTime.UnixMilli() != int64(id.Ms) || !await.EndTime.Equal(process.EndTime) {
			t.Errorf("the entry %+v waits from %v to %v", id, await.StartTime, await.EndTime)
		}
		if valueOf(process, "messaging.batch.message_count") != "1" || valueOf(process, "messaging.consumer.group.name") != "g1" ||
			valueOf(process, "seckill.batch.stored") != "1" || valueOf(process, "seckill.batch.duplicates") != "0" {
			t.Errorf("the batch: %v", process.Attributes)
		}
	}
}

// TestTheTraceOfABatch has three hundred sampled attempts, and one that is not.
func TestTheTraceOfABatch(t *testing.T) {
	const many = 300
	w, spans := newWorld(t, 1), track(t)
	gate := w.gateOf()
	asked := map[trace.SpanID]bool{}
	for user := range int64(many) {
		asked[request(t, gate, user+1).SpanID()] = true
	}
	w.add(1, "*", "uid", "1000", "tp", "not a trace")
	large := config()
	large.Count = 2 * many
	w.start(consumer.NewLoop(1, large, w.reader(1, ""), w.ledger, w.metrics).Role)
	servertest.Eventually(t, "all spans have ended", func() bool { return len(spans.named("await")) == many })
	process := spans.only("process")
	if len(process.Links) != 128 || valueOf(process, "messaging.batch.message_count") != "301" || process.DroppedLinks != 0 {
		t.Errorf("%d links, %d dropped, %v", len(process.Links), process.DroppedLinks, process.Attributes)
	}
	waited := map[trace.SpanID]bool{}
	for _, await := range spans.named("await") {
		waited[await.Parent.SpanID()] = true
	}
	if !maps.Equal(asked, waited) {
		t.Errorf("%d requests are told of, not all of %d", len(waited), len(asked))
	}
}

// TestACallForSeveralLinksThem: the sampled ones, none of the others.
func TestACallForSeveralLinksThem(t *testing.T) {
	w, spans := newWorld(t, 1), track(t)
	gate := w.gateOf()
	var crowd sync.WaitGroup
	for user := range int64(200) {
		crowd.Go(func() {
			if user%2 == 0 {
				request(t, gate, user+1)
				return
			}
			if _, err := gate.Admit(context.Background(), admission.Attempt{ProductID: 1, UserID: user + 1}); err != nil {
				t.Error(err)
			}
		})
	}
	crowd.Wait()
	linked := 0
	for _, send := range spans.named("send") {
		linked += len(send.Links)
		if send.Links[0].SpanContext.SpanID() != send.Parent.SpanID() || send.SpanKind != trace.SpanKindProducer {
			t.Errorf("%+v is not a child of the first that it links", send)
		}
	}
	traced := 0
	for _, fields := range w.fieldsOf(1) {
		if fields["tp"] != nil {
			traced++
		}
	}
	if linked != 100 || traced != 100 {
		t.Errorf("of 100 sampled attempts %d are linked, and %d entries carry a trace", linked, traced)
	}
}

// fieldsOf returns the fields of a product's entries.
func (w *world) fieldsOf(product int64) []map[string]any {
	w.t.Helper()
	entries, err := w.client.XRange(w.t.Context(), seckill.StreamKey(product), "-", "+").Result()
	if err != nil {
		w.t.Fatal(err)
	}
	fields := make([]map[string]any, len(entries))
	for i := range entries {
		fields[i] = entries[i].Values
	}
	return fields
}

// crashing stores a batch and is gone before anybody hears of it.
type crashing struct {
	*ledger.Ledger
	once sync.Once
}

func (c *crashing) Store(ctx context.Context, b ledger.Batch) (outcome ledger.Outcome, err error) {
	outcome, err = c.Ledger.Store(ctx, b)
	c.once.Do(func() { outcome, err = ledger.Outcome{}, errors.New("crashed behind the commit") })
	return outcome, err
}

// TestTheTraceOfAReplay: the batch that was stored before a crash comes again, and says so.
func TestTheTraceOfAReplay(t *testing.T) {
	w, spans := newWorld(t, 1), track(t)
	asked := request(t, w.gateOf(), 5)
	w.loop(1, "", &crashing{Ledger: w.ledger})
	await := spans.only("await")
	servertest.Eventually(t, "both attempts at the batch", func() bool { return len(spans.named("process")) == 2 })
	first, second := spans.named("process")[0], spans.named("process")[1]
	if first.Status.Code != codes.Error || valueOf(first, "error.type") != "postgres" || first.Parent.SpanID() != asked.SpanID() {
		t.Errorf("the first: %+v", first)
	}
	if second.Status.Code == codes.Error || valueOf(second, "seckill.batch.duplicates") != "1" || valueOf(second, "seckill.batch.stored") != "0" {
		t.Errorf("the second: %v", second.Attributes)
	}
	if await.Parent.SpanID() != asked.SpanID() || await.Links[0].SpanContext.SpanID() != second.SpanContext.SpanID() {
		t.Errorf("the entry: %+v", await)
	}
	if waited := await.EndTime.Sub(await.StartTime); waited < 0 || waited > time.Minute {
		t.Errorf("it waited %v", waited)
	}
}
