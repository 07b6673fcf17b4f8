package metrics_test

import (
	"context"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"seckill/internal/admission"
	"seckill/internal/books"
	"seckill/internal/devstack"
	"seckill/internal/health"
	"seckill/internal/ledger"
	"seckill/internal/metrics"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/internal/stream"
	"seckill/model"
)

// house is servers, and what a process shows of them.
type house struct {
	t       *testing.T
	clients *stream.Clients
	pool    *model.Pool
	gate    *admission.Gate
	keeper  *books.Keeper
	ledger  *ledger.Ledger
	auditor *books.Auditor
	reg     *prometheus.Registry
	metrics *metrics.Metrics
	sources metrics.Sources
	look    func(ctx context.Context) error
	ask     func(ctx context.Context) error
}

type listener struct{ *books.Keeper }

func (listener) ResultsChanged(int64, []int64) {}

// newHouse looks as the service does; change may change what it looks at.
func newHouse(t *testing.T, server *devstack.Redis, pool *model.Pool, change func(*metrics.Sources)) *house {
	t.Helper()
	h := &house{t: t, pool: pool, reg: prometheus.NewRegistry()}
	h.clients = stream.NewClients(stream.ClientConfig{
		Addrs: []string{server.Addr()}, ReadTimeout: 2 * time.Second, WriteTimeout: 2 * time.Second,
	})
	t.Cleanup(func() { _ = h.clients.Close() })
	h.metrics = metrics.New(h.reg)
	h.gate = admission.NewGate(h.clients.Commands)
	inspector := stream.NewInspector(h.clients.Commands, "g1", seckill.StreamKey)
	h.ledger = ledger.New(pool, h.metrics)
	h.keeper = books.NewKeeper(pool, h.gate, inspector, h.ledger)
	h.ledger.Tell(listener{h.keeper})
	h.auditor = books.NewAuditor(pool, h.gate, h.metrics)
	h.sources = metrics.Sources{
		Redis: health.Check{Run: h.clients.Ping}, Postgres: health.Check{Run: pool.Check},
		Database: pool, Streams: inspector, Gates: h.gate,
		Delay: func(int64) time.Duration { return 3 * time.Second },
	}
	if change != nil {
		change(&h.sources)
	}
	h.look, h.ask = h.metrics.Look(h.sources)
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// sell registers products with five units each and opens their gates.
func (h *house) sell(ids ...int64) {
	h.t.Helper()
	for _, id := range ids {
		five := int64(5)
		_, err := h.ledger.CreateProduct(h.t.Context(), "tester", seckill.Product{
			ProductID: id, StockTotal: &five, PerUserLimit: 1, PaymentWindow: time.Hour,
			StartsAt: time.Unix(1_000_000_000, 0), EndsAt: time.Unix(4_000_000_000, 500_000_000),
		})
		h.must(err)
		h.must(h.keeper.Told(h.t.Context(), id))
		h.must(h.clients.Commands.XGroupCreateMkStream(h.t.Context(), seckill.StreamKey(id), "g1", "0").Err())
	}
}

// collect looks at everything once, the books included, whatever fails.
func (h *house) collect() {
	_ = h.look(h.t.Context())
	_ = h.auditor.Audit(h.t.Context())
}

// find returns the values of a series by its name and labels, none if it is not shown.
// Labels are given as name, value, …; those that are not given may be anything.
func (h *house) find(name string, labels ...string) []float64 {
	h.t.Helper()
	families, err := h.reg.Gather()
	h.must(err)
	var values []float64
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			has := map[string]string{}
			for _, l := range m.GetLabel() {
				has[l.GetName()] = l.GetValue()
			}
			matches := true
			for i := 0; i < len(labels); i += 2 {
				matches = matches && has[labels[i]] == labels[i+1]
			}
			if matches {
				values = append(values, m.GetCounter().GetValue()+m.GetGauge().GetValue())
			}
		}
	}
	return values
}

// shown reports whether a product has the series of a name.
func (h *house) shown(name, product string) bool {
	h.t.Helper()
	return len(h.find(name, "product", product)) > 0
}

// want expects one series with the given value.
func (h *house) want(value float64, name string, labels ...string) {
	h.t.Helper()
	if got := h.find(name, labels...); len(got) != 1 || got[0] != value {
		h.t.Errorf("%s%v = %v, want %v", name, labels, got, value)
	}
}

// push adds an entry to the stream of a product.
func (h *house) push(product int64, id string, fields ...string) {
	h.t.Helper()
	h.must(h.clients.Commands.Do(h.t.Context(), append([]any{"XADD", seckill.StreamKey(product), id}, anys(fields)...)...).Err())
}

func anys(words []string) []any {
	all := make([]any, len(words))
	for i, w := range words {
		all[i] = w
	}
	return all
}

func (h *house) exec(statement string, args ...any) {
	h.t.Helper()
	_, err := h.pool.Exec(h.t.Context(), statement, args...)
	h.must(err)
}

// newShared is a house over a database of its own and a Redis of its own.
func newShared(t *testing.T, change func(*metrics.Sources)) *house {
	t.Helper()
	return newHouse(t, servertest.Redis(t), servertest.Pool(t), change)
}
