package live

import (
	"cmp"
	"errors"
	"time"

	"seckill/internal/admission"
	"seckill/internal/books"
	"seckill/internal/seckill"
	"seckill/internal/stream"
	"seckill/model"
)

const (
	// soonWithin is how long before its start a sale shows what its pre-flight has said.
	soonWithin = 24 * time.Hour
	// silentAfter is how long a replica may be silent that says each 5 s that it lives.
	silentAfter = 15 * time.Second
)

// composer makes samples of what was seen. It remembers what products are.
type composer struct {
	preflight func(productID int64) (ready, known bool)
	facts     map[int64]model.LiveProduct // as they were seen last
	held      held
}

func newComposer(preflight func(productID int64) (ready, known bool)) *composer {
	if preflight == nil {
		preflight = func(int64) (bool, bool) { return false, false }
	}
	return &composer{preflight: preflight, facts: map[int64]model.LiveProduct{}, held: held{}}
}

// learn remembers what products are; whole says that the others are not watched any more.
func (c *composer) learn(l *look, whole bool) {
	if l.products == nil {
		return
	}
	if whole {
		clear(c.facts)
		c.held.retain(l.products)
	}
	for id, p := range l.products {
		c.facts[id] = *p
	}
}

// settled returns those of products that have a gate, or of which that is not known.
func (c *composer) settled(productIDs []int64) []int64 {
	var ids []int64
	for _, id := range productIDs {
		if p, known := c.facts[id]; !known || p.StockTotal != nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// compose makes the sample of a product.
func (c *composer) compose(l *look, productID int64) *Sample {
	s := &Sample{At: seckill.FormatTime(l.at), ProductID: productID, Missing: []Server{}}
	facts, known := c.facts[productID]
	scene := &scene{Sample: s, now: l.at, settled: known && facts.StockTotal != nil}
	redis, postgres := s.addStream(l.streams[productID], scene), l.products != nil
	if known {
		s.addFacts(&facts, scene)
	}
	if !known || scene.settled {
		gateSeen, booksSeen := s.addGate(l.gates[productID], &facts, known)
		redis, postgres = redis && gateSeen, postgres && booksSeen
	}
	if !redis {
		s.Missing = append(s.Missing, ServerRedis)
	}
	if !postgres {
		s.Missing = append(s.Missing, ServerPostgres)
	}
	if l.products != nil && known {
		s.addMeasures(&facts, scene)
		s.addOrders(l.orders[productID])
	}
	s.addPreflight(c.preflight, scene)
	s.Alarms = c.held.since(productID, l.at, scene.alarms())
	return s
}

// addStream adds what the stream is like, and reports whether that is known.
func (s *Sample) addStream(st *stream.Standing, sc *scene) bool {
	if st == nil || st.Err != nil {
		return false
	}
	delay, consumers := st.Delay.Milliseconds(), int64(len(st.Consumers))
	s.Lag, s.Pending, s.DelayMs, s.Consumers = st.Lag, &st.Pending, &delay, &consumers
	if st.OldestPending != nil {
		age := st.OldestPending.Milliseconds()
		s.OldestPendingMs = &age
	}
	for _, consumer := range st.Consumers {
		sc.consumersLive = sc.consumersLive || consumer.Idle < joinedWithin
	}
	return true
}

// addFacts adds what the product is.
func (s *Sample) addFacts(p *model.LiveProduct, sc *scene) {
	s.Name, s.Status, s.Mode = p.Name, p.Status, modeOf(sc.settled)
	s.StockTotal, s.PerUserLimit, s.PaymentWindowSeconds = p.StockTotal, &p.PerUserLimit, p.PaymentWindowSeconds
	if p.StartsAt != nil {
		sc.startsAt, s.StartsAt = *p.StartsAt, seckill.FormatTime(*p.StartsAt)
	}
	if p.EndsAt != nil {
		sc.endsAt, s.EndsAt = *p.EndsAt, seckill.FormatTime(*p.EndsAt)
	}
	if !sc.settled {
		s.Gate = GateNone
	}
}

// addGate adds what the gate holds, and reports of which servers that is known.
func (s *Sample) addGate(g *books.GateReading, p *model.LiveProduct, known bool) (redis, postgres bool) {
	switch {
	case g == nil:
		return false, true
	case errors.Is(g.Err, admission.ErrNotLoaded):
		if known {
			s.Gate = GateClosed
		}
		return true, true
	case g.Err != nil:
		return false, g.BooksErr == nil
	}
	s.Gate = GateOpen
	if known && g.Epoch < p.Epoch { // the books were read beside it: it is of an epoch before
		s.Gate = GateClosed
		return true, g.BooksErr == nil
	}
	left, inFlight := g.Left, g.InFlight
	if g.Account != nil {
		left, inFlight = g.Account.Left, g.Account.InFlight
		s.PendingMoves, s.Drift = &g.Account.PendingMoves, &g.Account.Drift
	}
	s.RedisLeft, s.InFlight = &left, &inFlight
	return true, g.BooksErr == nil
}

// addMeasures adds what PostgreSQL has counted.
func (s *Sample) addMeasures(p *model.LiveProduct, sc *scene) {
	s.StockLeft, s.Sold, s.DeadLettersOpen = p.StockLeft, sold(p.StockTotal, p.StockLeft), &p.OpenDeadLetters
	sc.oldestMove, sc.oldestOverdue = p.OldestMove, p.OldestOverdue
}

// addOrders adds what the orders are, and whether every unit is in one place.
func (s *Sample) addOrders(o model.LiveOrders) {
	if o.ByStatus == nil || o.StockTotal == nil || o.StockLeft == nil {
		return
	}
	live := liveOf(o.ByStatus)
	s.OrdersByStatus, s.LiveOrders = o.ByStatus, &live
	account := seckill.Books{StockTotal: o.StockTotal, StockLeft: o.StockLeft, LiveOrders: live}
	if s.Drift != nil {
		account.Gate = &seckill.GateAccount{Drift: *s.Drift}
		drift := account.Drift()
		s.Drift = &drift
	} else if s.Gate != GateClosed { // the gate may be off by what nobody has seen
		return
	}
	balanced := account.Balanced()
	s.Balanced = &balanced
}

// addPreflight adds what the last pre-flight has said of a sale that starts within a day.
func (s *Sample) addPreflight(known func(productID int64) (ready, known bool), sc *scene) {
	if !sc.startsAt.After(sc.now) || sc.startsAt.Sub(sc.now) > soonWithin || s.Status == string(seckill.ProductEnded) {
		return
	}
	switch ready, is := known(s.ProductID); {
	case is && ready:
		s.Preflight = preflightReady
	case is:
		s.Preflight = preflightNotReady
	}
}

// replicasOf tells of the replicas; one that is silent is not ready.
func replicasOf(rows []model.Replica) []Replica {
	replicas := make([]Replica, len(rows))
	for n, r := range rows {
		replicas[n] = Replica{Name: cmp.Or(r.Name, r.Host), Ready: r.Failing == "" && r.Silent < silentAfter, Version: r.Version}
	}
	return replicas
}
