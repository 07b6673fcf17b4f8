package admission_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"seckill/internal/admission"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// move makes a move that gives units back, or takes them, and touches no user.
func move(number, units int64) admission.Move { return admission.Move{Number: number, Units: units} }

func TestMovesThatDoNotFollowHaveNoEffect(t *testing.T) {
	tests := []struct {
		name    string
		epoch   int64
		moves   []admission.Move
		applied int64
		want    error
	}{
		{"a move is missing before the first", 3, []admission.Move{move(7, 1)}, 5, admission.ErrOutOfStep},
		{"a move is missing in the middle", 3, []admission.Move{move(6, 1), move(8, 1)}, 5, admission.ErrOutOfStep},
		{"a known one, then a gap", 3, []admission.Move{move(5, 1), move(7, 1)}, 5, admission.ErrOutOfStep},
		{"of an older epoch", 2, []admission.Move{move(6, 1)}, 5, admission.ErrOutOfStep},
		{"of a later epoch", 4, []admission.Move{move(6, 1)}, 5, admission.ErrOutOfStep},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client := servertest.SharedRedis(t)
			o := active(10, 1)
			o.Epoch, o.Applied, o.Holders = 3, 5, map[int64]int64{1: 1}
			gate := opened(t, client, o)
			before := client.HGetAll(t.Context(), seckill.CompanionKey(product, "gate")).Val()
			for i := range tt.moves {
				tt.moves[i].Taken, tt.moves[i].Freed = []int64{8}, []int64{1}
			}
			paused := admission.Terms{Status: "PAUSED"}
			applied, err := gate.Apply(t.Context(), product, tt.epoch, tt.moves[len(tt.moves)-1].Number, paused, tt.moves)
			if !errors.Is(err, tt.want) || applied != tt.applied {
				t.Errorf("%d, %v; want %d, %v", applied, err, tt.applied, tt.want)
			}
			after := client.HGetAll(t.Context(), seckill.CompanionKey(product, "gate")).Val()
			if !maps.Equal(before, after) {
				t.Errorf("the gate was %v and is %v", before, after)
			}
			look(t, client, product).sameHolders(t, map[int64]int64{1: 1})
		})
	}
}

func TestMovesToAGateThatIsNotOpen(t *testing.T) {
	client := servertest.SharedRedis(t)
	_, err := admission.NewGate(client).Apply(t.Context(), product, 1, 1, active(0, 0).Terms, []admission.Move{move(1, 5)})
	if !errors.Is(err, admission.ErrNotLoaded) {
		t.Errorf("%v", err)
	}
	if keys := client.Keys(t.Context(), "*").Val(); len(keys) > 0 {
		t.Errorf("keys %v", keys)
	}
}

func TestEachMoveIsAppliedOnce(t *testing.T) {
	client := servertest.SharedRedis(t)
	o := active(10, 0)
	o.Holders = map[int64]int64{1: 2, 2: 1, 3: 1}
	gate := opened(t, client, o)
	moves := []admission.Move{
		{Number: 1, Units: 3},
		{Number: 2, Units: 1, Freed: []int64{2}},              // who holds nothing is forgotten
		{Number: 3, Units: -3, Taken: []int64{4, 5, 4}},       // one user twice
		{Number: 4, Taken: []int64{3}, Freed: []int64{3}},     // both for one user
		{Number: 5, Taken: []int64{9}},                        // gained here,
		{Number: 6, Freed: []int64{9, 1}},                     // lost there
		{Number: 7, Taken: []int64{1, 1}, Freed: []int64{1}},  // 1 more in the end
		{Number: 8, Units: -20, Taken: nil, Freed: []int64{}}, // below nothing
	}
	apply := func(from, to int, want int64) {
		t.Helper()
		applied, err := gate.Apply(t.Context(), product, 1, 8, o.Terms, moves[from-1:to])
		if err != nil || applied != want {
			t.Errorf("moves %d to %d: %d, %v; want %d", from, to, applied, err, want)
		}
	}
	apply(1, 2, 2)
	apply(1, 2, 2) // the same again
	apply(2, 5, 5) // one is known
	apply(1, 3, 5) // all are known
	apply(4, 8, 8)
	apply(1, 8, 8)
	v := look(t, client, product)
	if v.left != 10+3+1-3-20 || v.applied != 8 {
		t.Errorf("%d left after %d moves", v.left, v.applied)
	}
	v.sameHolders(t, map[int64]int64{1: 2, 3: 1, 4: 2, 5: 1})
}

func TestNoMovesAtAllTellTheTerms(t *testing.T) {
	client := servertest.SharedRedis(t)
	gate := opened(t, client, active(10, 0))
	paused := active(0, 0).Terms
	paused.Status = "PAUSED"
	if applied, err := gate.Apply(t.Context(), product, 1, 0, paused, nil); err != nil || applied != 0 {
		t.Fatalf("%d, %v", applied, err)
	}
	if got := admit(t, gate, admission.Attempt{UserID: 1}); got.Refusal != seckill.CodePaused {
		t.Errorf("%+v", got)
	}
}

// TestThousandsOfUsersInOneMove goes far beyond what Lua unpacks at once.
func TestThousandsOfUsersInOneMove(t *testing.T) {
	const users = 9001
	client := servertest.SharedRedis(t)
	gate := opened(t, client, active(0, 0))
	all, want := make([]int64, users), map[int64]int64{}
	for i := range all {
		all[i] = int64(i + 1)
		if i >= users/2 {
			want[all[i]] = 1
		}
	}
	moves := []admission.Move{{Number: 1, Units: -users, Taken: all}, {Number: 2, Units: users / 2, Freed: all[:users/2]}}
	for _, m := range moves {
		if _, err := gate.Apply(t.Context(), product, 1, m.Number, active(0, 0).Terms, []admission.Move{m}); err != nil {
			t.Fatal(err)
		}
	}
	v := look(t, client, product)
	if v.left != -users+users/2 {
		t.Errorf("%d left", v.left)
	}
	v.sameHolders(t, want)
}

func TestTermsComeWithTheLastMove(t *testing.T) {
	client := servertest.SharedRedis(t)
	gate := opened(t, client, active(10, 0))
	second := time.Unix(1_800_000_000, 0)
	last := admission.Terms{
		Settled: true, Status: "PAUSED", PerUserLimit: 3,
		StartsAt: second, EndsAt: second.Add(time.Hour + time.Microsecond),
	}
	fields := func() map[string]string {
		all := client.HGetAll(t.Context(), seckill.CompanionKey(product, "gate")).Val()
		maps.DeleteFunc(all, func(field, _ string) bool { return field == "left" || field == "applied" || field == "token" })
		return all
	}
	opening := fields()
	for n := int64(1); n <= 2; n++ {
		if _, err := gate.Apply(t.Context(), product, 1, 3, last, []admission.Move{move(n, 1)}); err != nil {
			t.Fatal(err)
		}
		if got := fields(); !maps.Equal(got, opening) {
			t.Fatalf("after move %d of 3 the terms are %v, were %v", n, got, opening)
		}
	}
	want := map[string]string{
		"epoch": "1", "run": "run", "settled": "1", "status": "PAUSED", "limit": "3",
		"starts": "1800000000000", "ends": "1800003600001",
	}
	if _, err := gate.Apply(t.Context(), product, 1, 3, last, []admission.Move{move(3, 1)}); err != nil {
		t.Fatal(err)
	}
	if got := fields(); !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	// Somebody who read the product before the third move is too late.
	if applied, err := gate.Apply(t.Context(), product, 1, 2, active(0, 0).Terms, []admission.Move{move(2, 1)}); err != nil || applied != 3 {
		t.Errorf("%d, %v", applied, err)
	}
	if got := fields(); !maps.Equal(got, want) {
		t.Errorf("a late applier brought back %v", got)
	}
}

// history is a sequence of moves, and what a gate must be after each.
type history struct {
	moves   []admission.Move
	left    []int64
	holders []map[int64]int64
	terms   []admission.Terms
}

// drawHistory makes moves that free only what somebody holds.
func drawHistory(t *rapid.T, o admission.Opening) history {
	h := history{left: []int64{o.Left}, holders: []map[int64]int64{maps.Clone(o.Holders)}, terms: []admission.Terms{o.Terms}}
	for n := range rapid.IntRange(1, 15).Draw(t, "moves") {
		m := admission.Move{Number: int64(n + 1), Units: rapid.Int64Range(-5, 5).Draw(t, "units")}
		held := maps.Clone(h.holders[n])
		for range rapid.IntRange(0, 4).Draw(t, "users") {
			user := rapid.Int64Range(1, 5).Draw(t, "user")
			if held[user] > 0 && rapid.Bool().Draw(t, "frees") {
				m.Freed = append(m.Freed, user)
				held[user]--
			} else {
				m.Taken = append(m.Taken, user)
				held[user]++
			}
		}
		maps.DeleteFunc(held, func(_, units int64) bool { return units == 0 })
		terms := o.Terms
		terms.PerUserLimit = int64(1000 + n)
		h.moves, h.left = append(h.moves, m), append(h.left, h.left[n]+m.Units)
		h.holders, h.terms = append(h.holders, held), append(h.terms, terms)
	}
	return h
}

// applier tells a gate the moves page by page, as books.Keeper does. Its moves and terms
// are those of the moment in which it reads them.
type applier struct{ above int }

// step tells a page of what has been decided up to known.
func (a *applier) step(gate *admission.Gate, h history, epoch int64, known, size int) error {
	from := min(a.above, known)
	page := h.moves[from:min(from+size, known)]
	applied, err := gate.Apply(context.Background(), product, epoch, int64(known), h.terms[known], page)
	if err != nil {
		return err
	}
	if len(page) > 0 {
		a.above = min(int(applied), from+len(page))
	}
	return nil
}

// TestAnyInterleavingOfAppliersEndsInTheSameState compares the gate with the model after
// every page, whoever told it.
func TestAnyInterleavingOfAppliersEndsInTheSameState(t *testing.T) {
	client := servertest.SharedRedis(t)
	epoch := int64(0)
	rapid.Check(t, func(rt *rapid.T) {
		epoch++
		o := active(20, 0)
		o.Epoch, o.Holders = epoch, map[int64]int64{1: 1, 2: 2}
		h, gate := drawHistory(rt, o), opened(t, client, o)
		appliers := make([]applier, 3)
		steps := rapid.IntRange(0, 20).Draw(rt, "steps")
		for range steps {
			a := &appliers[rapid.IntRange(0, 2).Draw(rt, "who")]
			known := rapid.IntRange(0, len(h.moves)).Draw(rt, "known")
			if err := a.step(gate, h, epoch, known, rapid.IntRange(1, 5).Draw(rt, "size")); err != nil {
				rt.Fatal(err)
			}
			v := look(rt, client, product)
			if v.left != h.left[v.applied] {
				rt.Fatalf("after move %d %d are left, want %d", v.applied, v.left, h.left[v.applied])
			}
			v.sameHolders(rt, h.holders[v.applied])
		}
		for a := (applier{}); a.above < len(h.moves); {
			if err := a.step(gate, h, epoch, len(h.moves), 4); err != nil {
				rt.Fatal(err)
			}
		}
		h.isTheEnd(rt, look(rt, client, product), client.HGet(t.Context(), seckill.CompanionKey(product, "gate"), "limit").Val())
	})
}

// isTheEnd checks that every move has been applied, and the last terms.
func (h history) isTheEnd(t failer, v view, limit string) {
	t.Helper()
	n := len(h.moves)
	if int(v.applied) != n || v.left != h.left[n] || limit != fmt.Sprint(h.terms[n].PerUserLimit) || !reflect.DeepEqual(v.holders, h.holders[n]) {
		t.Fatalf("%d left, holders %v, limit %s after %d moves; want %d, %v, %d after %d",
			v.left, v.holders, limit, v.applied, h.left[n], h.holders[n], h.terms[n].PerUserLimit, n)
	}
}

// TestAppliersAtOnce has real ones race.
func TestAppliersAtOnce(t *testing.T) {
	client := servertest.SharedRedis(t)
	epoch := int64(0)
	rapid.Check(t, func(rt *rapid.T) {
		epoch++
		o := active(20, 0)
		o.Epoch, o.Holders = epoch, map[int64]int64{1: 1}
		h, gate := drawHistory(rt, o), opened(t, client, o)
		for _, err := range together(4, func(i int) error {
			for a := (applier{}); a.above < len(h.moves); {
				if err := a.step(gate, h, epoch, len(h.moves), i+1); err != nil {
					return err
				}
			}
			return nil
		}) {
			if err != nil {
				rt.Fatal(err)
			}
		}
		h.isTheEnd(rt, look(rt, client, product), client.HGet(t.Context(), seckill.CompanionKey(product, "gate"), "limit").Val())
	})
}
