package stream_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/internal/stream"
)

// rest is what Rest hands out of product 1's stream, and in how many pages.
func rest(t *testing.T, client *redis.Client) (all []string, pages int) {
	t.Helper()
	err := newInspector(client).Rest(t.Context(), 1, func(entries []stream.Entry) {
		pages++
		for _, e := range entries {
			all = append(all, e.ID)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return all, pages
}

func TestTheRestOfAStreamIsWhatMayNotBeAcknowledged(t *testing.T) {
	fill := func(t *testing.T, c *redis.Client) { add(t, c, 1, 6) }
	tests := []struct {
		name  string
		steps func(t *testing.T, c *redis.Client)
		want  []string
	}{
		{"of no stream it is nothing", func(*testing.T, *redis.Client) {}, nil},
		{"without a group it is everything", fill, []string{"1-0", "2-0", "3-0", "4-0", "5-0", "6-0"}},
		{"of a group that has read nothing it is everything", func(t *testing.T, c *redis.Client) {
			fill(t, c)
			createGroup(t, c, "g1")
		}, []string{"1-0", "2-0", "3-0", "4-0", "5-0", "6-0"}},
		{"another group does not count", func(t *testing.T, c *redis.Client) {
			fill(t, c)
			ackAll(t, c, "other", 6)
		}, []string{"1-0", "2-0", "3-0", "4-0", "5-0", "6-0"}},
		{"it begins with the oldest pending entry", func(t *testing.T, c *redis.Client) {
			fill(t, c)
			deliver(t, c, "g1", 5)
			acknowledge(t, c, "g1", 1, 2)
			acknowledge(t, c, "g1", 4, 4)
		}, []string{"3-0", "4-0", "5-0", "6-0"}},
		{"or with the last delivered one", func(t *testing.T, c *redis.Client) {
			fill(t, c)
			ackAll(t, c, "g1", 4)
		}, []string{"4-0", "5-0", "6-0"}},
		{"which is all when everything is acknowledged", func(t *testing.T, c *redis.Client) {
			fill(t, c)
			ackAll(t, c, "g1", 6)
		}, []string{"6-0"}},
		{"a pending entry that was deleted is not in it", func(t *testing.T, c *redis.Client) {
			fill(t, c)
			deliver(t, c, "g1", 3)
			acknowledge(t, c, "g1", 1, 1)
			c.XDel(t.Context(), key, "2-0")
		}, []string{"3-0", "4-0", "5-0", "6-0"}},
	}
	client := servertest.Client(t, servertest.Redis(t))
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client.FlushAll(t.Context())
			tt.steps(t, client)
			if got, _ := rest(t, client); !slices.Equal(got, tt.want) {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
}

func TestTheRestComesInPages(t *testing.T) {
	client := servertest.Client(t, servertest.Redis(t))
	for _, n := range []int{1000, 2345} {
		client.FlushAll(t.Context())
		pipe := client.Pipeline()
		for i := range n {
			pipe.XAdd(t.Context(), &redis.XAddArgs{Stream: key, ID: fmt.Sprintf("%d-%d", i/3+1, i%3+1), Values: []string{"uid", "1"}})
		}
		must[[]redis.Cmder](t)(pipe.Exec(t.Context()))
		got, pages := rest(t, client)
		if unique := slices.Compact(slices.Clone(got)); len(got) != n || len(unique) != n || got[n-1] != fmt.Sprintf("%d-%d", (n-1)/3+1, (n-1)%3+1) {
			t.Errorf("%d entries of %d", len(got), n)
		}
		if want := n/1000 + 1; pages != want {
			t.Errorf("%d entries in %d pages, want %d", n, pages, want)
		}
	}
}

func TestTheRestKeepsTheFields(t *testing.T) {
	client := servertest.Client(t, servertest.Redis(t))
	add(t, client, 7, 7)
	err := newInspector(client).Rest(t.Context(), 1, func(entries []stream.Entry) {
		if len(entries) != 1 || entries[0].Fields["uid"] != "7" {
			t.Errorf("%+v", entries)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsGone(t *testing.T) {
	client := servertest.Client(t, servertest.Redis(t))
	inspector := newInspector(client)
	ids := []string{"2-0", "9-0", "3-0", "1-0", "2-1"}
	if got := must[[]string](t)(inspector.Gone(t.Context(), 1, ids)); !slices.Equal(got, ids) {
		t.Errorf("of no stream: %v", got)
	}
	add(t, client, 1, 4)
	client.XDel(t.Context(), key, "3-0")
	if got := must[[]string](t)(inspector.Gone(t.Context(), 1, ids)); !slices.Equal(got, []string{"9-0", "3-0", "2-1"}) {
		t.Errorf("%v", got)
	}
	if got := must[[]string](t)(inspector.Gone(t.Context(), 1, nil)); len(got) != 0 {
		t.Errorf("of nothing: %v", got)
	}
}

func TestBacklogs(t *testing.T) {
	client := servertest.Client(t, servertest.Redis(t))
	inspector := newInspector(client)
	read := func() stream.Backlog {
		t.Helper()
		list := must[[]stream.Backlog](t)(inspector.Backlogs(t.Context(), []int64{9, 1, 8}))
		if len(list) != 3 || list[0] != (stream.Backlog{}) || list[2] != (stream.Backlog{}) {
			t.Errorf("products without a stream: %+v", list)
		}
		return list[1]
	}
	expect := func(what string, want stream.Backlog) {
		t.Helper()
		if got := read(); got != want {
			t.Errorf("%s: %+v, want %+v", what, got, want)
		}
	}
	expect("no stream", stream.Backlog{})
	add(t, client, 1, 10)
	expect("no group", stream.Backlog{Waiting: 10})
	ackAll(t, client, "other", 10)
	expect("only another group", stream.Backlog{Waiting: 10})
	deliver(t, client, "g1", 6)
	expect("delivered is not done", stream.Backlog{Waiting: 10})
	acknowledge(t, client, "g1", 1, 2)
	expect("two are done", stream.Backlog{Waiting: 8, Done: 2})
	client.XTrimMinID(t.Context(), key, "3-0")
	expect("what is done and trimmed counts as done", stream.Backlog{Waiting: 8, Done: 2})
	acknowledge(t, client, "g1", 3, 6)
	expect("all that was delivered is done", stream.Backlog{Waiting: 4, Done: 6})
	client.FlushAll(t.Context())
	expect("Redis has lost everything", stream.Backlog{})
	if list := must[[]stream.Backlog](t)(inspector.Backlogs(t.Context(), nil)); len(list) != 0 {
		t.Errorf("of no product: %v", list)
	}
}

func TestARunEndsWhenTheServerDoes(t *testing.T) {
	server := servertest.Redis(t)
	client := servertest.Client(t, server)
	inspector := stream.NewInspector(client, "g1", seckill.StreamKey)
	runs := func() []stream.Run {
		t.Helper()
		var list []stream.Run
		servertest.Eventually(t, "the server tells its run", func() bool {
			var err error
			list, err = inspector.Runs(t.Context(), []int64{1, 2, 3})
			return err == nil
		})
		return list
	}
	first := runs()
	if first[0].ID == "" || first[1] != first[0] || first[2] != first[0] || !slices.Equal(runs(), first) {
		t.Errorf("one server, one run: %v, then %v", first, runs())
	}
	if err := server.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	if list, err := inspector.Runs(t.Context(), []int64{1}); err == nil || len(list) != 1 || list[0].Err == nil {
		t.Errorf("a server that is away tells %v", list)
	}
	if list, err := inspector.Backlogs(t.Context(), []int64{1}); err == nil || len(list) != 1 || list[0].Err == nil {
		t.Errorf("a server that is away has the backlog %v", list)
	}
	if err := server.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	if next := runs(); next[0].ID == first[0].ID || next[0].ID == "" {
		t.Errorf("the run is %q after a restart, was %q", next[0].ID, first[0].ID)
	}
}

func TestTheClockIsRedisOwn(t *testing.T) {
	client := servertest.Client(t, servertest.Redis(t))
	before := client.Time(t.Context()).Val()
	now := must[time.Time](t)(newInspector(client).Now(t.Context()))
	if now.Before(before) || now.After(client.Time(t.Context()).Val()) {
		t.Errorf("%s, and Redis said %s before", now, before)
	}
}
