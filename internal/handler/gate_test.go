package handler_test

import (
	"sync"
	"time"

	"seckill/internal/admission"
	"seckill/internal/books"
	"seckill/internal/ledger"
	"seckill/internal/live"
	"seckill/internal/notify"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/internal/stream"
	"seckill/internal/svc"
)

// uncounted counts no attempts.
type uncounted struct{}

func (uncounted) AttemptDecided(int64, string, time.Duration) {}

// listener tells the gate and the hub, as the service does.
type listener struct {
	*books.Keeper
	hub *notify.Hub
}

func (l listener) ResultsChanged(productID int64, users []int64) { l.hub.Changed(productID, users) }

// bring tells the gate of a product what has been decided.
func (w *world) bring(productID int64) {
	w.t.Helper()
	if err := w.keeper.Bring(w.t.Context(), productID); err != nil {
		w.t.Fatal(err)
	}
}

// gate adds the real gate, and what belongs to it, to what a server is made of.
func (w *world) gate(d *svc.Deps) {
	if w.client == nil {
		w.client = servertest.SharedRedis(w.t)
	}
	gate := admission.NewGate(w.client)
	inspector := stream.NewInspector(w.client, "g1", seckill.StreamKey)
	book, _ := d.Ledger.(*ledger.Ledger)
	keeper := books.NewKeeper(w.pool, gate, inspector, book)
	hub := notify.New(w.client, notify.Sources{Stored: w.pool.FindResults, Waiting: gate.Waiting})
	if book != nil {
		book.Tell(listener{Keeper: keeper, hub: hub})
	}
	w.pressure = admission.NewPressure(inspector.Backlogs)
	w.entrance = &admission.Entrance{
		Gate: gate, Pressure: w.pressure, MaxDelay: 10 * time.Second, Books: keeper, Listener: hub, Counter: uncounted{},
	}
	w.keeper = keeper
	d.Books, d.Keeper, d.Entrance = books.NewReader(w.pool, gate), keeper, w.entrance
	d.Pressure, d.Results, d.Feed = w.pressure, hub, w.pool
	d.Live = w.watched(live.Sources{
		Database: w.pool, Streams: inspector, Books: d.Books, Seconds: stream.NewSeconds(w.client, seckill.StreamKey),
	})
}

// watched makes the hub of those who watch, which stops with the test.
func (w *world) watched(from live.Sources) *live.Hub {
	hub := live.New(from)
	r := hub.Role()
	var running sync.WaitGroup
	running.Go(r.Start)
	w.t.Cleanup(func() { r.Stop(); running.Wait() })
	return hub
}
