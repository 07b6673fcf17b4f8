package consumer

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"seckill/internal/admission"
	"seckill/internal/stream"
)

// brought makes what a read has brought: good entries, and others, of an ID each.
func brought(good []string, lost ...string) fetch {
	read := stream.Batch{Lost: lost}
	for _, id := range good {
		read.Entries = append(read.Entries, stream.Entry{ID: id, Fields: map[string]any{"uid": "1", "epoch": "1"}})
	}
	return newFetch(1, read)
}

func TestReadsAreJoinedWhereEachFollowsTheOneBefore(t *testing.T) {
	bad := newFetch(1, stream.Batch{Entries: []stream.Entry{{ID: "9-5", Fields: map[string]any{"uid": "x"}}, {ID: "9-6", Fields: map[string]any{"uid": "1"}}}})
	for name, tt := range map[string]struct {
		reads []fetch
		want  string
	}{
		"one":                     {[]fetch{brought([]string{"1-0", "2-0"})}, "[[1-0 2-0]]"},
		"in order":                {[]fetch{brought([]string{"9-9"}), brought([]string{"10-0", "10-1"}), brought([]string{"10-2"})}, "[[9-9 10-0 10-1 10-2]]"},
		"the same again":          {[]fetch{brought([]string{"1-0", "2-0"}), brought([]string{"2-0", "3-0"})}, "[[1-0 2-0] [2-0 3-0]]"},
		"set back, and on":        {[]fetch{brought([]string{"5-0"}), brought([]string{"1-0"}), brought([]string{"2-0"})}, "[[5-0] [1-0 2-0]]"},
		"with dead letters":       {[]fetch{brought([]string{"1-0"}), bad, brought([]string{"10-0"})}, "[[1-0 9-6 10-0 9-5]]"},
		"overlapping a dead one":  {[]fetch{bad, brought([]string{"9-5"})}, "[[9-6 9-5] [9-5]]"},
		"nothing that is there":   {[]fetch{brought([]string{"1-0"}), brought(nil, "2-0"), brought([]string{"3-0"})}, "[[1-0] [3-0]]"},
		"what is lost among them": {[]fetch{brought([]string{"1-0"}, "0-1"), brought([]string{"3-0"}, "2-0")}, "[[1-0 3-0]]"},
	} {
		t.Run(name, func(t *testing.T) {
			var got [][]string
			for _, b := range join(tt.reads) {
				got = append(got, appendIDs(nil, b))
			}
			if fmt.Sprint(got) != tt.want {
				t.Errorf("%v, want %s", got, tt.want)
			}
		})
	}
}

func TestReadsThatWaitAreGatheredAsFarAsATransactionTakesThem(t *testing.T) {
	for _, tt := range []struct{ waiting, most, want int }{
		{0, 100, 1}, {5, 1, 1}, {5, 3, 1}, {5, 4, 2}, {5, 5, 2}, {5, 8, 4}, {5, 100, 6},
	} {
		fetched := make(chan fetch, tt.waiting)
		for range tt.waiting {
			fetched <- brought([]string{"1-0", "2-0"})
		}
		if got := len(gather(brought([]string{"1-0", "2-0"}), fetched, 2, tt.most)); got != tt.want {
			t.Errorf("%d wait, at most %d: %d reads are gathered, want %d", tt.waiting, tt.most, got, tt.want)
		}
		close(fetched)
		for range fetched { // what is left
		}
		if got := len(gather(brought([]string{"1-0"}), fetched, 2, 100)); got != 1 {
			t.Errorf("%d reads are gathered when there are no more", got)
		}
	}
}

func TestAReadIsAcknowledgedAsFarAsItIsStored(t *testing.T) {
	reads := []fetch{brought([]string{"1-0", "2-0"}, "0-1"), brought([]string{"3-0"})}
	whole := doneOf(reads, []string{"0-1", "1-0", "2-0", "3-0"})
	if l := reads[0].landing(whole, "3-0"); fmt.Sprintf("%v %d %s", l.ids, len(l.admitted), l.mark) != "[1-0 2-0 0-1] 2 3-0" {
		t.Errorf("%+v", l)
	}
	part := doneOf(reads, []string{"0-1", "2-0"})
	l := reads[0].landing(part, "2-0")
	if fmt.Sprintf("%v %s", l.ids, l.mark) != "[2-0 0-1] 2-0" || !slices.Equal(l.admitted, []admission.Entry{{StreamID: "2-0", UserID: 1}}) {
		t.Errorf("%+v", l)
	}
	if got := fmt.Sprint(reads[0].ids); got != "[1-0 2-0 0-1]" {
		t.Errorf("what is in flight has become %s", got)
	}
	if l := reads[1].landing(part, ""); len(l.ids) != 0 || len(l.admitted) != 0 {
		t.Errorf("%+v", l)
	}
}

func TestHowMuchATransactionMayStore(t *testing.T) {
	c := Config{Count: 100, MaxBatch: 1000}
	var p pace
	if got := p.most(c); got != 100 {
		t.Errorf("before the first: %d", got)
	}
	for _, tt := range []struct {
		n    int
		took time.Duration
		want int
	}{
		{100, 10 * time.Millisecond, 1000}, {100, 50 * time.Millisecond, 500}, {1, time.Second, 0}, {0, time.Second, 0},
		{1000, 0, 1000}, {1, joinFor, 1},
	} {
		p.note(tt.n, tt.took)
		if got := p.most(c); got != tt.want {
			t.Errorf("after %d entries in %v: %d, want %d", tt.n, tt.took, got, tt.want)
		}
	}
}

// TestOnlyFullReadsWaitTogether: small ones, one after another, would be a command each.
func TestOnlyFullReadsWaitTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &Loop{config: Config{Count: 2, Ahead: NewAhead()}, taken: make(chan struct{}, 1)}
		fetched := make(chan fetch, 5)
		if got := l.readAhead(t.Context(), fetched, 1); got != 0 {
			t.Errorf("the first that waits takes %d", got)
		}
		fetched <- brought([]string{"1-0", "2-0"})
		if got := l.readAhead(t.Context(), fetched, 2); got != 2 {
			t.Errorf("a full read takes %d", got)
		}
		fetched <- brought([]string{"3-0", "4-0"})
		waited := make(chan int64)
		go func() { waited <- l.readAhead(t.Context(), fetched, 1) }()
		select {
		case <-waited:
			t.Error("a small read waits beside others")
		case <-time.After(time.Hour): // of this bubble
		}
		<-fetched
		<-fetched
		l.taken <- struct{}{}
		if got := <-waited; got != 0 {
			t.Errorf("the only one that waits takes %d", got)
		}
	})
}
