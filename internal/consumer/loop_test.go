package consumer_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/internal/consumer"
	"seckill/internal/ledger"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

func TestEntriesBecomeLogs(t *testing.T) {
	w := newWorld(t, 1001)
	w.push(1001, 1, 250) // before the consumer is there
	loop := w.loop(1001, "", w.ledger)
	w.drained(1001, 250)
	w.push(1001, 251, 260)
	w.drained(1001, 260)
	if !loop.Joined() || w.metric("seckill_consumers_up", 1001) != 1 {
		t.Error("the loop does not say that it has joined")
	}
	if n := w.metric("seckill_entries_total", 1001, "outcome", "stored"); n != 260 {
		t.Errorf("seckill_entries_total says %v", n)
	}
	if n := w.metric("seckill_logs_total", 1001, "status", "PROCESSING"); n != 260 {
		t.Errorf("seckill_logs_total says %v", n)
	}
	loop.Stop()
	if loop.Joined() || w.metric("seckill_consumers_up", 1001) != 0 {
		t.Error("a stopped loop says that it has joined")
	}
}

func TestOneBadEntryOfEachKindAmongGoodOnes(t *testing.T) {
	w := newWorld(t, 1)
	w.refuse(666)
	w.push(1, 1, 20)
	w.add(1, "*", "uid", "abc", "ts", "1")
	w.add(1, "*", "uid", "21", "ts", "-1")
	w.add(1, "*", "ts", "1", "k", "a\x00\xff")
	w.push(1, 21, 40)
	w.add(1, "*", "uid", "41", "rid", "with space")
	w.add(1, "*", "uid", "666")
	w.push(1, 41, 60)
	w.loop(1, "", w.ledger)
	w.drained(1, 60)
	for _, want := range []struct {
		where string
		n     int
	}{
		{"reason = 'INVALID_UID'", 2}, {"reason = 'INVALID_TS'", 1}, {"reason = 'INVALID_RID'", 1},
		{"reason = 'INVALID_UID' AND fields = '{\"ts\": \"1\", \"k\": {\"base64\": \"YQD/\"}}'", 1},
		{"reason = 'REJECTED_BY_DATABASE' AND deliveries = 3 AND fields = '{\"uid\": \"666\"}'", 1},
		{"true", 5},
	} {
		if n := w.deadLetters(want.where); n != want.n {
			t.Errorf("%d dead letters with %s, want %d", n, want.where, want.n)
		}
	}
	if n := w.metric("seckill_entries_total", 1, "outcome", "dead"); n != 5 {
		t.Errorf("seckill_entries_total says %v dead", n)
	}
}

// poisoned panics over one user's entries, as a defect of ours would.
type poisoned struct {
	*ledger.Ledger
	user int64
}

func (p poisoned) Store(ctx context.Context, b ledger.Batch) (ledger.Outcome, error) {
	for _, a := range b.Attempts {
		if a.UserID == p.user {
			panic("poisoned entry")
		}
	}
	return p.Ledger.Store(ctx, b)
}

func TestAnEntryThatSetsOffAPanicBecomesADeadLetter(t *testing.T) {
	w := newWorld(t, 1)
	w.push(1, 1, 13)
	w.add(1, "*", "uid", "666")
	w.push(1, 14, 30)
	w.loop(1, "", poisoned{w.ledger, 666})
	w.drained(1, 30)
	if n := w.deadLetters("reason = 'TOO_MANY_DELIVERIES' AND deliveries = 3 AND fields->>'uid' = '666'"); n != 1 {
		t.Errorf("%d dead letters", n)
	}
}

func TestPendingEntriesOfAConsumerThatIsGoneAreTakenOver(t *testing.T) {
	w := newWorld(t, 1)
	w.push(1, 1, 300)
	gone := w.reader(1, "gone")
	if err := gone.Join(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := gone.Read(t.Context(), 250, time.Second); err != nil {
		t.Fatal(err)
	}
	w.loop(1, "heir", w.ledger)
	w.drained(1, 300)
}

// TestOwnPendingEntriesAreReadAtTheStart: without waiting for them to be idle.
func TestOwnPendingEntriesAreReadAtTheStart(t *testing.T) {
	w := newWorld(t, 1)
	w.push(1, 1, 250)
	reader := w.reader(1, "")
	if err := reader.Join(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := reader.Read(t.Context(), 250, time.Second); err != nil {
		t.Fatal(err)
	}
	patient := config()
	patient.ClaimIdle = time.Hour
	w.start(consumer.NewLoop(1, patient, reader, w.ledger, w.metrics).Role)
	w.drained(1, 250)
}

// gated holds every batch until the gate is open.
type gated struct {
	*ledger.Ledger
	gate chan struct{}
}

func (g gated) Store(ctx context.Context, b ledger.Batch) (ledger.Outcome, error) {
	<-g.gate
	return g.Ledger.Store(ctx, b)
}

// TestWhatIsUnderWayIsNotTakenOverFromOneself: entries that wait for a slow database
// grow idle, and the loop's own takeover finds them.
func TestWhatIsUnderWayIsNotTakenOverFromOneself(t *testing.T) {
	w := newWorld(t, 1)
	gate := make(chan struct{})
	release := sync.OnceFunc(func() { close(gate) })
	w.push(1, 1, 10)
	loop := w.loop(1, "", gated{w.ledger, gate})
	t.Cleanup(release) // before the loop is stopped
	servertest.Eventually(t, "the entries have been taken over twice", func() bool {
		pending, err := w.client.XPendingExt(t.Context(), &redis.XPendingExtArgs{
			Stream: seckill.StreamKey(1), Group: "g1", Start: "-", End: "+", Count: 1,
		}).Result()
		return err == nil && len(pending) == 1 && pending[0].RetryCount >= 3
	})
	release()
	w.drained(1, 10)
	loop.Stop() // flushes whatever is under way
	if n := w.metric("seckill_entries_total", 1, "outcome", "duplicate"); n != 0 {
		t.Errorf("%v entries were stored twice", n)
	}
}

func TestTheWholeStreamDeliveredAgainHasNoSecondEffect(t *testing.T) {
	w := newWorld(t, 1)
	w.push(1, 1, 500)
	w.add(1, "*", "uid", "bad")
	w.loop(1, "", w.ledger)
	w.drained(1, 500)
	if err := w.client.XGroupSetID(t.Context(), seckill.StreamKey(1), "g1", "0").Err(); err != nil {
		t.Fatal(err)
	}
	servertest.Eventually(t, "everything has come again", func() bool {
		return w.metric("seckill_entries_total", 1, "outcome", "duplicate") == 501
	})
	w.drained(1, 500)
	if n := w.deadLetters("true"); n != 1 {
		t.Errorf("%d dead letters of 1", n)
	}
}

func TestAGroupThatIsGoneIsCreatedAgain(t *testing.T) {
	w := newWorld(t, 1)
	w.loop(1, "", w.ledger)
	w.push(1, 1, 100)
	w.drained(1, 100)
	if err := w.client.XGroupDestroy(t.Context(), seckill.StreamKey(1), "g1").Err(); err != nil {
		t.Fatal(err)
	}
	w.push(1, 101, 150)
	w.drained(1, 150)
	if err := w.client.Del(t.Context(), seckill.StreamKey(1)).Err(); err != nil {
		t.Fatal(err)
	}
	w.push(1, 151, 160)
	w.drained(1, 160)
}

func TestARedisThatMintsAnIDAgainIsNoticed(t *testing.T) {
	w := newWorld(t, 1)
	w.loop(1, "", w.ledger)
	w.add(1, "5-0", "uid", "1")
	w.drained(1, 1)
	w.client.Del(t.Context(), seckill.StreamKey(1))
	w.add(1, "5-0", "uid", "2")
	servertest.Eventually(t, "the second entry of the same ID is a dead letter", func() bool {
		return w.deadLetters("stream_id = '5-0' AND reason = 'STREAM_ID_REUSED' AND fields->>'uid' = '2'") == 1
	})
	w.drained(1, 1)
}

func TestEntriesDeletedWhilePendingAreRecordedAsLost(t *testing.T) {
	w := newWorld(t, 1)
	ids := []string{w.add(1, "*", "uid", "1"), w.add(1, "*", "uid", "2"), w.add(1, "*", "uid", "3")}
	for _, instance := range []string{"", "other"} { // one's own and another's
		reader := w.reader(1, instance)
		if err := reader.Join(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := reader.Read(t.Context(), 1, time.Second); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.client.XDel(t.Context(), seckill.StreamKey(1), ids[0], ids[1]).Err(); err != nil {
		t.Fatal(err)
	}
	w.loop(1, "", w.ledger)
	servertest.Eventually(t, "two entries are recorded as lost", func() bool {
		return w.metric("seckill_stream_lost_entries_total", 1) == 2 && w.pending(1) == 0
	})
	w.drained(1, 1)
	n := servertest.Count(t, w.pool, `SELECT count(*) FROM seckill_audit, jsonb_array_elements_text(detail->'streamIds') AS lost(entry)
		WHERE action = 'entries.lost' AND lost.entry = ANY($1)`, ids[:2])
	if n != 2 {
		t.Errorf("%d of 2 IDs in the audit", n)
	}
}

func TestTheSameStreamIDInTwoProducts(t *testing.T) {
	w := newWorld(t, 1, 2)
	for _, product := range []int64{1, 2} {
		w.add(product, "1234567890-0", "uid", fmt.Sprint(100+product))
		w.loop(product, "", w.ledger)
	}
	for _, product := range []int64{1, 2} {
		w.drained(product, 1)
	}
	if n := servertest.Count(t, w.pool, "SELECT count(*) FROM seckill_logs WHERE stream_id = '1234567890-0'"); n != 2 {
		t.Errorf("%d logs of 2", n)
	}
}

func TestTwoReplicasShareOneStream(t *testing.T) {
	w := newWorld(t, 1)
	pushed := 5000
	w.push(1, 1, pushed)
	var shares [2]atomic.Int64
	for i, instance := range []string{"a", "b"} {
		w.loop(1, instance, counting{w.ledger, &shares[i]})
	}
	servertest.Eventually(t, "both have stored some", func() bool {
		if shares[0].Load() > 0 && shares[1].Load() > 0 {
			return true
		}
		w.push(1, pushed+1, pushed+100)
		pushed += 100
		return false
	})
	w.drained(1, pushed)
}

type counting struct {
	*ledger.Ledger
	stored *atomic.Int64
}

func (c counting) Store(ctx context.Context, b ledger.Batch) (ledger.Outcome, error) {
	o, err := c.Ledger.Store(ctx, b)
	c.stored.Add(int64(o.Stored))
	return o, err
}

// TestStopUnderLoadLeavesNothingHalfDone: whatever has been stored is acknowledged,
// and whatever is pending is not stored.
func TestStopUnderLoadLeavesNothingHalfDone(t *testing.T) {
	w := newWorld(t, 1)
	stop, pushed := make(chan struct{}), 0
	var wg sync.WaitGroup
	wg.Go(func() {
		for from := 1; from < 100_000; from += 200 {
			select {
			case <-stop:
				return
			default:
			}
			if err := push(context.Background(), w.client, 1, from, from+199); err != nil {
				t.Errorf("push: %v", err)
				return
			}
			pushed = from + 199
		}
	})
	loop := w.loop(1, "", w.ledger)
	servertest.Eventually(t, "the consumer is at work", func() bool { return w.logs(1) > 500 })
	loop.Stop()
	stored, pending := w.logs(1), w.pending(1)
	close(stop)
	wg.Wait()
	if pending != 0 {
		t.Errorf("%d entries are left pending", pending)
	}
	groups, err := w.client.XInfoGroups(t.Context(), seckill.StreamKey(1)).Result()
	if err != nil || groups[0].EntriesRead != int64(stored) {
		t.Errorf("%d entries read, %d stored, %v", groups[0].EntriesRead, stored, err)
	}
	w.loop(1, "", w.ledger)
	w.drained(1, pushed)
}

// TestAnXACKThatFailsIsRepeated: Redis refuses it, by its access rules, until it is
// allowed again.
func TestAnXACKThatFailsIsRepeated(t *testing.T) {
	w := newWorld(t, 1)
	if err := w.client.Do(t.Context(), "ACL", "SETUSER", "default", "-xack").Err(); err != nil {
		t.Fatal(err)
	}
	patient := config()
	patient.ClaimIdle = time.Hour // a takeover would acknowledge them too
	w.start(consumer.NewLoop(1, patient, w.reader(1, ""), w.ledger, w.metrics).Role)
	w.push(1, 1, 50)
	servertest.Eventually(t, "stored and still pending", func() bool { return w.logs(1) == 50 && w.pending(1) == 50 })
	if err := w.client.Do(t.Context(), "ACL", "SETUSER", "default", "+xack").Err(); err != nil {
		t.Fatal(err)
	}
	w.drained(1, 50)
}

func TestAKeyOfAnotherTypeDoesNotEndTheLoop(t *testing.T) {
	w := newWorld(t, 1)
	if err := w.client.Set(t.Context(), seckill.StreamKey(1), "a string", redis.KeepTTL).Err(); err != nil {
		t.Fatal(err)
	}
	loop := w.loop(1, "", w.ledger)
	w.client.Del(t.Context(), seckill.StreamKey(1))
	w.push(1, 1, 10)
	w.drained(1, 10)
	if !loop.Joined() {
		t.Error("not joined")
	}
}
