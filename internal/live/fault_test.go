package live

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"seckill/internal/books"
	"seckill/internal/servertest"
	"seckill/internal/stream"
	"seckill/model"
)

// TestAServerThatIsAwayIsNamed stops each server while somebody watches: samples go on, what
// that server tells is left out, and all is there again when it is back.
func TestAServerThatIsAwayIsNamed(t *testing.T) {
	redis, postgres := servertest.Redis(t), servertest.Postgres(t)
	s := newStage(t, clientsOf(t, redis.Addr()), servertest.Open(t, postgres.URL("")))
	s.create(7, 5)
	one, all := s.watch(7, 0), s.watch(overview, 0)
	whole := func(s Sample) bool {
		return len(s.Missing) == 0 && s.RedisLeft != nil && s.Lag != nil && s.StockLeft != nil && s.Drift != nil && *s.Balanced
	}
	for _, away := range []struct {
		server        Server
		pause, resume func(ctx context.Context) error
		alarm         Alarm
		leftOut       func(s Sample) bool
	}{
		{ServerRedis, redis.Pause, redis.Resume, AlarmRedisDown, func(s Sample) bool {
			return s.RedisLeft == nil && s.InFlight == nil && s.Gate == "" && s.Drift == nil && s.Balanced == nil && s.Pending == nil &&
				s.Consumers == nil && *s.StockLeft == 5
		}},
		{ServerPostgres, postgres.Pause, postgres.Resume, AlarmPostgresDown, func(s Sample) bool {
			return s.StockLeft == nil && s.Sold == nil && s.OrdersByStatus == nil && s.LiveOrders == nil && s.Drift == nil && s.Balanced == nil &&
				s.DeadLettersOpen == nil && *s.RedisLeft == 5 && s.Name == "p7" && *s.StockTotal == 5
		}},
	} {
		t.Run(string(away.server), func(t *testing.T) {
			one.until("all is there", whole)
			s.must(away.pause(t.Context()))
			gone := time.Now()
			named := one.until("it is named", func(s Sample) bool { return slices.Contains(s.Missing, away.server) })
			if at, err := time.Parse(time.RFC3339Nano, named.At); err != nil || at.After(gone.Add(3*time.Second)) {
				t.Errorf("named at %s, away since %s: %v", named.At, gone, err)
			}
			for range 3 { // in the first it may have been seen in part
				named = one.sample()
				if !slices.Contains(named.Missing, away.server) || !slices.Contains(named.Alarms, away.alarm) || !away.leftOut(named) {
					t.Errorf("the sample is %+v", named)
				}
			}
			servertest.Eventually(t, "the overview names it", func() bool {
				var o Overview
				all.next("sample").into(t, &o)
				return slices.Contains(o.Missing, away.server)
			})
			s.must(away.resume(t.Context()))
			if away.server == ServerRedis {
				s.must(s.keeper.Bring(t.Context(), 7))
			}
			one.until("all is there again", whole)
		})
	}
}

// TestSecondsOfAnOutageAreToldLater: what the replicas held while Redis was away is in the
// first seconds that are told of afterwards.
func TestSecondsOfAnOutageAreToldLater(t *testing.T) {
	redis := servertest.Redis(t)
	s := newStage(t, clientsOf(t, redis.Addr()), servertest.Pool(t))
	s.create(7, 5)
	s.play(s.tally.Report(s.seconds))
	a := s.watch(7, 0)
	a.until("seconds are told of", func(s Sample) bool { return len(s.Seconds) > 0 })
	s.must(redis.Pause(t.Context()))
	a.until("Redis is away", func(s Sample) bool { return len(s.Missing) > 0 })
	s.tally.AttemptDecided(7, "unavailable")
	a.sample()
	a.sample()
	s.must(redis.Resume(t.Context()))
	last, told := int64(0), int64(0)
	a.until("the attempt is told of", func(s Sample) bool {
		for _, second := range s.Seconds {
			if last != 0 && second.At != last+1 {
				t.Errorf("second %d after %d", second.At, last)
			}
			last, told = second.At, told+second.Attempts["unavailable"]
		}
		return told == 1
	})
}

// asks counts what is asked, and answers nothing while it hangs.
type asks struct {
	Sources
	n    atomic.Int64
	hang chan struct{} // nil = it does not
}

func (a *asks) ask() {
	a.n.Add(1)
	if a.hang != nil {
		<-a.hang
	}
}

func (a *asks) LiveProducts(ctx context.Context, ids []int64, all bool, most int) ([]model.LiveProduct, error) {
	a.ask()
	return a.Database.LiveProducts(ctx, ids, all, most)
}

func (a *asks) LiveOrders(ctx context.Context, ids []int64) ([]model.LiveOrders, error) {
	a.ask()
	return a.Database.LiveOrders(ctx, ids)
}

func (a *asks) Replicas(ctx context.Context) ([]model.Replica, error) {
	a.ask()
	return a.Database.Replicas(ctx)
}

func (a *asks) States(ctx context.Context, ids []int64) ([]stream.Standing, error) {
	a.ask()
	return a.Streams.States(ctx, ids)
}

func (a *asks) Gates(ctx context.Context, ids []int64) []books.GateReading {
	a.ask()
	return a.Books.Gates(ctx, ids)
}

func (a *asks) Read(ctx context.Context, asked []stream.SecondAsked, names []string) []stream.SecondRead {
	a.ask()
	return a.Seconds.Read(ctx, asked, names)
}

func (a *asks) History(ctx context.Context, id, from, to int64) (map[int64]map[string]int64, error) {
	return a.Seconds.History(ctx, id, from, to)
}

func (a *asks) between(s *Sources) {
	a.Sources = *s
	s.Database, s.Streams, s.Books, s.Seconds = a, a, a, a
}

// TestNobodyWatchesNothingIsAsked: no question before the first watcher comes and after the
// last has left, and nobody is left who could ask one.
func TestNobodyWatchesNothingIsAsked(t *testing.T) {
	counted := &asks{}
	s := newOwnStage(t, counted.between)
	s.create(7, 5)
	if n := counted.n.Load(); n != 0 {
		t.Fatalf("%d questions before anybody watches", n)
	}
	one, all := s.watch(7, 0), s.watch(overview, 0)
	one.sample()
	all.next("sample")
	one.goAway()
	all.next("sample")
	all.goAway()
	s.hub.samplers.Wait()
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	if s.hub.sampler != nil || counted.n.Load() == 0 {
		t.Errorf("somebody asks: %d questions", counted.n.Load())
	}
}

// TestManyWatchersAskAsOne: a sample is as many questions for many products and watchers as
// for one.
func TestManyWatchersAskAsOne(t *testing.T) {
	counted := &asks{}
	s := newOwnStage(t, counted.between)
	var watchers []*audience
	for product := int64(1); product <= 10; product++ {
		s.create(product, 5)
		for range 10 {
			watchers = append(watchers, s.watch(product, 0))
		}
	}
	for _, a := range watchers {
		a.sample()
	}
	watchers[0].sample()
	before := counted.n.Load()
	const samples = 3
	for range samples {
		watchers[0].sample()
	}
	// Products, orders, streams, gates and seconds; the one that is under way now may count.
	if asked := counted.n.Load() - before; asked > (samples+1)*5 {
		t.Errorf("%d questions for %d samples", asked, samples)
	}
}

// TestSamplesGoOnWhileEverythingHangs: what is asked does not even heed its time limit.
func TestSamplesGoOnWhileEverythingHangs(t *testing.T) {
	hangs := &asks{hang: make(chan struct{})}
	release := sync.OnceFunc(func() { close(hangs.hang) })
	s := newOwnStage(t, hangs.between)
	t.Cleanup(release) // before the hub stops
	s.create(7, 5)
	one, all := s.watch(7, 0), s.watch(overview, 0)
	for range 3 {
		if got := one.sample(); !slices.Equal(got.Missing, []Server{ServerRedis, ServerPostgres}) || got.ProductID != 7 || got.StockLeft != nil {
			t.Errorf("the sample is %+v", got)
		}
		var o Overview
		all.next("sample").into(t, &o)
		if !slices.Equal(o.Missing, []Server{ServerRedis, ServerPostgres}) {
			t.Errorf("the overview is %+v", o)
		}
	}
	if n := hangs.n.Load(); n > 5 {
		t.Errorf("%d questions pile up", n)
	}
	release()
	one.until("all is there", func(s Sample) bool { return len(s.Missing) == 0 && s.Drift != nil })
}

// stuck is a watcher that does not read until it is let go.
type stuck struct {
	audience
	reads chan struct{}
}

func (s *stuck) SendWire(wire []byte) error {
	<-s.reads
	return s.audience.SendWire(wire)
}

// TestASlowWatcherHoldsUpNobody: others get their samples meanwhile, and it gets them later.
func TestASlowWatcherHoldsUpNobody(t *testing.T) {
	s := newOwnStage(t)
	s.create(7, 5)
	slow := &stuck{audience: audience{t: t, events: make(chan event, 1000), left: make(chan error, 1)}, reads: make(chan struct{})}
	ctx, leave := context.WithCancel(t.Context())
	t.Cleanup(leave)
	go func() { slow.left <- s.hub.Follow(ctx, 7, 0, slow) }()
	quick := s.watch(7, 0)
	var sent []event
	for range 4 {
		sent = append(sent, quick.next("sample"))
	}
	close(slow.reads)
	slow.next("history")
	for got := slow.next("sample"); got != sent[3]; got = slow.next("sample") {
		if !slices.Contains(sent, got) {
			t.Errorf("nobody else was sent %+v", got)
		}
	}
}

// TestWhoCannotBeSentAnythingLeaves: a client that has gone costs nothing more.
func TestWhoCannotBeSentAnythingLeaves(t *testing.T) {
	s := newOwnStage(t)
	s.create(7, 5)
	if err := s.hub.Follow(t.Context(), 7, 0, nobodyThere{}); !errors.Is(err, errNobody) {
		t.Errorf("error %v", err)
	}
	s.hub.samplers.Wait()
}

var errNobody = errors.New("nobody is there")

type nobodyThere struct{}

func (nobodyThere) SendWire([]byte) error { return errNobody }
func (nobodyThere) Alive() error          { return errNobody }
