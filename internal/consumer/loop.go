package consumer

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/zeromicro/go-zero/core/logx"

	"seckill/internal/admission"
	"seckill/internal/ledger"
	"seckill/internal/metrics"
	"seckill/internal/role"
	"seckill/internal/stream"
)

// Reader is what a loop needs of a stream; stream.Reader is it.
type Reader interface {
	Key() string
	Group() string
	Consumer() string
	Join(ctx context.Context) error
	Read(ctx context.Context, count int, block time.Duration) (stream.Batch, error)
	ReadOwnPending(ctx context.Context, after string, count int) (stream.Batch, error)
	Claim(ctx context.Context, start string, minIdle time.Duration, count int) (stream.Batch, string, error)
	Ack(ctx context.Context, ids []string, mark string) error
	Stored(ctx context.Context) ([]string, error)
	Behind(ctx context.Context) (bool, error)
}

// Ledger is where a loop stores; ledger.Ledger is it.
type Ledger interface {
	Store(ctx context.Context, b ledger.Batch) (ledger.Outcome, error)
	RecordLost(ctx context.Context, productID int64, streamIDs []string) ([]string, error)
	Server(ctx context.Context) (string, error)
}

// Gate is told which of the entries that it wrote are stored; admission.Gate is it.
type Gate interface {
	Settled(ctx context.Context, productID int64, entries []admission.Entry) error
}

// Keeper finds out whether the books have lost what was acknowledged; books.Keeper is it.
type Keeper interface {
	// Reread reports whether they have: then the group reads again what is missing.
	Reread(ctx context.Context, productID int64) (bool, error)
}

// Loop consumes one product's stream. It is a role: Start blocks until Stop.
type Loop struct {
	*role.Role

	productID int64
	config    Config
	reader    Reader
	storer    *storer
	metrics   *metrics.Metrics
	flight    *flight
	taken     chan struct{} // the store has taken what waited
	gate      Gate          // nil when there is none
	joined    atomic.Bool
	announced bool
	claimedAt time.Time
	retry     *backoff.ExponentialBackOff // between sessions that fail

	tenant tenant
}

// NewLoop makes a loop that reads with reader and stores in store.
func NewLoop(productID int64, config Config, reader Reader, store Ledger, m *metrics.Metrics) *Loop {
	if config.Ahead == nil {
		config.Ahead = NewAhead()
	}
	l := &Loop{
		productID: productID, config: config, reader: reader, metrics: m, flight: newFlight(), taken: make(chan struct{}, 1),
		storer: newStorer(productID, config, store, reader, m), retry: newRetry(),
	}
	l.Role = role.New(l.run)
	return l
}

// Tell names the gate that wrote some of the entries. It is called before Start.
func (l *Loop) Tell(gate Gate) { l.gate = gate }

// Ask names who finds out whether the books have lost something. It is called before Start.
func (l *Loop) Ask(keeper Keeper) { l.storer.keeper = keeper }

// Joined reports whether the loop is reading from its group now.
func (l *Loop) Joined() bool { return l.joined.Load() }

// landing is a read that has been stored, to be acknowledged.
type landing struct {
	number   int
	ahead    int64 // what it holds of Config.Ahead
	ids      []string
	mark     string            // an entry that is stored, "" = none is known
	admitted []admission.Entry // those of ids that the gate wrote
}

func (l *Loop) run(ctx context.Context) {
	fetched, stored := make(chan fetch, l.config.ahead()), make(chan landing, l.config.ahead())
	var wg sync.WaitGroup
	wg.Go(func() { l.acknowledge(ctx, stored) })
	wg.Go(func() { l.store(ctx, fetched, stored) })
	l.read(ctx, fetched)
	close(fetched)
	wg.Wait()
	l.tenant.moveOut(l.storer.gaveUp.Load())
}

// store ends when fetched is closed, and closes stored. Reads that have come while one
// transaction was under way go into the next together; each is acknowledged by itself, so
// that no command to Redis is larger than one read.
func (l *Loop) store(ctx context.Context, fetched <-chan fetch, stored chan<- landing) {
	defer close(stored)
	work, cancel := role.Outlive(ctx, FlushTimeout)
	defer cancel()
	for first := range fetched {
		reads := gather(first, fetched, l.config.Count, l.storer.pace.most(l.config))
		select {
		case l.taken <- struct{}{}:
		default: // the reader has yet to see that
		}
		done := doneOf(reads, l.storer.store(ctx, work, reads))
		for i := range reads {
			stored <- reads[i].landing(done, l.storer.mark)
		}
	}
}

// acknowledge ends when stored is closed. An XACK that fails is repeated: to
// forget it would leave the entry pending until somebody takes it over.
func (l *Loop) acknowledge(ctx context.Context, stored <-chan landing) {
	work, cancel := role.Outlive(ctx, FlushTimeout)
	defer cancel()
	retry := newRetry()
	for s := range stored {
		for {
			err := l.tellGate(work, s.admitted)
			if err == nil {
				err = l.reader.Ack(work, s.ids, s.mark)
			}
			if err == nil {
				break
			}
			logx.Errorf("product %d: %v", l.productID, err)
			if !role.Sleep(work, retry.NextBackOff()) {
				l.storer.gaveUp.Store(true)
				break
			}
		}
		retry.Reset()
		l.flight.land(s.number)
		l.config.Ahead.Release(s.ahead)
	}
}

// tellGate is done before the entries are acknowledged: should it fail for good, they
// are delivered again, and the gate is told then.
func (l *Loop) tellGate(ctx context.Context, admitted []admission.Entry) error {
	if l.gate == nil || len(admitted) == 0 {
		return nil
	}
	return l.gate.Settled(ctx, l.productID, admitted)
}

// setJoined shows that the loop has joined its group, or no longer reads from it.
func (l *Loop) setJoined(joined bool) {
	l.joined.Store(joined)
	l.metrics.ConsumerUp(l.productID, joined)
}

// announce writes the log line of contract section 5, once in the loop's life.
func (l *Loop) announce() {
	announce(l.productID, l.reader, l.announced)
	l.announced = true
}

// named is what the log says of a consumer; stream.Reader is it.
type named interface {
	Key() string
	Group() string
	Consumer() string
}

// announce writes the log line of contract section 5, or that a consumer has joined again.
func announce(productID int64, r named, again bool) {
	line := "seckill stream server started: productID=%d stream=%s group=%s consumer=%s"
	if again {
		line = "seckill stream server joined again: productID=%d stream=%s group=%s consumer=%s"
	}
	logx.Infof(line, productID, r.Key(), r.Group(), r.Consumer())
}
