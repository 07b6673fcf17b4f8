package books

import (
	"testing"

	"seckill/internal/admission"
	"seckill/model"
)

// TestAGateThatSomebodyTellsIsLeftToHim: while a product is sold its gate never knows all, and
// is late only when it has been told nothing from one look to the next.
func TestAGateThatSomebodyTellsIsLeftToHim(t *testing.T) {
	states := func(moves, token int64) []model.GateState {
		return []model.GateState{{ProductID: 1, Moves: moves, MoveToken: token}}
	}
	for _, tt := range []struct {
		name   string
		before map[int64]int64 // moves that gates knew at the last look which did not know all
		states []model.GateState
		moving []int64
		gate   admission.Brief
		want   bool
	}{
		{"it differs for the first time", nil, states(7, 0), nil, admission.Brief{Applied: 6}, false},
		{"it has been told something", map[int64]int64{1: 5}, states(7, 0), nil, admission.Brief{Applied: 6}, false},
		{"it has been told nothing", map[int64]int64{1: 6}, states(9, 0), nil, admission.Brief{Applied: 6}, true},
		{"it knows what the books do not have", map[int64]int64{1: 9}, states(7, 0), nil, admission.Brief{Applied: 9}, true},
		{"it knows another move", map[int64]int64{1: 7}, states(7, 3), nil, admission.Brief{Applied: 7, Token: 4}, true},
		{"it knows all by now", map[int64]int64{1: 6}, states(6, 3), nil, admission.Brief{Applied: 6, Token: 3}, false},
		{"it knows all, but nobody has dropped it", map[int64]int64{1: 6}, states(6, 0), []int64{1}, admission.Brief{Applied: 6}, true},
		{"another product was late", map[int64]int64{2: 6}, states(7, 0), nil, admission.Brief{Applied: 6}, false},
		{"it has ended", map[int64]int64{1: 6}, nil, []int64{1}, admission.Brief{Applied: 6}, true},
		{"it has ended and is told", map[int64]int64{1: 5}, nil, []int64{1}, admission.Brief{Applied: 6}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			looks := looksAt(tt.states, tt.moving)
			if len(looks) != 1 || looks[0].ProductID != 1 {
				t.Fatalf("looks at %+v", looks)
			}
			f := following{late: tt.before}
			if got := f.isLate(looks[0], tt.gate); got != tt.want {
				t.Errorf("late: %v", got)
			}
		})
	}
}
