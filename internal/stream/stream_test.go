package stream_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/internal/stream"
)

func TestMain(m *testing.M) { os.Exit(servertest.Run(m)) }

const key = "stream:seckill:1"

func newReader(client *redis.Client, consumer string) *stream.Reader {
	return stream.NewReader(client, client, key, "g1", consumer)
}

// add writes entries with the IDs 1-0 … n-0.
func add(t *testing.T, client *redis.Client, from, to int) {
	t.Helper()
	for i := from; i <= to; i++ {
		err := client.XAdd(t.Context(), &redis.XAddArgs{Stream: key, ID: fmt.Sprintf("%d-0", i), Values: []string{"uid", fmt.Sprint(i)}}).Err()
		if err != nil {
			t.Fatal(err)
		}
	}
}

func ids(b stream.Batch) []string {
	var list []string
	for _, e := range b.Entries {
		list = append(list, e.ID)
	}
	return list
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestAGroupBeginsAtTheStartOfTheStream(t *testing.T) {
	client := servertest.Client(t, servertest.Redis(t))
	add(t, client, 1, 3) // before the group exists
	r := newReader(client, "a")
	for range 2 { // joining twice is harmless
		if err := r.Join(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	batch := must[stream.Batch](t)(r.Read(t.Context(), 2, time.Second))
	if !slices.Equal(ids(batch), []string{"1-0", "2-0"}) || batch.Entries[1].Fields["uid"] != "2" {
		t.Errorf("%+v", batch)
	}
	if _, err := r.Read(t.Context(), 0, time.Second); err == nil {
		t.Error("COUNT 0 means everything to Redis, and was sent")
	}
}

func TestReadOnAnEmptyStreamEndsAfterBlock(t *testing.T) {
	client := servertest.Client(t, servertest.Redis(t))
	r := newReader(client, "a")
	if err := r.Join(t.Context()); err != nil {
		t.Fatal(err)
	}
	if batch := must[stream.Batch](t)(r.Read(t.Context(), 5, 10*time.Millisecond)); len(batch.Entries) != 0 {
		t.Errorf("%+v", batch)
	}
}

func TestOwnPendingEntriesAndLostOnes(t *testing.T) {
	client := servertest.Client(t, servertest.Redis(t))
	r := newReader(client, "a")
	if err := r.Join(t.Context()); err != nil {
		t.Fatal(err)
	}
	add(t, client, 1, 4)
	must[stream.Batch](t)(r.Read(t.Context(), 10, time.Second))
	if err := r.Ack(t.Context(), []string{"1-0"}, ""); err != nil {
		t.Fatal(err)
	}
	must[int64](t)(client.XDel(t.Context(), key, "3-0").Result())
	batch := must[stream.Batch](t)(r.ReadOwnPending(t.Context(), stream.FirstID, 10))
	if !slices.Equal(ids(batch), []string{"2-0", "4-0"}) || !slices.Equal(batch.Lost, []string{"3-0"}) || batch.LastID() != "4-0" {
		t.Errorf("%+v", batch)
	}
	rest := must[stream.Batch](t)(r.ReadOwnPending(t.Context(), batch.LastID(), 10))
	if rest.LastID() != "" {
		t.Errorf("after the last one: %+v", rest)
	}
}

func TestClaimTakesOverFromAConsumerThatIsGone(t *testing.T) {
	client := servertest.Client(t, servertest.Redis(t))
	gone, heir := newReader(client, "gone"), newReader(client, "heir")
	if err := gone.Join(t.Context()); err != nil {
		t.Fatal(err)
	}
	add(t, client, 1, 5)
	must[stream.Batch](t)(gone.Read(t.Context(), 10, time.Second))
	if batch, _, err := heir.Claim(t.Context(), "0-0", time.Hour, 10); err != nil || batch.LastID() != "" {
		t.Errorf("entries that are not idle were taken: %+v, %v", batch, err)
	}
	must[int64](t)(client.XDel(t.Context(), key, "2-0").Result())
	var taken, lost []string
	for start := "0-0"; ; {
		batch, next, err := heir.Claim(t.Context(), start, 0, 2)
		if err != nil {
			t.Fatal(err)
		}
		taken, lost = append(taken, ids(batch)...), append(lost, batch.Lost...)
		if start = next; next == "0-0" {
			break
		}
	}
	if !slices.Equal(taken, []string{"1-0", "3-0", "4-0", "5-0"}) || !slices.Equal(lost, []string{"2-0"}) {
		t.Errorf("taken %v, lost %v", taken, lost)
	}
}

func TestNoGroupIsRecognised(t *testing.T) {
	client := servertest.Client(t, servertest.Redis(t))
	r := newReader(client, "a")
	if _, err := r.Read(t.Context(), 1, 10*time.Millisecond); !stream.IsNoGroup(err) {
		t.Errorf("no stream: %v", err)
	}
	if err := r.Join(t.Context()); err != nil {
		t.Fatal(err)
	}
	failed := make(chan error, 1)
	go func() {
		_, err := r.Read(context.Background(), 1, 30*time.Second)
		failed <- err
	}()
	servertest.Eventually(t, "the read blocks", func() bool {
		clients := client.ClientList(t.Context()).Val()
		return len(clients) > 0 && slices.Contains(blockedCommands(clients), "xreadgroup")
	})
	must[int64](t)(client.Del(t.Context(), key).Result())
	if err := <-failed; !stream.IsNoGroup(err) {
		t.Errorf("stream deleted during a blocking read: %v", err)
	}
	if stream.IsNoGroup(context.Canceled) || stream.IsNoGroup(nil) {
		t.Error("another error is taken for it")
	}
}

func TestTrimNeverReachesWhatSomebodyNeeds(t *testing.T) {
	const entries = 2000
	tests := []struct {
		name  string
		setup func(t *testing.T, c *redis.Client)
		keep  int // the first entry that must stay
	}{
		{"everything acknowledged", func(t *testing.T, c *redis.Client) { ackAll(t, c, "g1", entries) }, entries},
		{"one entry pending", func(t *testing.T, c *redis.Client) {
			ackAll(t, c, "g1", entries)
			deliver(t, c, "g2", entries)
			acknowledge(t, c, "g2", 1, 999)
			acknowledge(t, c, "g2", 1001, entries)
		}, 1000},
		{"another group is behind", func(t *testing.T, c *redis.Client) {
			ackAll(t, c, "g1", entries)
			ackAll(t, c, "g2", 500)
		}, 500},
		{"another group has read nothing", func(t *testing.T, c *redis.Client) {
			ackAll(t, c, "g1", entries)
			createGroup(t, c, "g2")
		}, 1},
		{"no group", func(*testing.T, *redis.Client) {}, 1},
	}
	server := servertest.Redis(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client := servertest.Client(t, server)
			client.FlushAll(t.Context())
			add(t, client, 1, entries)
			tt.setup(t, client)
			removed := must[stream.Trimmed](t)(stream.Trim(t.Context(), client, key, time.Hour)).Removed
			first := must[[]redis.XMessage](t)(client.XRangeN(t.Context(), key, "-", "+", 1).Result())[0].ID
			id, err := seckill.ParseStreamID(first)
			if err != nil {
				t.Fatal(err)
			}
			if int(id.Ms) > tt.keep {
				t.Errorf("the first entry is %s; %d is needed", first, tt.keep)
			}
			if wanted := int64(tt.keep - 1); removed < wanted-100 || removed > wanted {
				t.Errorf("%d removed of %d that may go", removed, wanted)
			}
		})
	}
}

func TestTrimKeepsWhatIsYoungerThanRetention(t *testing.T) {
	client := servertest.Client(t, servertest.Redis(t))
	for range 500 {
		must[string](t)(client.XAdd(t.Context(), &redis.XAddArgs{Stream: key, Values: []string{"uid", "1"}}).Result())
	}
	createGroup(t, client, "g1")
	streams := must[[]redis.XStream](t)(client.XReadGroup(t.Context(), &redis.XReadGroupArgs{
		Group: "g1", Consumer: "a", Streams: []string{key, ">"}, Count: 1000,
	}).Result())
	for _, m := range streams[0].Messages {
		client.XAck(t.Context(), key, "g1", m.ID)
	}
	if removed := must[stream.Trimmed](t)(stream.Trim(t.Context(), client, key, time.Hour)).Removed; removed != 0 {
		t.Errorf("%d young entries removed", removed)
	}
}

func TestTrimOfAStreamThatDoesNotExist(t *testing.T) {
	client := servertest.Client(t, servertest.Redis(t))
	if trimmed, err := stream.Trim(t.Context(), client, key, time.Hour); trimmed.Removed != 0 || err != nil {
		t.Errorf("%+v, %v", trimmed, err)
	}
}

func TestOnlyConsumersThatHoldNothingAreDeleted(t *testing.T) {
	client := servertest.Client(t, servertest.Redis(t))
	ours := newReader(client, "ours")
	if err := ours.Join(t.Context()); err != nil {
		t.Fatal(err)
	}
	add(t, client, 1, 2)
	must[stream.Batch](t)(newReader(client, "holds one").Read(t.Context(), 1, time.Second))
	must[int64](t)(client.XGroupCreateConsumer(t.Context(), key, "g1", "empty").Result())
	must[int64](t)(client.XGroupCreateConsumer(t.Context(), key, "g1", "ours").Result())
	if gone := must[[]string](t)(ours.DeleteIdleConsumers(t.Context(), time.Hour)); len(gone) != 0 {
		t.Errorf("consumers that are not idle were deleted: %v", gone)
	}
	if gone := must[[]string](t)(ours.DeleteIdleConsumers(t.Context(), 0)); !slices.Equal(gone, []string{"empty"}) {
		t.Errorf("deleted: %v", gone)
	}
}
