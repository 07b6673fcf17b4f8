package live

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/zeromicro/go-zero/core/logx"

	"seckill/internal/seckill"
)

const (
	// completeAfter is how many seconds after its begin a second is told of: it lasts one,
	// and within two more every replica has added what it has counted.
	completeAfter = 3
	// settleAfter is for how long none is told of after Redis was away: the replicas add what
	// they have held.
	settleAfter = 3 * time.Second
	// hurryAfter is the least time between two samples, the second of which is for those who
	// have just begun to watch something.
	hurryAfter = 50 * time.Millisecond
)

// completeAt is the last second that is complete at a time.
func completeAt(now time.Time) int64 { return now.Unix() - completeAfter }

// sampler makes samples for as long as somebody watches.
type sampler struct {
	hub    *Hub
	ctx    context.Context //nolint:containedctx // it is a role's
	cancel context.CancelFunc
	wake   chan struct{} // of one place: somebody watches what was not watched

	looker  looker
	compose *composer
	ids     []int64   // the products of the overview
	listed  bool      // they are known
	failed  bool      // seconds could not be read
	settles time.Time // until when none is told of
}

func newSampler(h *Hub) *sampler {
	s := &sampler{hub: h, wake: make(chan struct{}, 1), looker: looker{from: h.from}, compose: newComposer(h.from.Preflight)}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// hurry has what is not looked at yet looked at now.
func (s *sampler) hurry() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *sampler) run() {
	defer s.looker.asked.Wait()
	defer s.cancel()
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for fresh := false; ; {
		s.sample(fresh)
		select {
		case <-s.ctx.Done():
			return
		case <-ticker.C:
			fresh = false
		case <-s.wake:
			fresh = true
			time.Sleep(hurryAfter) // what others begin to watch meanwhile is looked at as well
		}
	}
}

// sample makes one sample of everything that is watched, or of what is not looked at yet.
func (s *sampler) sample(fresh bool) {
	all, watched := s.watched(fresh)
	if !all && len(watched) == 0 {
		return
	}
	if all && !s.listed {
		for _, p := range s.looker.first(s.ctx) {
			s.ids, s.listed = append(s.ids, p.ProductID), true
			s.compose.facts[p.ProductID] = p
		}
	}
	p := plan{ids: watched, watched: watched, all: all}
	if all {
		p.ids = slices.Compact(slices.Sorted(slices.Values(slices.Concat(watched, s.ids))))
	}
	p.settled, p.ranges = s.compose.settled(p.ids), s.periods(watched)
	seen := s.looker.look(s.ctx, p)
	s.noteSeconds(seen)
	s.compose.learn(seen, !fresh)
	s.publish(seen)
}

// watched returns which products are watched, and whether the overview is.
func (s *sampler) watched(fresh bool) (all bool, ids []int64) {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	for id, w := range s.hub.watches {
		switch {
		case w.watchers == 0 || fresh && !w.fresh:
		case id == overview:
			all = true
		default:
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return all, ids
}

// periods returns the seconds of products that have become complete.
func (s *sampler) periods(productIDs []int64) []period {
	now := time.Now()
	if now.Before(s.settles) {
		return nil
	}
	to, oldest := completeAt(now), now.Add(-keep).Unix()
	var periods []period
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	for _, id := range productIDs {
		if w := s.hub.watches[id]; w != nil && w.given < to {
			periods = append(periods, period{productID: id, from: max(w.given, oldest) + 1, to: to})
		}
	}
	return periods
}

// noteSeconds notes whether seconds could be read. Those that are read first after an outage
// are left for later: not all may have been added.
func (s *sampler) noteSeconds(seen *look) {
	if len(seen.ranges) == 0 {
		return
	}
	missing := len(seen.seconds) < len(seen.ranges)
	if s.failed && !missing {
		seen.seconds, s.settles = nil, time.Now().Add(settleAfter)
	}
	s.failed = missing
}

// publish gives samples to those who watch, unless nobody does any more.
func (s *sampler) publish(seen *look) {
	bodies := make(map[int64][]byte, len(seen.ids))
	missing := map[Server]bool{ServerRedis: !seen.redisOK, ServerPostgres: seen.products == nil}
	for _, id := range seen.ids {
		sample := s.compose.compose(seen, id)
		for _, server := range sample.Missing {
			missing[server] = true
		}
		bodies[id] = encode(sample)
	}
	h := s.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if s.ctx.Err() != nil {
		return
	}
	for id, w := range h.watches {
		switch {
		case w.watchers == 0:
		case id == overview && seen.all:
			w.add(entry{body: s.encodeOverview(seen, bodies, missing)}, seen.at)
		case seen.products != nil && seen.products[id] == nil && slices.Contains(seen.ids, id):
			w.end()
		case bodies[id] != nil && slices.Contains(seen.ids, id):
			w.add(entry{body: bodies[id], seconds: encodeSeconds(w, seen.seconds[id])}, seen.at)
		}
	}
}

// encodeOverview is the overview of the products that are in it, and of those that will be in
// the next.
func (s *sampler) encodeOverview(seen *look, bodies map[int64][]byte, missing map[Server]bool) []byte {
	o := struct {
		Overview

		Products []json.RawMessage `json:"products"`
	}{Overview: Overview{At: seckill.FormatTime(seen.at), Missing: []Server{}}, Products: []json.RawMessage{}}
	for _, server := range []Server{ServerRedis, ServerPostgres} {
		if missing[server] {
			o.Missing = append(o.Missing, server)
		}
	}
	if seen.products != nil {
		s.ids, s.listed = s.ids[:0:0], true
		for id, p := range seen.products {
			if p.Watched {
				s.ids = append(s.ids, id)
			}
		}
		slices.Sort(s.ids)
	}
	if seen.replied {
		o.Replicas = replicasOf(seen.replicas)
	}
	for _, id := range s.ids {
		if bodies[id] != nil {
			o.Products = append(o.Products, bodies[id])
		}
	}
	return encode(o)
}

// encode returns a value as JSON. What samples are made of can be encoded.
func encode(value any) []byte {
	body, err := json.Marshal(value)
	if err != nil {
		logx.Errorf("encode a sample: %v", err)
		return nil
	}
	return body
}

// encodeSeconds notes which seconds are told of now.
func encodeSeconds(w *watch, seconds []Second) []byte {
	if len(seconds) == 0 {
		return []byte("[]")
	}
	w.given = seconds[len(seconds)-1].At
	return encode(seconds)
}

// add gives a sample to those who follow.
func (w *watch) add(e entry, at time.Time) {
	last := w.ring.last()
	e.id, e.given = max(at.UnixMilli(), last+1), w.given
	e.wire = wireOf("sample", e.id, e.whole()...)
	w.ring.add(e)
	w.fresh = false
	close(w.changed)
	w.changed = make(chan struct{})
}

// end tells those who follow that there is no such product.
func (w *watch) end() {
	w.gone, w.fresh = true, false
	close(w.changed)
	w.changed = make(chan struct{})
}
