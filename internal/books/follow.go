package books

import (
	"context"
	"maps"
	"slices"
	"time"

	"seckill/internal/admission"
	"seckill/internal/role"
	"seckill/model"
)

const (
	// followTurns is in how many looks the gates of all products are compared with the books,
	// where they are more than followPage. Who meets a gate that is missing says so at once,
	// and moves are looked for of all products each time: what is found so is what Redis has
	// lost without anybody's having tried.
	followTurns = 10
	followPage  = 100
	// followDistant is how many gates of sales that are far off are compared besides: so few that
	// those on sale never wait while very many are made anew.
	followDistant = 20
	// followRuns is the most runs of servers that are remembered.
	followRuns = 1000
	// livingAge is how old the list of products gets that are compared page by page, and
	// livingRate how many a second are read for it at the most: with more it gets older.
	livingAge  = 5 * time.Second
	livingRate = 2000
)

// following is what the look for gates that are out of step goes by.
type following struct {
	ids  []int64 // of the round that is under way
	at   int
	all  bool  // the next look is at all products
	far  int64 // the last of the products that was looked at whose sale is far off
	runs map[string]bool
	late map[int64]int64 // by product: how many moves a gate knew at the last look that did not know all
}

// look is one product that is compared: as the books have it, unless they were not read for
// it, and whether they have moves that its gate may not know.
type look struct {
	model.GateState

	listed, moving bool
}

// looksAt are the products that have been listed, and the others that have moves.
func looksAt(states []model.GateState, moving []int64) []look {
	looks, at := make([]look, 0, len(states)+len(moving)), make(map[int64]int, len(states))
	for _, s := range states {
		at[s.ProductID] = len(looks)
		looks = append(looks, look{GateState: s, listed: true})
	}
	for _, id := range moving {
		if i, listed := at[id]; listed {
			looks[i].moving = true
		} else {
			looks = append(looks, look{GateState: model.GateState{ProductID: id}, moving: true})
		}
	}
	return looks
}

// productsOf returns the products that are compared.
func productsOf(looks []look) []int64 {
	ids := make([]int64, len(looks))
	for i, l := range looks {
		ids[i] = l.ProductID
	}
	return ids
}

// differs reports whether a gate does not know just what the books have. One that knows more
// has been told since they were read, or the books have lost something: load looks again in
// the other order.
func (l look) differs(b admission.Brief) bool {
	return l.moving || l.listed && (b.Applied != l.Moves || b.Token != l.MoveToken)
}

// isLate reports whether a gate differs that did so at the last look, and has been told nothing
// since. Whoever writes moves tells them at once: while a product is sold its gate always
// differs, and to be told by every replica twice a second would cost Redis twice the time.
func (f *following) isLate(l look, b admission.Brief) bool {
	before, differed := f.late[l.ProductID]
	return differed && before == b.Applied && l.differs(b)
}

// next returns the gates that are compared now, as they stand in the books.
func (f *following) next(ctx context.Context, pool *model.Pool) ([]model.GateState, error) {
	states, err := f.near(ctx, pool)
	if err != nil {
		return nil, err
	}
	distant, err := pool.DistantGateStates(ctx, f.far, followDistant)
	if f.far = 0; len(distant) == followDistant {
		f.far = distant[len(distant)-1].ProductID
	}
	if err != nil {
		return nil, err
	}
	late, err := f.again(ctx, pool, states)
	return slices.Concat(states, late, distant), err
}

// again returns those products that differed at the last look and are not among the given ones.
func (f *following) again(ctx context.Context, pool *model.Pool, among []model.GateState) ([]model.GateState, error) {
	late := maps.Clone(f.late)
	for _, s := range among {
		delete(late, s.ProductID)
	}
	if len(late) == 0 {
		return nil, nil
	}
	return pool.GateStatesAmong(ctx, slices.Collect(maps.Keys(late)))
}

func (f *following) near(ctx context.Context, pool *model.Pool) ([]model.GateState, error) {
	if !f.all && f.at < len(f.ids) {
		page := f.ids[f.at:min(len(f.ids), f.at+f.share(len(f.ids)))]
		states, err := pool.GateStatesAmong(ctx, page)
		if err == nil {
			f.at += len(page)
		}
		return states, err
	}
	states, err := pool.GateStates(ctx)
	if err != nil {
		return nil, err
	}
	f.ids, f.at = nil, 0
	if f.all || len(states) <= followPage {
		f.all = false
		return states, nil
	}
	f.ids = make([]int64, len(states))
	for i, s := range states {
		f.ids[i] = s.ProductID
	}
	f.at = f.share(len(states))
	return states[:f.at], nil
}

func (f *following) share(products int) int {
	return min(products, max(followPage, (products+followTurns-1)/followTurns))
}

// met notes the run of a server of Redis that was met: after one that is new everything is
// looked at.
func (f *following) met(run string) {
	if f.runs[run] {
		return
	}
	if f.runs == nil || len(f.runs) >= followRuns {
		f.runs = map[string]bool{}
	}
	f.runs[run] = true
	f.all = len(f.ids) > 0
}

// living is the list of products whose books are compared page by page.
type living struct {
	ids   []int64
	read  time.Time
	turns role.Turns
}

// list returns the products, read anew where they are few, or the list is old, or fresh says so.
func (l *living) list(ctx context.Context, pool *model.Pool, fresh bool) ([]int64, error) {
	if !fresh && len(l.ids) > verifyTurn && time.Since(l.read) < max(livingAge, time.Duration(len(l.ids))*time.Second/livingRate) {
		return l.ids, nil
	}
	ids, err := pool.LivingProducts(ctx)
	if err == nil {
		l.ids, l.read = ids, time.Now()
	}
	return ids, err
}

// page returns the products that are compared next.
func (l *living) page(ids []int64) []int64 { return l.turns.Next(ids, verifyTurn) }
