package live

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"seckill/internal/seckill"
	"seckill/internal/stream"
)

func TestTheRingKeepsFifteenMinutesInLittleMemory(t *testing.T) {
	var r ring
	body := func(n int64) []byte {
		return fmt.Appendf(nil, `{"at":"2026-11-26T22:04:%02d.056142Z","productId":7,"stockLeft":%d,"redisLeft":%d%s}`,
			n%60, 100_000-n*37, 99_900-n*37, strings.Repeat(`,"something":"that stays as it is"`, 20))
	}
	const samples = 2000
	for n := int64(1); n <= samples; n++ {
		r.add(entry{id: n * 1000, given: n, body: body(n), seconds: fmt.Appendf(nil, `[{"at":%d}]`, n)})
	}
	kept := r.after(0)
	oldest := samples*1000 - keep.Milliseconds()
	if len(kept) < 900 || len(kept) > 900+packAt || kept[0].id > oldest {
		t.Fatalf("%d samples are kept, the oldest of %d, %d is wanted", len(kept), kept[0].id, oldest)
	}
	for n, e := range kept {
		second := samples - int64(len(kept)) + int64(n) + 1
		if e.id != second*1000 || e.given != second || string(e.body) != string(body(second)) || string(e.seconds) != fmt.Sprintf(`[{"at":%d}]`, second) {
			t.Fatalf("sample %d is %d, %d, %s, %s", n, e.id, e.given, e.body, e.seconds)
		}
	}
	size := 0
	for _, p := range r.packs {
		size += len(p.packed)
	}
	if whole := 900 * len(body(1)); size > whole/5 {
		t.Errorf("%d bytes are packed into %d", whole, size)
	}
	for _, id := range []int64{samples * 1000, 1900 * 1000, 1500 * 1000} {
		if !r.has(id) || r.has(id-1) || len(r.after(id)) != samples-int(id/1000) {
			t.Errorf("after %d there are %d samples", id, len(r.after(id)))
		}
	}
	r.add(entry{id: 10 * samples * 1000, body: []byte("{}")}) // nobody has watched for hours
	if kept := r.after(0); len(kept) != 1 {
		t.Errorf("%d samples are kept", len(kept))
	}
}

func TestToCountAllocatesNothing(t *testing.T) {
	tally := NewTally()
	tally.AttemptDecided(7, "admitted")
	if n := testing.AllocsPerRun(1000, func() {
		tally.AttemptDecided(7, "sold_out")
		tally.LogsWritten(7, seckill.StatusFailed, 2)
		tally.EntryStored(7, time.Second)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestNothingIsCountedTwiceOrNot while it is taken again and again.
func TestNothingIsCountedTwiceOrNot(t *testing.T) {
	tally, taken := NewTally(), map[int64]int64{}
	take := func() {
		tally.take(func(id int64, n *[counters]int64) { taken[id] += n[0] })
	}
	const each, writers = 20_000, 4
	var all sync.WaitGroup
	for range writers {
		all.Go(func() {
			for n := range int64(each) {
				tally.AttemptDecided(1+n%3, "admitted")
			}
		})
	}
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
			take()
			runtime.Gosched()
		}
	}
	take()
	if sum := taken[1] + taken[2] + taken[3]; sum != each*writers || len(taken) != 3 {
		t.Errorf("%d are counted: %v", sum, taken)
	}
	tally.take(func(id int64, n *[counters]int64) { t.Errorf("product %d has %v that nobody counted", id, n) })
}

func TestBuckets(t *testing.T) {
	for took, want := range map[time.Duration]int{
		-time.Second: 0, 0: 0, time.Millisecond: 0, time.Millisecond + 1: 1, 2 * time.Millisecond: 1, 3 * time.Millisecond: 2,
		4 * time.Millisecond: 2, 5 * time.Millisecond: 3, time.Second: 10, time.Hour: buckets - 1, 1<<63 - 1: buckets - 1,
	} {
		if got := bucketOf(took); got != want {
			t.Errorf("%v is in bucket %d, want %d", took, got, want)
		}
	}
}

// TestQuantilesAreWithinTheirBucket compares them with those of the times themselves.
func TestQuantilesAreWithinTheirBucket(t *testing.T) {
	if quantile(&[buckets]int64{}, 0.5) != nil {
		t.Error("no time has a quantile")
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var times [buckets]int64
		list := make([]time.Duration, 1+random.IntN(1000))
		for n := range list {
			list[n] = time.Duration(random.ExpFloat64() * float64(30*time.Millisecond))
			times[bucketOf(list[n])]++
		}
		slices.Sort(list)
		for _, q := range []float64{0.5, 0.99} {
			got := time.Duration(*quantile(&times, q) * float64(time.Millisecond))
			want := list[max(0, int(float64(len(list))*q+0.999999)-1)]
			if bucketOf(got) != bucketOf(want) && bucketOf(got+time.Millisecond/10) != bucketOf(want) {
				t.Errorf("quantile %v of %d times is %v, not %v", q, len(list), got, want)
			}
		}
	}
}

func TestASecondIsMadeOfWhatIsCounted(t *testing.T) {
	got := newSecond(5, map[string]int64{"admitted": 2, "sold_out": 0, "SUCCESS": 3, "FAILED": 0, "b0": 1, "b99": 4, "later": 1})
	if fmt.Sprint(got.Attempts, got.Results) != "map[admitted:2 b99:4 later:1] map[SUCCESS:3]" || *got.P50Ms != 0.5 {
		t.Errorf("the second is %+v", got)
	}
}

// refuses adds nothing while it is away.
type refuses struct {
	away  bool
	added []stream.SecondCount
}

func (r *refuses) Add(_ context.Context, counts []stream.SecondCount) []error {
	problems := make([]error, len(counts))
	for n, c := range counts {
		if r.away && c.ProductID == 7 {
			problems[n] = errors.New("away")
		} else {
			r.added = append(r.added, c)
		}
	}
	return problems
}

// TestWhatRedisDoesNotTakeIsHeldForAWhile: the last seconds, each with its mark; what another
// server takes is added at once.
func TestWhatRedisDoesNotTakeIsHeldForAWhile(t *testing.T) {
	to, tally := &refuses{away: true}, NewTally()
	r, now := newReporter(tally, to), int64(1000)
	r.now = func() time.Time { return time.Unix(now, 1000) }
	r.report(t.Context()) // nothing has happened
	for ; now < 1100; now++ {
		tally.AttemptDecided(7, "admitted")
		tally.AttemptDecided(8, "nonsense")
		r.report(t.Context())
	}
	if len(to.added) != 100 || to.added[0].Names[0] != otherOutcome || len(r.held) != heldSeconds {
		t.Fatalf("%d are added, %d held", len(to.added), len(r.held))
	}
	to.away, to.added = false, nil
	r.report(t.Context())
	marks := map[string]bool{}
	for n, c := range to.added {
		marks[c.Mark] = true
		if want := 1100 - int64(len(to.added)) - 1 + int64(n); c.ProductID != 7 || c.Second != want || c.Names[0] != "admitted" || c.Numbers[0] != 1 {
			t.Errorf("count %d is %+v, want second %d", n, c, want)
		}
	}
	if len(to.added) != heldSeconds-1 || len(marks) != len(to.added) || len(r.held) != 0 { // one was too old by then
		t.Errorf("%d are added with %d marks, %d held", len(to.added), len(marks), len(r.held))
	}
}

func TestAlarms(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	number := func(n int64) *int64 { return &n }
	open := func(change func(s *scene)) *scene {
		s := &scene{Sample: &Sample{Status: "ACTIVE", Gate: GateOpen, Lag: number(0), Pending: number(0), Consumers: number(1)}, now: now, settled: true, consumersLive: true}
		change(s)
		return s
	}
	no := false
	for _, tt := range []struct {
		name   string
		change func(s *scene)
		want   string
	}{
		{"all is well", func(*scene) {}, "[]"},
		{"the servers are away", func(s *scene) { s.Missing = []Server{ServerRedis, ServerPostgres} }, "[SeckillRedisDown SeckillPostgresDown]"},
		{"the books are off", func(s *scene) { s.Balanced = &no }, "[SeckillBooksDrift]"},
		{"entries wait for nobody", func(s *scene) { s.Lag, s.consumersLive = number(1), false }, "[SeckillNoConsumer]"},
		{"entries wait while it is paused", func(s *scene) { s.Lag, s.consumersLive, s.Status = number(1), false, "PAUSED" }, "[]"},
		{"entries wait just as long as they may", func(s *scene) { s.DelayMs = number(30_000) }, "[]"},
		{"entries wait too long", func(s *scene) { s.DelayMs = number(30_001) }, "[SeckillSettlementStalled]"},
		{"the gate is closed", func(s *scene) { s.Gate = GateClosed }, "[SeckillGateClosed]"},
		{"the gate is closed before the sale", func(s *scene) { s.Gate, s.startsAt = GateClosed, now.Add(1) }, "[]"},
		{"the gate is closed at the start", func(s *scene) { s.Gate, s.startsAt = GateClosed, now }, "[SeckillGateClosed]"},
		{"the gate is closed at the end", func(s *scene) { s.Gate, s.endsAt = GateClosed, now }, "[]"},
		{"units hang", func(s *scene) { s.InFlight = number(1) }, "[SeckillUnitsInFlight]"},
		{"units are on their way", func(s *scene) { s.InFlight, s.Pending = number(1), number(1) }, "[]"},
		{"nobody knows whether units hang", func(s *scene) { s.InFlight, s.Lag = number(1), nil }, "[]"},
		{"it is not ready", func(s *scene) { s.Preflight, s.startsAt = preflightNotReady, now.Add(30*time.Minute) }, "[SeckillPreflightNotReady]"},
		{"it is not ready yet", func(s *scene) { s.Preflight, s.startsAt = preflightNotReady, now.Add(31*time.Minute) }, "[]"},
		{"letters are open", func(s *scene) { s.DeadLettersOpen = number(1) }, "[SeckillDeadLettersOpen]"},
		{"an entry is pending for long", func(s *scene) { s.OldestPendingMs = number(60_001) }, "[SeckillPendingOld]"},
		{"orders are overdue", func(s *scene) { s.oldestOverdue = 31 * time.Second }, "[SeckillOrdersOverdue]"},
		{"the gate is not told", func(s *scene) { s.oldestMove = 31 * time.Second }, "[SeckillMovesOld]"},
	} {
		if got := fmt.Sprint(open(tt.change).alarms()); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

// TestAnAlarmThatComesTrueForAMomentIsNone: it is raised when its condition has held.
func TestAnAlarmThatComesTrueForAMomentIsNone(t *testing.T) {
	h, now := held{}, time.Unix(1_800_000_000, 0)
	after := func(d time.Duration, holding ...Alarm) string { return fmt.Sprint(h.since(7, now.Add(d), holding)) }
	for _, tt := range []struct {
		after   time.Duration
		holding []Alarm
		want    string
	}{
		{0, []Alarm{AlarmUnitsInFlight, AlarmRedisDown}, "[SeckillRedisDown]"},
		{29 * time.Second, []Alarm{AlarmUnitsInFlight}, "[]"},
		{30 * time.Second, []Alarm{AlarmUnitsInFlight}, "[SeckillUnitsInFlight]"},
		{31 * time.Second, nil, "[]"},
		{32 * time.Second, []Alarm{AlarmUnitsInFlight}, "[]"},
		{33 * time.Second, []Alarm{AlarmBooksDrift}, "[]"},
		{38 * time.Second, []Alarm{AlarmBooksDrift}, "[SeckillBooksDrift]"},
	} {
		if got := after(tt.after, tt.holding...); got != tt.want {
			t.Errorf("after %v: %s, want %s", tt.after, got, tt.want)
		}
	}
}
