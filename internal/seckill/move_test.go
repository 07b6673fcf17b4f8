package seckill_test

import (
	"reflect"
	"testing"

	"seckill/internal/seckill"
)

func TestWhatSettlementTellsTheGate(t *testing.T) {
	const won, lost = seckill.StatusSuccess, seckill.StatusFailed
	tests := []struct {
		name    string
		status  seckill.Status
		counted bool
		want    seckill.Move
	}{
		{"a winner that the gate has counted is no news", won, true, seckill.Move{}},
		{"a winner that the gate does not know of is debited", won, false, seckill.Move{Units: -1, Taken: []int64{5}}},
		{"a loser that the gate has counted gives the unit back", lost, true, seckill.Move{Units: 1, Freed: []int64{5}}},
		{"a loser that the gate does not know of is no news", lost, false, seckill.Move{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var m seckill.Move
			m.Settled(&seckill.Attempt{UserID: 5}, seckill.Decision{Status: tt.status}, tt.counted)
			if !reflect.DeepEqual(m, tt.want) || m.Empty() != reflect.DeepEqual(tt.want, seckill.Move{}) {
				t.Errorf("%+v, empty %v; want %+v", m, m.Empty(), tt.want)
			}
		})
	}
}

func TestAMoveAddsUp(t *testing.T) {
	var m seckill.Move
	m.Take(1)
	m.Take(1)
	m.Free(2)
	m.Free(1)
	m.Take(3)
	if want := (seckill.Move{Units: -1, Taken: []int64{1, 1, 3}, Freed: []int64{2, 1}}); !reflect.DeepEqual(m, want) {
		t.Errorf("%+v, want %+v", m, want)
	}
}

func TestOnlyAMoveWithoutAnythingIsEmpty(t *testing.T) {
	for name, m := range map[string]seckill.Move{
		"units":            {Units: 1},
		"somebody gained":  {Taken: []int64{1}},
		"somebody lost":    {Freed: []int64{1}},
		"units and nobody": {Units: -1, Taken: []int64{}},
	} {
		if m.Empty() {
			t.Errorf("%s: empty", name)
		}
	}
	if m := (seckill.Move{Taken: []int64{}, Freed: []int64{}}); !m.Empty() {
		t.Errorf("%+v is not empty", m)
	}
}

func TestWhichEntriesTheGateHasCounted(t *testing.T) {
	gate := seckill.Gate{Epoch: 4, Carried: map[string]bool{"3-0": true, "4-0": false}}
	tests := []struct {
		name  string
		id    string
		epoch int64
		gate  seckill.Gate
		want  bool
	}{
		{"of the epoch in force", "9-0", 4, gate, true},
		{"of an older epoch, not carried over", "9-0", 3, gate, false},
		{"of an older epoch, carried over", "3-0", 3, gate, true},
		{"named and not carried over", "4-0", 3, gate, false},
		{"of a later epoch, which claims what cannot be", "9-0", 5, gate, false},
		{"raw, or of a record-only product", "9-0", 0, gate, false},
		{"raw with the ID of one that is carried over", "3-0", 0, gate, false},
		{"raw while no gate is in force", "9-0", 0, seckill.Gate{}, false},
		{"marked while no gate is in force", "9-0", 1, seckill.Gate{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.gate.Counts(tt.id, tt.epoch); got != tt.want {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
}
