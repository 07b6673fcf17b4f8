package role_test

import (
	"slices"
	"testing"

	"seckill/internal/role"
)

func TestTurns(t *testing.T) {
	var turns role.Turns
	five := []int64{1, 2, 3, 4, 5}
	for _, step := range []struct{ ids, want []int64 }{
		{five, []int64{1, 2}}, {five, []int64{3, 4}}, {five, []int64{5}}, {five, []int64{1, 2}},
		{five[:2], []int64{1, 2}}, // all of them, whoever's turn it was
		{five, []int64{3, 4}},     // and it goes on
		{five[:3], []int64{1, 2}}, // of fewer it begins anew
	} {
		if got := turns.Next(step.ids, 2); !slices.Equal(got, step.want) {
			t.Errorf("of %v it is the turn of %v, want %v", step.ids, got, step.want)
		}
	}
}
