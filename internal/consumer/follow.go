package consumer

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"seckill/model"
)

const (
	// listMany is with how many products the list of them is not read whole each time, but
	// once in listInterval, and else only what has changed within listOverlap: a transaction
	// that takes long commits what is older by then.
	listMany     = 250
	listInterval = 10 * time.Second
	listOverlap  = 30 * time.Second
)

// FollowChanges names what lists the products that have changed of late, which is asked for
// where there are many. It is called before Start.
func (s *Supervisor) FollowChanges(recent func(ctx context.Context, within time.Duration) ([]model.ProductState, error)) {
	s.recent = recent
}

// follow begins and ends to consume products as they say. While the table cannot be read,
// what runs goes on: loops wait for the database by themselves.
func (s *Supervisor) follow(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	if s.recent != nil && len(s.Products()) > listMany && time.Since(s.listed) < listInterval {
		changed, err := s.recent(ctx, listOverlap)
		if err == nil {
			s.followSome(changed)
		}
		return err
	}
	began := time.Now()
	products, err := s.list(ctx)
	if err == nil {
		s.followAll(products)
		s.listed = began
	}
	return err
}

// followAll follows a list of all products.
func (s *Supervisor) followAll(products []model.ProductState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	listed := make(map[int64]bool, len(products))
	for _, p := range products {
		listed[p.ProductID] = true
	}
	for id, m := range s.members {
		if !listed[id] {
			s.release(m)
		}
	}
	maps.DeleteFunc(s.owners.standby, func(id int64, _ bool) bool { return !listed[id] })
	for _, p := range products {
		s.followOne(p)
	}
	s.settleLanes()
	s.prepared, s.products = true, products
}

// followSome follows products of which some may have changed.
func (s *Supervisor) followSome(some []model.ProductState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var own []model.ProductState // a list that nobody else has
	for _, p := range some {
		at, there := slices.BinarySearchFunc(s.products, p.ProductID, func(p model.ProductState, id int64) int { return cmp.Compare(p.ProductID, id) })
		if there && s.products[at] == p {
			continue
		}
		if own == nil {
			own = slices.Clone(s.products)
			s.products = own
		}
		if there {
			own[at] = p
		} else {
			own = slices.Insert(own, at, p)
			s.products = own
		}
		s.followOne(p)
	}
	s.settleLanes()
}

// followOne begins or ends to consume one product. One that is new here while replicas come or go
// is consumed for a moment though another one owns it: that one may not know it yet. Else two
// replicas would take turns at the row of every product in the first moment of its sale.
func (s *Supervisor) followOne(p model.ProductState) {
	m, there := s.members[p.ProductID]
	want := s.wants(p)
	elsewhere := want && s.owners.elsewhere(p.ProductID)
	if !elsewhere {
		delete(s.owners.standby, p.ProductID)
	}
	switch {
	case there && elsewhere:
		s.handOver(m)
	case there && !want:
		s.release(m)
	case !want || s.owners.standby[p.ProductID]:
	case elsewhere && s.owners.agreed(time.Now()):
		s.owners.standby[p.ProductID] = true
	case !there:
		m = &member{productID: p.ProductID, dormant: p.Dormant}
		if s.prepared { // at the start of the process there is no grace
			m.grace = time.Now().Add(joinGrace)
		}
		s.members[p.ProductID] = m
		s.take(m)
		if elsewhere {
			s.handOver(m)
		}
	default:
		s.keep(m)
		if m.dormant != p.Dormant && s.shares() {
			m.dormant = p.Dormant
			s.watch.add(m)
		}
	}
}
