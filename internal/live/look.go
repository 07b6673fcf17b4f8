package live

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"seckill/internal/books"
	"seckill/internal/stream"
	"seckill/model"
)

const (
	// lookTimeout bounds what is asked of the servers for one sample, and patience how long a
	// sample waits for it: what does not heed the first is not waited for either.
	lookTimeout, patience = 800 * time.Millisecond, 900 * time.Millisecond
	// firstTimeout is the part of it in which the products are listed for the first time.
	firstTimeout = 400 * time.Millisecond
	// mostProducts is how many products the overview shows, those of the highest IDs.
	mostProducts = 500
)

type (
	// Database tells of products; model.Pool is it.
	Database interface {
		LiveProducts(ctx context.Context, productIDs []int64, all bool, most int) ([]model.LiveProduct, error)
		LiveOrders(ctx context.Context, productIDs []int64) ([]model.LiveOrders, error)
		Replicas(ctx context.Context) ([]model.Replica, error)
	}
	// Streams tells how far the groups are; stream.Inspector is it.
	Streams interface {
		States(ctx context.Context, productIDs []int64) ([]stream.Standing, error)
	}
	// Books tells what the gates hold; books.Reader is it.
	Books interface {
		Gates(ctx context.Context, productIDs []int64) []books.GateReading
	}
	// Seconds tells what all replicas have counted; stream.Seconds is it.
	Seconds interface {
		Read(ctx context.Context, asked []stream.SecondAsked, names []string) []stream.SecondRead
		History(ctx context.Context, productID, from, to int64) (map[int64]map[string]int64, error)
	}
	// Sources are what samples are made of.
	Sources struct {
		Database Database
		Streams  Streams
		Books    Books
		Seconds  Seconds
		// Preflight tells what the last pre-flight of a product has said, at no cost; nil =
		// nobody knows.
		Preflight func(productID int64) (ready, known bool)
	}
)

// plan is what is to be looked at for a sample.
type plan struct {
	ids     []int64  // products
	watched []int64  // those of them that somebody watches by themselves
	settled []int64  // those of them that have a gate
	ranges  []period // seconds that have become complete
	all     bool     // the overview, too
}

// period is seconds of a product, both ends included.
type period struct{ productID, from, to int64 }

// look is what was seen for a sample.
type look struct {
	plan

	at       time.Time
	products map[int64]*model.LiveProduct // nil = PostgreSQL has not answered
	replicas []model.Replica
	replied  bool // PostgreSQL has told of replicas
	streams  map[int64]*stream.Standing
	redisOK  bool // Redis has answered, if only that there is nothing
	gates    map[int64]*books.GateReading
	orders   map[int64]model.LiveOrders
	seconds  map[int64][]Second // of the periods that could be read
}

// task is one kind of question, asked once at a time: one that hangs is not joined by more.
type task[T any] struct{ busy atomic.Bool }

// ask asks in the background. The answer may never come.
func (t *task[T]) ask(ctx context.Context, all *sync.WaitGroup, question func(ctx context.Context) T) <-chan T {
	answer := make(chan T, 1)
	if !t.busy.CompareAndSwap(false, true) {
		return answer
	}
	all.Go(func() {
		defer t.busy.Store(false)
		ctx, cancel := context.WithTimeout(ctx, lookTimeout)
		defer cancel()
		answer <- question(ctx)
	})
	return answer
}

// await waits for an answer until late is closed.
func await[T any](late <-chan struct{}, answer <-chan T) (value T, answered bool) {
	select {
	case value = <-answer:
		return value, true
	case <-late:
		select {
		case value = <-answer:
			return value, true
		default:
			return value, false
		}
	}
}

// looker looks at the servers.
type looker struct {
	from  Sources
	asked sync.WaitGroup // questions that are under way
	count orderCount

	listing task[listed]
	streams task[streamsSeen]
	gates   task[[]books.GateReading]
	seconds task[map[int64][]Second]
}

type listed struct {
	products []model.LiveProduct
	replicas []model.Replica
	err      error
	others   error // of the replicas
}

type streamsSeen struct {
	states []stream.Standing
	err    error
}

// list reads the products that are watched, and for the overview all and the replicas.
func (l *looker) list(ctx context.Context, p plan) <-chan listed {
	return l.listing.ask(ctx, &l.asked, func(ctx context.Context) (answer listed) {
		answer.products, answer.err = l.from.Database.LiveProducts(ctx, p.watched, p.all, mostProducts)
		if p.all {
			answer.replicas, answer.others = l.from.Database.Replicas(ctx)
		}
		return answer
	})
}

// look looks at what is planned, all at the same time.
func (l *looker) look(ctx context.Context, p plan) *look {
	seen := &look{plan: p, at: time.Now(), streams: map[int64]*stream.Standing{}, gates: map[int64]*books.GateReading{}}
	late, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	lists := l.list(ctx, p)
	streams := l.streams.ask(ctx, &l.asked, func(ctx context.Context) (answer streamsSeen) {
		answer.states, answer.err = l.from.Streams.States(ctx, p.ids)
		return answer
	})
	gates := l.gates.ask(ctx, &l.asked, func(ctx context.Context) []books.GateReading { return l.from.Books.Gates(ctx, p.settled) })
	seconds := l.seconds.ask(ctx, &l.asked, func(ctx context.Context) map[int64][]Second { return l.complete(ctx, p.ranges) })
	counted := l.count.begin(ctx, l, p.settled)
	if answer, answered := await(late.Done(), lists); answered && answer.err == nil {
		seen.addProducts(answer)
	}
	if answer, answered := await(late.Done(), streams); answered {
		seen.redisOK = answer.err == nil
		for n := range answer.states {
			seen.streams[p.ids[n]] = &answer.states[n]
		}
	}
	if answer, answered := await(late.Done(), gates); answered {
		for n := range answer {
			seen.gates[p.settled[n]] = &answer[n]
		}
	}
	seen.seconds, _ = await(late.Done(), seconds)
	seen.orders = l.count.get(seen.at, counted)
	return seen
}

func (l *look) addProducts(answer listed) {
	l.products = make(map[int64]*model.LiveProduct, len(answer.products))
	for n := range answer.products {
		l.products[answer.products[n].ProductID] = &answer.products[n]
	}
	l.replicas, l.replied = answer.replicas, answer.others == nil
}

// first lists the products of the overview, before anything else is known of them.
func (l *looker) first(ctx context.Context) []model.LiveProduct {
	late, cancel := context.WithTimeout(ctx, firstTimeout)
	defer cancel()
	answer, _ := await(late.Done(), l.list(late, plan{all: true}))
	return answer.products
}

// longPeriod is from how many seconds on whole minutes are read, as after an outage.
const longPeriod = 5

// complete reads periods; one that cannot be read is left out.
func (l *looker) complete(ctx context.Context, periods []period) map[int64][]Second {
	found := make(map[int64][]Second, len(periods))
	var asked []stream.SecondAsked
	for _, p := range periods {
		if p.to-p.from >= longPeriod {
			if counted, err := l.from.Seconds.History(ctx, p.productID, p.from, p.to); err == nil {
				found[p.productID] = secondsOf(p.from, p.to, counted)
			}
			continue
		}
		for second := p.from; second <= p.to; second++ {
			asked = append(asked, stream.SecondAsked{ProductID: p.productID, Second: second})
		}
	}
	failed := map[int64]bool{}
	for n, read := range l.from.Seconds.Read(ctx, asked, names) {
		id := asked[n].ProductID
		failed[id] = failed[id] || read.Err != nil
		found[id] = append(found[id], newSecond(asked[n].Second, read.Numbers))
	}
	for id, no := range failed {
		if no {
			delete(found, id)
		}
	}
	return found
}

// secondsOf makes the seconds from one to another of what has been counted in them.
func secondsOf(from, to int64, counted map[int64]map[string]int64) []Second {
	seconds := make([]Second, 0, max(0, to-from+1))
	for at := from; at <= to; at++ {
		seconds = append(seconds, newSecond(at, counted[at]))
	}
	return seconds
}
