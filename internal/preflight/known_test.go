package preflight

import (
	"testing"
	"time"
)

func TestWhatAPreflightHasSaidIsKnownForAWhile(t *testing.T) {
	p := New(Settings{}, Sources{})
	p.remember(1, true)
	p.remember(2, false)
	p.verdicts.Store(int64(3), verdict{ready: true, at: time.Now().Add(-knownFor - time.Second)})
	for id, want := range map[int64][2]bool{1: {true, true}, 2: {false, true}, 4: {false, false}} {
		if ready, known := p.Known(id); ready != want[0] || known != want[1] {
			t.Errorf("product %d: %v, %v", id, ready, known)
		}
	}
	if _, known := p.Known(3); known {
		t.Error("what was said long ago is known")
	}
	p.remember(1, false)
	if _, kept := p.verdicts.Load(int64(3)); kept {
		t.Error("what was said long ago is kept")
	}
	if ready, _ := p.Known(1); ready {
		t.Error("what was said before counts")
	}
}
