package live

import (
	"slices"
	"time"

	"seckill/internal/seckill"
	"seckill/model"
)

// Alarm is the name of an alert whose condition holds.
type Alarm string

// The alarms that a sample can raise, by the names of the alerts.
const (
	AlarmBooksDrift        Alarm = "SeckillBooksDrift"
	AlarmNoConsumer        Alarm = "SeckillNoConsumer"
	AlarmSettlementStalled Alarm = "SeckillSettlementStalled"
	AlarmGateClosed        Alarm = "SeckillGateClosed"
	AlarmUnitsInFlight     Alarm = "SeckillUnitsInFlight"
	AlarmRedisDown         Alarm = "SeckillRedisDown"
	AlarmPostgresDown      Alarm = "SeckillPostgresDown"
	AlarmPreflightNotReady Alarm = "SeckillPreflightNotReady"
	AlarmDeadLettersOpen   Alarm = "SeckillDeadLettersOpen"
	AlarmPendingOld        Alarm = "SeckillPendingOld"
	AlarmOrdersOverdue     Alarm = "SeckillOrdersOverdue"
	AlarmMovesOld          Alarm = "SeckillMovesOld"
)

const (
	// stalledAfter is how long the oldest entry may wait before it is delivered.
	stalledAfter = 30 * time.Second
	// pendingOldAfter is how long ago an entry may have arrived that is not acknowledged.
	pendingOldAfter = time.Minute
	// overdueAfter is how late the sweep of orders may be (5 s at most, contract section 6),
	// and a round trip.
	overdueAfter = 30 * time.Second
	// movesOldAfter is how long the gate may not have been told a move.
	movesOldAfter = 30 * time.Second
	// preflightWithin is how long before its start a sale has to be ready.
	preflightWithin = 30 * time.Minute
	// joinedWithin is how long ago a consumer that lives has asked for entries: it asks
	// every Consumer.Block, 2 s by default and a minute at most.
	joinedWithin = 90 * time.Second
)

// lasting is for how long the conditions must have held that come true for a moment on any
// day: what is read of Redis and PostgreSQL is read one after the other.
var lasting = map[Alarm]time.Duration{
	AlarmBooksDrift: 5 * time.Second, AlarmNoConsumer: 5 * time.Second, AlarmGateClosed: 5 * time.Second,
	AlarmUnitsInFlight: 30 * time.Second,
}

// held is since when conditions hold, by product.
type held map[int64]map[Alarm]time.Time

// since returns those of the conditions that hold which have held for long enough.
func (h held) since(productID int64, now time.Time, holding []Alarm) []Alarm {
	before, after := h[productID], make(map[Alarm]time.Time, len(holding))
	raised := []Alarm{} // none is [], not null
	for _, name := range holding {
		began, found := before[name]
		if !found {
			began = now
		}
		after[name] = began
		if now.Sub(began) >= lasting[name] {
			raised = append(raised, name)
		}
	}
	h[productID] = after
	return raised
}

// retain forgets the products that are not among those that are watched.
func (h held) retain(watched map[int64]*model.LiveProduct) {
	for id := range h {
		if watched[id] == nil {
			delete(h, id)
		}
	}
}

// scene is what alarms are raised over: the sample, and what it does not show.
type scene struct {
	*Sample

	now           time.Time
	startsAt      time.Time // zero = none
	endsAt        time.Time // zero = none
	oldestMove    time.Duration
	oldestOverdue time.Duration
	consumersLive bool // one has asked for entries of late
	settled       bool
}

// alarms returns the alarms whose condition holds now. Of what is not known none is
// raised but that the server is away.
func (s *scene) alarms() []Alarm {
	waiting := value(s.Lag) + value(s.Pending)
	var raised []Alarm
	for _, a := range []struct {
		name  Alarm
		holds bool
	}{
		{AlarmRedisDown, slices.Contains(s.Missing, ServerRedis)},
		{AlarmPostgresDown, slices.Contains(s.Missing, ServerPostgres)},
		{AlarmBooksDrift, s.Balanced != nil && !*s.Balanced},
		{AlarmNoConsumer, s.Consumers != nil && waiting > 0 && !s.consumersLive && s.Status != string(seckill.ProductPaused)},
		{AlarmSettlementStalled, value(s.DelayMs) > stalledAfter.Milliseconds() && s.Status != string(seckill.ProductPaused)},
		{AlarmGateClosed, s.Gate == GateClosed && s.onSale()},
		{AlarmUnitsInFlight, value(s.InFlight) > 0 && s.Lag != nil && waiting == 0},
		{AlarmPreflightNotReady, s.Preflight == preflightNotReady && s.startsAt.Sub(s.now) <= preflightWithin},
		{AlarmDeadLettersOpen, value(s.DeadLettersOpen) > 0},
		{AlarmPendingOld, value(s.OldestPendingMs) > pendingOldAfter.Milliseconds()},
		{AlarmOrdersOverdue, s.oldestOverdue > overdueAfter},
		{AlarmMovesOld, s.oldestMove > movesOldAfter},
	} {
		if a.holds {
			raised = append(raised, a.name)
		}
	}
	return raised
}

// onSale reports whether attempts are to be admitted.
func (s *scene) onSale() bool {
	return s.settled && s.Status == string(seckill.ProductActive) &&
		!s.now.Before(s.startsAt) && (s.endsAt.IsZero() || s.now.Before(s.endsAt))
}

// value is what p points to, 0 for nil.
func value(p *int64) int64 {
	if p == nil {
		return 0
	}
	return *p
}
