package notify

import (
	"testing"
	"time"

	"seckill/internal/servertest"
	"seckill/internal/stream"
)

// TestNoLieIsBelieved answers what the role publishes with every wrong reply. The calls that
// take a context ask the hub's sources, and no server.
func TestNoLieIsBelieved(t *testing.T) {
	liar := servertest.NewLiar(t, servertest.Redis(t).Addr(), 1)
	clients := stream.NewClients(stream.ClientConfig{Addrs: []string{liar.Addr}, ReadTimeout: time.Second})
	t.Cleanup(func() { _ = clients.Close() })
	c := newChannel(clients.Blocking) // which repeats nothing
	calls := []servertest.LiedTo{{
		Name:     "Hub.Role",
		Do:       func() error { return c.publish(t.Context(), [][]byte{[]byte("1 2 3"), []byte("1")}) },
		Believes: map[string][]string{"publish": {"zero", "one"}},
	}}
	servertest.EachIsLiedTo(t, calls, "Hub.Await", "Hub.AwaitChange", "Hub.Follow", "Hub.Result", "Hub.Results")
	for _, call := range calls {
		t.Run(call.Name, func(t *testing.T) {
			liar.LieTo(t, &call, func(err error) bool { return stream.Away(err) || stream.Refused(err) })
		})
	}
}
