package consumer

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"seckill/internal/seckill"
	"seckill/model"
)

// TestAReplicaTakesPartOnceItConsumesWhatItShould, or has waited long enough for what it cannot
// consume; then nothing but that it reaches its servers no more ends it.
func TestAReplicaTakesPartOnceItConsumesWhatItShould(t *testing.T) {
	began := time.Now()
	var a able
	for _, step := range []struct {
		at           time.Duration
		reaches, all bool
		want         bool
	}{
		{0, false, false, false},
		{1, true, false, false},
		{2, true, true, true},
		{3, true, false, true}, // another one has come that cannot be consumed
		{4, false, true, false},
		{5, true, false, false}, // from the start
		{5 + joinPatience - 1, true, false, false},
		{5 + joinPatience, true, false, true},
		{6 + joinPatience, true, false, true},
		{7 + joinPatience, false, false, false},
		{8 + joinPatience, true, true, true},
	} {
		a.reaches = step.reaches
		if got := a.follow(step.all, began.Add(step.at)); got != step.want {
			t.Errorf("after %d, reaching its servers %v and consuming all %v: takes part %v", step.at, step.reaches, step.all, got)
		}
	}
}

// TestNobodyIsTakenForDeadWhileTheDatabaseWasAway: whoever it answers first waits for the others.
func TestNobodyIsTakenForDeadWhileTheDatabaseWasAway(t *testing.T) {
	healed := time.Now()
	o := owners{Ownership: Ownership{ClaimIdle: time.Minute}, before: []string{"a", "c"}, healedAt: healed}
	for after, want := range map[time.Duration][]string{
		0: {"a", "b", "c"}, 2*time.Second - 1: {"a", "b", "c"}, 2 * time.Second: {"b"}, time.Hour: {"b"},
	} {
		if got := o.known([]string{"b"}, healed.Add(after)); !slices.Equal(got, want) {
			t.Errorf("%v after the healing %v count as alive, want %v", after, got, want)
		}
	}
	if got := (&owners{before: []string{"a"}}).known(nil, healed); got != nil {
		t.Errorf("when it was never away %v count as alive, and nobody has said so", got)
	}
}

// TestADivisionThatStaysCostsNothing: products are gone through only when something has changed.
func TestADivisionThatStaysCostsNothing(t *testing.T) {
	const products = 100
	looks := 0
	s := NewSupervisor(nil, nil, nil)
	s.SkipEnded(func(int64) bool { looks++; return false })
	s.Own(Ownership{Run: "a", ClaimIdle: time.Minute})
	for id := range int64(products) {
		s.products = append(s.products, model.ProductState{ProductID: id + 1, Status: string(seckill.ProductEnded)})
	}
	for n, step := range []struct {
		runs  []string
		again bool
		want  int // products that are gone through
	}{
		{[]string{"a", "b"}, false, products}, {[]string{"a", "b"}, false, 0}, {[]string{"a", "b"}, true, products},
		{[]string{"a", "b"}, false, 0}, {[]string{"a"}, false, products}, {[]string{"a"}, false, 0},
	} {
		looks, s.owners.again = 0, step.again
		if s.divide(step.runs, false); looks != step.want {
			t.Errorf("step %d goes through %d products, want %d", n, looks, step.want)
		}
	}
}

// TestAProductThatIsNewIsConsumedUntilItsOwnerHasSeenIt while replicas come or go, and not anew
// after that, unless it was paused meanwhile. Once they have agreed only its owner takes it.
func TestAProductThatIsNewIsConsumedUntilItsOwnerHasSeenIt(t *testing.T) {
	s := NewSupervisor(nil, nil, nil)
	s.Share(Sharing{Lanes: 1})
	s.Own(Ownership{Run: "a", ClaimIdle: time.Minute})
	s.divide([]string{"a", "b"}, false)
	id := int64(1)
	for s.owners.by.Of(id) == "a" {
		id++
	}
	state := model.ProductState{ProductID: id}
	for n, step := range []struct {
		status   seckill.ProductStatus
		after    time.Duration // of two beats, since the product came
		agreed   time.Duration // since the replicas did
		consumed bool
	}{
		{seckill.ProductActive, 0, 0, true}, {seckill.ProductActive, 0, 0, true}, {seckill.ProductActive, 2 * time.Second, 0, false},
		{seckill.ProductActive, 0, 0, false}, {seckill.ProductPaused, 0, 0, false}, {seckill.ProductActive, 0, 0, true},
		{seckill.ProductActive, 0, 2 * time.Second, true}, // what it has begun it keeps until the owner has seen it
		{seckill.ProductPaused, 0, 2 * time.Second, false}, {seckill.ProductActive, 0, 2 * time.Second, false},
		{seckill.ProductPaused, 0, 2 * time.Second, false}, {seckill.ProductActive, 0, time.Second, true},
	} {
		s.owners.since = time.Now().Add(-step.agreed)
		if m, there := s.members[id]; there {
			m.ownedElsewhere = m.ownedElsewhere.Add(-step.after)
		}
		state.Status = string(step.status)
		s.followOne(state)
		if _, consumed := s.members[id]; consumed != step.consumed {
			t.Errorf("step %d: consumed %v", n, consumed)
		}
		if handing := s.owners.handing == 1; handing != step.consumed {
			t.Errorf("step %d: %d products are given up", n, s.owners.handing)
		}
	}
}

// TestWhoDiedBetweenTwoOutagesIsMissed: an outage keeps nobody alive who was silent before it.
func TestWhoDiedBetweenTwoOutagesIsMissed(t *testing.T) {
	answers := []any{[]string{"a", "b"}, errors.New("away"), []string{"a"}, errors.New("away"), []string{"a"}}
	s := NewSupervisor(nil, nil, nil)
	s.prepared = true
	s.Own(Ownership{
		Run: "a", ClaimIdle: time.Minute, Able: func(context.Context) error { return nil }, Leaving: func() bool { return false },
		Beat: func(context.Context, string, bool, time.Duration) ([]string, error) {
			answer := answers[0]
			answers = answers[1:]
			if err, ok := answer.(error); ok {
				return nil, err
			}
			return answer.([]string), nil
		},
	})
	for n, want := range [][]string{{"a", "b"}, {"a", "b"}, {"a", "b"}, {"a", "b"}, {"a"}} {
		if s.beat(t.Context()); !slices.Equal(s.owners.runs, want) {
			t.Errorf("beat %d: %v take part, want %v", n, s.owners.runs, want)
		}
	}
}
