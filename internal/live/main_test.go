package live

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/internal/admission"
	"seckill/internal/books"
	"seckill/internal/ledger"
	"seckill/internal/role"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/internal/stream"
	"seckill/model"
)

func TestMain(m *testing.M) { os.Exit(servertest.Run(m)) }

// silent is told of what nobody counts here.
type silent struct{}

func (silent) LogsWritten(int64, seckill.Status, seckill.Reason, int) {}
func (silent) OrdersWritten(int64, seckill.OrderStatus, int)          {}
func (silent) DeadLettersWritten(int64, seckill.DeadReason, int)      {}
func (silent) PaymentUnwanted(int64, seckill.Unwanted)                {}

// stage is one replica of the service, as far as somebody watches it.
type stage struct {
	t       *testing.T
	pool    *model.Pool
	client  redis.UniversalClient
	gate    *admission.Gate
	ledger  *ledger.Ledger
	keeper  *books.Keeper
	seconds *stream.Seconds
	tally   *Tally
	adds    *reporter
	sources Sources
	hub     *Hub
}

// newStage makes a replica over the given servers, in which what sources changes is changed.
func newStage(t *testing.T, client redis.UniversalClient, pool *model.Pool, changes ...func(*Sources)) *stage {
	t.Helper()
	s := &stage{
		t: t, pool: pool, client: client, gate: admission.NewGate(client), ledger: ledger.New(pool, silent{}),
		seconds: stream.NewSeconds(client, seckill.StreamKey), tally: NewTally(),
	}
	s.adds = newReporter(s.tally, s.seconds)
	streams := stream.NewInspector(client, "g1", seckill.StreamKey)
	s.keeper = books.NewKeeper(pool, s.gate, streams, s.ledger)
	s.sources = Sources{Database: pool, Streams: streams, Books: books.NewReader(pool, s.gate), Seconds: s.seconds}
	for _, change := range changes {
		change(&s.sources)
	}
	s.hub = New(s.sources)
	s.play(s.hub.Role())
	return s
}

// newOwnStage is newStage over the shared Redis, emptied, and a database of its own.
func newOwnStage(t *testing.T, changes ...func(*Sources)) *stage {
	t.Helper()
	return newStage(t, clientsOf(t, servertest.SharedRedis(t).Options().Addr), servertest.Pool(t), changes...)
}

// clientsOf makes the client that the service would make.
func clientsOf(t *testing.T, addr string) redis.UniversalClient {
	t.Helper()
	clients := stream.NewClients(stream.ClientConfig{Addrs: []string{addr}, ReadTimeout: 2 * time.Second, WriteTimeout: 2 * time.Second})
	t.Cleanup(func() { _ = clients.Close() })
	return clients.Commands
}

// play runs a role until the end of the test.
func (s *stage) play(r *role.Role) {
	var running sync.WaitGroup
	running.Go(r.Start)
	s.t.Cleanup(func() { r.Stop(); running.Wait() })
}

func (s *stage) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// create makes a product and opens its gate; stock below 0 = record-only.
func (s *stage) create(id, stock int64) {
	s.t.Helper()
	p := seckill.Product{ProductID: id, Name: fmt.Sprint("p", id), PerUserLimit: 1, PaymentWindow: time.Minute}
	if stock >= 0 {
		p.StockTotal = &stock
	}
	_, err := s.ledger.CreateProduct(s.t.Context(), "tester", p)
	s.must(err)
	s.must(s.keeper.Bring(s.t.Context(), id))
}

// report adds what has been counted, as of the end of a second.
func (s *stage) report(second int64) {
	s.adds.now = func() time.Time { return time.Unix(second+1, 0) }
	s.adds.report(s.t.Context())
	if len(s.adds.held) != 0 {
		s.t.Fatalf("%d counts are not added", len(s.adds.held))
	}
}

// audience takes what one watcher is sent.
type audience struct {
	t      *testing.T
	events chan event
	leave  context.CancelFunc
	left   chan error
}

// event is an event as a watcher reads it.
type event struct {
	id, name string
	data     string
}

// SendWire implements Out.
func (a *audience) SendWire(wire []byte) error {
	var e event
	for line := range strings.Lines(string(wire)) {
		field, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch field {
		case "id":
			e.id = value
		case "event":
			e.name = value
		case "data":
			e.data = value
		}
	}
	a.events <- e
	return nil
}

// Alive implements Out.
func (a *audience) Alive() error { return nil }

// watch begins to watch a product; 0 = all.
func (s *stage) watch(productID, last int64) *audience {
	s.t.Helper()
	ctx, leave := context.WithCancel(s.t.Context())
	a := &audience{t: s.t, events: make(chan event, 1000), leave: leave, left: make(chan error, 1)}
	go func() {
		if productID == overview {
			a.left <- s.hub.FollowAll(ctx, last, a)
		} else {
			a.left <- s.hub.Follow(ctx, productID, last, a)
		}
	}()
	s.t.Cleanup(leave)
	return a
}

// go away, and wait until that is noticed.
func (a *audience) goAway() {
	a.t.Helper()
	a.leave()
	if err := <-a.left; err != nil {
		a.t.Fatal(err)
	}
}

// next returns the next event of a name, and passes over others.
func (a *audience) next(name string) event {
	a.t.Helper()
	for {
		select {
		case e := <-a.events:
			if e.name == name {
				return e
			}
		case err := <-a.left:
			a.t.Fatalf("the stream has ended: %v", err)
		case <-time.After(time.Minute):
			a.t.Fatalf("no %s within a minute", name)
		}
	}
}

// into decodes what an event tells; it must tell nothing else.
func (e event) into(t *testing.T, value any) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(e.data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(value); err != nil {
		t.Fatalf("%s: %v", e.data, err)
	}
}

// sample returns the next sample.
func (a *audience) sample() Sample {
	a.t.Helper()
	var s Sample
	a.next("sample").into(a.t, &s)
	return s
}

// until returns the first sample of which holds is true.
func (a *audience) until(what string, holds func(s Sample) bool) Sample {
	a.t.Helper()
	for range 60 {
		if s := a.sample(); holds(s) {
			return s
		}
	}
	a.t.Fatalf("not within 60 samples: %s", what)
	return Sample{}
}
