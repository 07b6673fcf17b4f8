package stream_test

import (
	"testing"
	"time"

	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/internal/stream"
)

// TestQuietProductsAreLookedAtWithOneCommand, and with one each as long as something has come to
// one of them, or a key is no stream.
func TestQuietProductsAreLookedAtWithOneCommand(t *testing.T) {
	client := servertest.Client(t, servertest.Redis(t))
	inspector := newInspector(client)
	places := []stream.Place{{ProductID: 1, Delivered: "3-0"}, {ProductID: 2, Delivered: "0-0"}, {ProductID: 3, Delivered: "7-1"}}
	add(t, client, 1, 3)
	look := func(when, arrived, failed string, reads, ranges int) {
		t.Helper()
		got := [2]string{}
		for n, a := range inspector.Arrivals(t.Context(), places) {
			id := string('1' + rune(n))
			if a.Any {
				got[0] += id
			}
			if a.Err != nil {
				got[1] += id
			}
		}
		if got != [2]string{arrived, failed} {
			t.Errorf("%s: arrivals of products %q, errors of %q", when, got[0], got[1])
		}
		if r, x := servertest.Calls(t, client, "xread"), servertest.Calls(t, client, "xrange"); r != reads || x != ranges {
			t.Errorf("%s: %d times XREAD and %d times XRANGE, want %d and %d", when, r, x, reads, ranges)
		}
	}
	look("nothing", "", "", 1, 0)
	add(t, client, 4, 4)
	look("an entry of product 1", "1", "", 2, 3)
	places[0].Delivered = "4-0"
	look("it has been delivered", "", "", 3, 3)
	must[int64](t)(client.XDel(t.Context(), key, "4-0").Result())
	look("it has been deleted", "", "", 4, 3)
	must[string](t)(client.Set(t.Context(), seckill.StreamKey(2), "no stream", 0).Result())
	look("the key of product 2 is a text", "", "2", 5, 6)
	add(t, client, 5, 5)
	look("an entry, and still a text", "1", "2", 6, 9)
	must[int64](t)(client.Del(t.Context(), seckill.StreamKey(2)).Result())
	places[0].Delivered = "5-0"
	look("nothing again", "", "", 7, 9)
}

// TestQuietProductsAreLookedAtWithoutTheRightToDoItAtOnce.
func TestQuietProductsAreLookedAtWithoutTheRightToDoItAtOnce(t *testing.T) {
	client := servertest.Client(t, servertest.Redis(t))
	must[any](t)(client.Do(t.Context(), "ACL", "SETUSER", "poor", "on", ">word", "~*", "+@all", "-xread").Result())
	clients := stream.NewClients(stream.ClientConfig{
		Addrs: []string{client.Options().Addr}, Username: "poor", Password: "word", ReadTimeout: time.Second, WriteTimeout: time.Second,
	})
	t.Cleanup(func() { _ = clients.Close() })
	inspector := stream.NewInspector(clients.Commands, "g1", seckill.StreamKey)
	add(t, client, 1, 3)
	for delivered, want := range map[string]bool{"2-0": true, "3-0": false} {
		if a := inspector.Arrivals(t.Context(), []stream.Place{{ProductID: 1, Delivered: delivered}})[0]; a.Any != want || a.Err != nil {
			t.Errorf("behind %s: %+v", delivered, a)
		}
	}
	if n := servertest.Calls(t, client, "xrange"); n != 2 {
		t.Errorf("%d times XRANGE", n)
	}
	if err := clients.Ping(t.Context()); err != nil {
		t.Errorf("what can be done without counts as missing: %v", err)
	}
}
