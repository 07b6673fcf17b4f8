package consumer

import "sync"

// flight knows the batches between reading and acknowledging. During an outage
// they grow idle in Redis, and a takeover would deliver them to this same loop a
// second time.
type flight struct {
	mu      sync.Mutex
	next    int
	batches map[int][]string
}

func newFlight() *flight { return &flight{batches: map[int][]string{}} }

// depart notes the IDs of a batch and returns its number.
func (f *flight) depart(ids []string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next++
	f.batches[f.next] = ids
	return f.next
}

// land forgets a batch.
func (f *flight) land(number int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.batches, number)
}

// ids returns the set of all IDs under way.
func (f *flight) ids() map[string]bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	set := map[string]bool{}
	for _, batch := range f.batches {
		for _, id := range batch {
			set[id] = true
		}
	}
	return set
}
