package admission_test

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"seckill/internal/admission"
	"seckill/internal/servertest"
)

func TestSettledEntriesAreInFlightNoLonger(t *testing.T) {
	client := servertest.SharedRedis(t)
	gate := opened(t, client, active(10, 0))
	first, second, later := taken(t, gate, 1, ""), taken(t, gate, 2, ""), taken(t, gate, 1, "")
	settle := func(entries ...admission.Entry) view {
		t.Helper()
		if err := gate.Settled(t.Context(), product, entries); err != nil {
			t.Fatal(err)
		}
		return look(t, client, product)
	}
	settle()
	settle(admission.Entry{StreamID: "1-1", UserID: 1}, admission.Entry{StreamID: "2-2", UserID: 77}) // of others
	settle(admission.Entry{StreamID: first, UserID: 1})
	v := settle(admission.Entry{StreamID: first, UserID: 1}) // twice
	if !maps.Equal(v.inflight, map[string]int64{second: 2, later: 1}) || !maps.Equal(v.waiting, map[int64]string{1: later, 2: second}) {
		t.Errorf("the later entry of user 1 still waits, and so does user 2's: %+v", v)
	}
	v = settle(admission.Entry{StreamID: second, UserID: 2}, admission.Entry{StreamID: later, UserID: 1}, admission.Entry{StreamID: first, UserID: 1})
	if len(v.inflight)+len(v.waiting) != 0 {
		t.Errorf("%+v", v)
	}
	// What became of the units is told by moves alone.
	if v.left != 7 || v.holders[1] != 2 || v.holders[2] != 1 {
		t.Errorf("settling moved units: %+v", v)
	}
}

func TestEntriesOfARecordOnlyProductWaitUntilTheyAreStored(t *testing.T) {
	client := servertest.SharedRedis(t)
	gate := opened(t, client, recordOnly())
	id := taken(t, gate, 1, "")
	if err := gate.Settled(t.Context(), product, []admission.Entry{{StreamID: id, UserID: 1}}); err != nil {
		t.Fatal(err)
	}
	if v := look(t, client, product); len(v.waiting) != 0 {
		t.Errorf("%+v", v)
	}
}

func TestThousandsOfSettledEntries(t *testing.T) {
	client := servertest.SharedRedis(t)
	o := active(1, 0)
	o.InFlight, o.Waiting = map[string]int64{}, map[int64]string{}
	var entries []admission.Entry
	for user := range int64(4001) {
		id := fmt.Sprintf("%d-0", user+1)
		o.InFlight[id], o.Waiting[user] = user, id
		entries = append(entries, admission.Entry{StreamID: id, UserID: user})
	}
	gate := opened(t, client, o)
	if err := gate.Settled(t.Context(), product, entries[:4000]); err != nil {
		t.Fatal(err)
	}
	if v := look(t, client, product); len(v.inflight) != 1 || len(v.waiting) != 1 || v.inflight["4001-0"] != 4000 {
		t.Errorf("%d in flight, %d waiting", len(v.inflight), len(v.waiting))
	}
}

func TestWhoWaits(t *testing.T) {
	gate := opened(t, servertest.SharedRedis(t), active(10, 0))
	taken(t, gate, 1, "")
	one, three := taken(t, gate, 1, ""), taken(t, gate, 3, "r")
	got, err := gate.Waiting(t.Context(), product, []int64{1, 2, 3})
	if err != nil || !maps.Equal(got, map[int64]string{1: one, 3: three}) {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := gate.Waiting(t.Context(), product+1, []int64{1}); err != nil || len(got) != 0 {
		t.Errorf("of another product: %v, %v", got, err)
	}
}

func TestStateAndFlightAtOneMoment(t *testing.T) {
	gate := opened(t, servertest.SharedRedis(t), active(10, 0))
	want := []admission.Entry{{StreamID: taken(t, gate, 1, ""), UserID: 1}, {StreamID: taken(t, gate, 2, ""), UserID: 2}}
	state, entries, err := gate.AllInFlight(t.Context(), product)
	slices.SortFunc(entries, func(a, b admission.Entry) int { return cmp.Compare(a.UserID, b.UserID) })
	if err != nil || !slices.Equal(entries, want) || state != (admission.State{Epoch: 1, Left: 8, InFlight: 2, Run: "run"}) {
		t.Errorf("%+v, %+v, %v", state, entries, err)
	}
	if _, _, err := gate.AllInFlight(t.Context(), product+1); !errors.Is(err, admission.ErrNotLoaded) {
		t.Errorf("of a product without a gate: %v", err)
	}
}

func TestACorrectionIsOfTheMomentInWhichItWasFound(t *testing.T) {
	client := servertest.SharedRedis(t)
	o := active(10, 0)
	o.Epoch, o.Applied = 2, 4
	gate := opened(t, client, o)
	tests := []struct {
		name string
		at   admission.State
		by   int64
		done bool
		left int64
	}{
		{"of an older epoch", admission.State{Epoch: 1, Applied: 4}, 5, false, 10},
		{"of a later epoch", admission.State{Epoch: 3, Applied: 4}, 5, false, 10},
		{"before the last move", admission.State{Epoch: 2, Applied: 3}, 5, false, 10},
		{"of now", admission.State{Epoch: 2, Applied: 4}, 5, true, 15},
		{"the same again is another correction", admission.State{Epoch: 2, Applied: 4}, 5, true, 20},
		{"below nothing", admission.State{Epoch: 2, Applied: 4}, -23, true, -3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			done, err := gate.Correct(t.Context(), product, tt.at, tt.by)
			if v := look(t, client, product); err != nil || done != tt.done || v.left != tt.left {
				t.Errorf("%v, %v, %d left; want %v, %d left", done, err, v.left, tt.done, tt.left)
			}
		})
	}
	if done, err := gate.Correct(t.Context(), product+1, admission.State{}, 5); err != nil || done {
		t.Errorf("of a gate that is not open: %v, %v", done, err)
	}
}

func TestACorrectionDoesNotOverwriteWhatWasAdmittedMeanwhile(t *testing.T) {
	client := servertest.SharedRedis(t)
	gate := opened(t, client, active(10, 0))
	state, err := gate.State(t.Context(), product)
	if err != nil {
		t.Fatal(err)
	}
	taken(t, gate, 1, "")
	if done, err := gate.Correct(t.Context(), product, state, 3); err != nil || !done {
		t.Errorf("%v, %v", done, err)
	}
	if v := look(t, client, product); v.left != 12 {
		t.Errorf("%d left, want 12", v.left)
	}
}
