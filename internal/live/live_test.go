package live

import (
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/internal/admission"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/internal/types"
)

// TestASampleTellsHowAProductStands: three of five units admitted, and a raw entry behind
// them, none of it settled.
func TestASampleTellsHowAProductStands(t *testing.T) {
	s := newOwnStage(t)
	s.create(7, 5)
	for user := int64(1); user <= 3; user++ {
		if _, err := s.gate.Admit(t.Context(), admission.Attempt{ProductID: 7, UserID: user}); err != nil {
			t.Fatal(err)
		}
	}
	s.must(s.client.XAdd(t.Context(), &redis.XAddArgs{Stream: seckill.StreamKey(7), Values: []string{"uid", "9"}}).Err())
	a := s.watch(7, 0)
	first := a.next("history")
	if first.id != "" || first.data != `{"seconds":[],"samples":[]}` {
		t.Errorf("the history is %q %s", first.id, first.data)
	}
	var e event
	var got Sample
	servertest.Eventually(t, "both servers have answered in time", func() bool {
		e, got = a.next("sample"), Sample{}
		e.into(t, &got)
		return len(got.Missing) == 0
	})
	at, err := time.Parse(time.RFC3339Nano, got.At)
	if err != nil || len(got.At) != len("2006-01-02T15:04:05.000000Z") || e.id != strconv.FormatInt(at.UnixMilli(), 10) {
		t.Errorf("at %s, ID %s: %v", got.At, e.id, err)
	}
	if *got.DelayMs < 0 || *got.DelayMs > 60_000 {
		t.Errorf("delayMs %d", *got.DelayMs)
	}
	got.At, got.DelayMs = "", nil
	text, err := json.Marshal(got)
	const want = `{"at":"","productId":7,"name":"p7","status":"ACTIVE","mode":"SETTLE","stockTotal":5,"perUserLimit":1,"paymentWindowSeconds":60,` +
		`"gate":"open","stockLeft":5,"redisLeft":2,"inFlight":3,"pendingMoves":0,"sold":0,"liveOrders":0,"drift":0,"balanced":true,` +
		`"lag":4,"pending":0,"consumers":0,"deadLettersOpen":0,"alarms":[],"missing":[]}`
	if err != nil || string(text) != want {
		t.Errorf("the sample is %s, %v", text, err)
	}
	if !strings.HasSuffix(e.data, `,"seconds":[]}`) && !strings.HasSuffix(e.data, `"results":{}}]}`) {
		t.Errorf("%s has no seconds", e.data)
	}
}

func TestTheOverviewHasAllProductsThatAreNotDone(t *testing.T) {
	s := newOwnStage(t)
	s.create(7, 5)
	s.create(8, -1)
	s.create(9, 1)
	for _, query := range []string{
		"UPDATE seckill_products SET status = 'ENDED' WHERE product_id = 9",
		"INSERT INTO seckill_drained_products (product_id) VALUES (9)",
		"INSERT INTO seckill_dead_letters (product_id, stream_id, reason, fingerprint) VALUES (8, '1-0', 'INVALID_UID', 'x')",
	} {
		if _, err := s.pool.Exec(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	all := s.watch(overview, 0)
	var e event
	var o Overview
	servertest.Eventually(t, "both servers have answered in time", func() bool {
		e, o = all.next("sample"), Overview{}
		e.into(t, &o)
		return len(o.Missing) == 0
	})
	if len(o.Products) != 2 || o.Products[0].ProductID != 7 || o.Products[1].ProductID != 8 || strings.Contains(e.data, "seconds") {
		t.Fatalf("the overview is %s", e.data)
	}
	record := o.Products[1]
	if record.Mode != "RECORD" || record.Gate != GateNone || record.StockLeft != nil || *record.DeadLettersOpen != 1 ||
		!slices.Equal(record.Alarms, []Alarm{AlarmDeadLettersOpen}) {
		t.Errorf("the record-only product is %+v", record)
	}
	s.create(10, 1)
	a := s.watch(overview, 0)
	for range 5 {
		a.next("sample").into(t, &o)
	}
	if len(o.Products) != 3 {
		t.Errorf("a new product is not in it: %+v", o)
	}
}

// TestTheHistoryIsThatOfAllReplicas: two replicas count, a third one tells somebody who has
// begun to watch later.
func TestTheHistoryIsThatOfAllReplicas(t *testing.T) {
	s := newOwnStage(t)
	other := newStage(t, s.client, s.pool)
	third := newStage(t, s.client, s.pool)
	s.create(7, 5)
	past := time.Now().Unix() - 100
	for range 3 {
		s.tally.AttemptDecided(7, "admitted")
		other.tally.AttemptDecided(7, "sold_out")
	}
	s.tally.AttemptDecided(7, "sold_out")
	s.tally.AttemptDecided(8, "admitted") // another product
	s.tally.LogsWritten(7, seckill.StatusSuccess, 2)
	other.tally.LogsWritten(7, seckill.StatusSuccess, 40)
	other.tally.EntryStored(7, 3*time.Millisecond)
	s.report(past)
	other.report(past)
	other.tally.AttemptDecided(7, "paused")
	other.report(past + 2)
	var h History
	third.watch(7, 0).next("history").into(t, &h)
	if len(h.Seconds) < 3 || h.Seconds[0].At != past {
		t.Fatalf("the history is %+v", h)
	}
	ms := 3.0
	for n, want := range []Second{
		{
			At: past, Attempts: map[string]int64{"admitted": 3, "sold_out": 4}, Results: map[seckill.Status]int64{"SUCCESS": 42},
			P50Ms: &ms, P99Ms: h.Seconds[0].P99Ms,
		},
		{At: past + 1, Attempts: map[string]int64{}, Results: map[seckill.Status]int64{}},
		{At: past + 2, Attempts: map[string]int64{"paused": 1}, Results: map[seckill.Status]int64{}},
	} {
		if !reflect.DeepEqual(h.Seconds[n], want) {
			t.Errorf("second %d is %+v, want %+v", n, h.Seconds[n], want)
		}
	}
}

// TestSecondsAreToldOnceEach: history and samples together have each second once, in order.
func TestSecondsAreToldOnceEach(t *testing.T) {
	s := newOwnStage(t)
	s.create(7, 5)
	s.play(s.tally.Report(s.seconds))
	early := s.watch(7, 0)
	s.tally.AttemptDecided(7, "admitted")
	total := func(seconds []Second) (n int64) {
		for _, second := range seconds {
			n += second.Attempts["admitted"]
		}
		return n
	}
	seen := early.until("the attempt is told of", func(s Sample) bool { return total(s.Seconds) == 1 })
	late := s.watch(7, 0)
	var h History
	late.next("history").into(t, &h)
	told := h.Seconds
	for range 4 {
		told = append(told, late.sample().Seconds...)
	}
	if total(told) != 1 || len(h.Samples) == 0 || h.Samples[len(h.Samples)-1].At < seen.At {
		t.Errorf("told of later: %+v after %d samples", told, len(h.Samples))
	}
	for n := 1; n < len(told); n++ {
		if told[n].At != told[n-1].At+1 {
			t.Errorf("second %d after %d", told[n].At, told[n-1].At)
		}
	}
}

func TestWhoComesBackIsSentWhatItHasMissed(t *testing.T) {
	s := newOwnStage(t)
	s.create(7, 5)
	stays, goes := s.watch(7, 0), s.watch(7, 0)
	last, err := strconv.ParseInt(goes.next("sample").id, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	goes.goAway()
	var missed []event
	for len(missed) < 3 {
		if e := stays.next("sample"); e.id > strconv.FormatInt(last, 10) {
			missed = append(missed, e)
		}
	}
	back := s.watch(7, last)
	for _, want := range missed {
		if got := <-back.events; got != want {
			t.Errorf("sent %+v, want %+v", got, want)
		}
	}
	for name, id := range map[string]int64{"of another process": last - 1, "of nobody": 1} {
		if got := <-s.watch(7, id).events; got.name != "history" || len(got.id) == 0 {
			t.Errorf("an ID %s is answered with %+v", name, got)
		}
	}
}

func TestAProductThatIsDeletedIsWatchedNoLonger(t *testing.T) {
	s := newOwnStage(t)
	s.create(7, 5)
	a := s.watch(7, 0)
	a.next("sample")
	if _, err := s.pool.Exec(t.Context(), "UPDATE seckill_products SET status = 'ENDED', deleted_at = now() WHERE product_id = 7"); err != nil {
		t.Fatal(err)
	}
	if err := <-a.left; err != nil {
		t.Error(err)
	}
}

func TestTheHubStops(t *testing.T) {
	s := newOwnStage(t)
	s.create(7, 5)
	all, one := s.watch(overview, 0), s.watch(7, 0)
	all.next("sample")
	r := s.hub.Role()
	r.Stop() // before its start it is of no effect
	s.hub.stop()
	for _, a := range []*audience{all, one, s.watch(7, 0)} {
		if err := <-a.left; err != nil {
			t.Error(err)
		}
	}
	s.hub.samplers.Wait()
}

// TestTheShapesAreThoseOfTheContract compares what is encoded with seckill.api.
func TestTheShapesAreThoseOfTheContract(t *testing.T) {
	for _, pair := range [][2]reflect.Type{
		{reflect.TypeFor[types.LiveSecond](), reflect.TypeFor[Second]()},
		{reflect.TypeFor[types.LiveSample](), reflect.TypeFor[Sample]()},
		{reflect.TypeFor[types.LiveHistory](), reflect.TypeFor[History]()},
		{reflect.TypeFor[types.LiveReplica](), reflect.TypeFor[Replica]()},
		{reflect.TypeFor[types.LiveOverview](), reflect.TypeFor[Overview]()},
	} {
		if contract, own := jsonNames(pair[0]), jsonNames(pair[1]); !slices.Equal(contract, own) {
			t.Errorf("%v has %v, %v has %v", pair[0], contract, pair[1], own)
		}
	}
}

func jsonNames(of reflect.Type) []string {
	var names []string
	for field := range of.Fields() {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if strings.Contains(options, "omitempty") {
			name += "?"
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
