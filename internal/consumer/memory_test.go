package consumer_test

import (
	"testing"
	"time"

	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/internal/stream"
)

// TestABacklogDrainsAtMaxmemory fills a Redis that evicts nothing, while a backlog waits in
// streams with and without a group, and a consumer that was restarted joins.
func TestABacklogDrainsAtMaxmemory(t *testing.T) {
	w := newWorld(t, 1, 2)
	w.push(1, 1, 500)
	w.push(2, 1, 500) // nobody has ever joined the group of this one
	reader := w.reader(1, "before")
	if err := reader.Join(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := reader.Read(t.Context(), 100, time.Second); err != nil { // and dies
		t.Fatal(err)
	}
	w.client.ConfigSet(t.Context(), "maxmemory", "1mb")
	if err := push(t.Context(), w.client, 1, 501, 501); !stream.Away(err) {
		t.Fatalf("there is memory: %v", err)
	}
	w.loop(1, "", w.ledger)
	w.loop(2, "", w.ledger)
	w.drained(1, 500)
	w.drained(2, 500)
	gone, err := w.reader(1, "").DeleteIdleConsumers(t.Context(), 0)
	if err != nil || len(gone) != 1 {
		t.Errorf("consumers gone: %v, %v", gone, err)
	}
	trimmed, err := stream.Trim(t.Context(), w.client, seckill.StreamKey(1), 0)
	if err != nil || trimmed.Removed == 0 {
		t.Errorf("%+v, %v", trimmed, err)
	}
	w.client.ConfigSet(t.Context(), "maxmemory", "0")
	servertest.Eventually(t, "entries are taken again", func() bool { return push(t.Context(), w.client, 1, 501, 501) == nil })
	w.drained(1, 501)
}
