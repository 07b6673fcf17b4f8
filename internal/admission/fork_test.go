package admission_test

import (
	"errors"
	"maps"
	"testing"

	"seckill/internal/admission"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// told makes a move of one unit with its token and that of the one before.
func told(number, token, after int64) admission.Move {
	return admission.Move{Number: number, Token: token, After: after, Units: 1, Taken: []int64{8}}
}

// TestAMoveOfABranchIsRefused: a gate that knows move 5 by the token 77 is told moves as
// older books hand them out again, under the same numbers.
func TestAMoveOfABranchIsRefused(t *testing.T) {
	tests := []struct {
		name    string
		token   int64 // of the gate's last move
		moves   []admission.Move
		applied int64
		forked  bool
	}{
		{"the next one", 77, []admission.Move{told(6, 78, 77)}, 6, false},
		{"the last one again, then the next", 77, []admission.Move{told(5, 77, 76), told(6, 78, 77)}, 6, false},
		{"another one under the last number", 77, []admission.Move{told(5, 99, 76)}, 5, true},
		{"the next one of a branch", 77, []admission.Move{told(6, 78, 99)}, 5, true},
		{"a good one, then one of a branch", 77, []admission.Move{told(6, 78, 77), told(7, 79, 99)}, 5, true},
		{"from books without tokens, the last one", 77, []admission.Move{told(5, 0, 0)}, 5, false},
		{"from books without tokens, the next one", 77, []admission.Move{told(6, 0, 0)}, 6, false},
		{"a gate without a token, the last one", 0, []admission.Move{told(5, 99, 98)}, 5, false},
		{"a gate without a token, the next one", 0, []admission.Move{told(6, 78, 99)}, 6, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client := servertest.SharedRedis(t)
			o := active(10, 1)
			o.Applied, o.Token = 5, tt.token
			gate, key := opened(t, client, o), seckill.CompanionKey(product, "gate")
			before := client.HGetAll(t.Context(), key).Val()
			through := tt.moves[len(tt.moves)-1].Number
			applied, err := gate.Apply(t.Context(), product, 1, through, admission.Terms{Status: "PAUSED"}, tt.moves)
			if forked := errors.Is(err, admission.ErrForked) && errors.Is(err, admission.ErrOutOfStep); forked != tt.forked ||
				!forked && err != nil || applied != tt.applied {
				t.Fatalf("%d, %v; want %d, forked %v", applied, err, tt.applied, tt.forked)
			}
			if after := client.HGetAll(t.Context(), key).Val(); tt.forked && !maps.Equal(before, after) {
				t.Errorf("the gate was %v and is %v", before, after)
			}
			want := map[int64]int64{}
			if tt.applied > 5 {
				want[8] = 1
			}
			look(t, client, product).sameHolders(t, want)
		})
	}
}

// TestATokenOfAnOlderMoveSaysNothing: a version of the service that knows no tokens has
// applied a move since, and has left the token of the one before behind.
func TestATokenOfAnOlderMoveSaysNothing(t *testing.T) {
	client := servertest.SharedRedis(t)
	o := active(10, 0)
	o.Applied, o.Token = 5, 77
	gate := opened(t, client, o)
	if err := client.HSet(t.Context(), seckill.CompanionKey(product, "gate"), "applied", 6).Err(); err != nil {
		t.Fatal(err)
	}
	applied, err := gate.Apply(t.Context(), product, 1, 7, o.Terms, []admission.Move{told(6, 90, 89), told(7, 91, 90)})
	if err != nil || applied != 7 {
		t.Fatalf("%d, %v", applied, err)
	}
	if briefs, err := gate.Briefs(t.Context(), []int64{product}); err != nil || briefs[0].Token != 91 {
		t.Errorf("%+v, %v", briefs, err)
	}
}

// TestNoGateOpensWhileTheBooksAreReadAgain: the note of that holds whatever the epoch, and
// what was put aside for the gate goes.
func TestNoGateOpensWhileTheBooksAreReadAgain(t *testing.T) {
	for name, open := range map[string]bool{"none is open": false, "one of an older epoch is open": true} {
		t.Run(name, func(t *testing.T) {
			client := servertest.SharedRedis(t)
			gate, note := admission.NewGate(client), seckill.CompanionKey(product, "reread")
			if open {
				gate = opened(t, client, full(1, 5))
			}
			before := client.Keys(t.Context(), "*").Val()
			if err := client.HSet(t.Context(), note, "from", "1-0").Err(); err != nil {
				t.Fatal(err)
			}
			if err := gate.Open(t.Context(), product, full(2, 50)); err != nil {
				t.Fatal(err)
			}
			if err := client.Del(t.Context(), note).Err(); err != nil {
				t.Fatal(err)
			}
			if open {
				sameAs(t, client, full(1, 5))
			} else if keys := client.Keys(t.Context(), "*").Val(); len(keys) != len(before) {
				t.Errorf("keys %v", keys)
			}
			if err := gate.Open(t.Context(), product, full(2, 50)); err != nil {
				t.Fatal(err)
			}
			sameAs(t, client, full(2, 50))
		})
	}
}
