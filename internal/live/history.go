package live

import (
	"context"
	"slices"
	"time"
)

// shareFor is for how long a history is shared among those who begin to watch.
const shareFor = time.Second

// history is what those who begin to watch a product are sent.
type history struct {
	made time.Time
	last int64 // the ID of its last sample; 0 = it has none
	wire []byte
}

// historyOf returns the history of a watch as an event, and the ID of its last sample. While
// Redis is away it is without the seconds.
func (h *Hub) historyOf(ctx context.Context, w *watch) (wire []byte, last int64, err error) {
	w.opening.Lock()
	defer w.opening.Unlock()
	if time.Since(w.history.made) < shareFor {
		return w.history.wire, w.history.last, nil
	}
	made := time.Now()
	h.mu.Lock()
	kept, given := w.ring.snapshot(), w.given
	h.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	seconds := h.lastSeconds(ctx, w.productID, given)
	last = kept.last()
	if wire, err = historyWire(seconds, kept.after(last-keep.Milliseconds())); err != nil {
		return nil, 0, err
	}
	w.history = history{made: made, last: last, wire: wire}
	return wire, last, nil
}

// lastSeconds returns the seconds of a product up to the given one, from the first on in
// which anything was counted.
func (h *Hub) lastSeconds(ctx context.Context, productID, to int64) []Second {
	from := time.Now().Add(-keep).Unix()
	counted, err := h.from.Seconds.History(ctx, productID, from, to)
	if err != nil {
		return []Second{}
	}
	for second := range counted {
		from = min(second, to)
		break
	}
	for second := range counted {
		from = min(from, second)
	}
	if len(counted) == 0 {
		return []Second{}
	}
	return secondsOf(from, to, counted)
}

// snapshot returns the ring as it is now, to be read while it goes on.
func (r *ring) snapshot() ring {
	return ring{packs: slices.Clone(r.packs), recent: slices.Clone(r.recent)}
}
