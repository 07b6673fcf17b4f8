package notify

import (
	"time"

	"seckill/model"
)

const (
	// memoryTime is how long a final result is remembered: as long as a change of it
	// could go unheard because the process that made it died.
	memoryTime = time.Second
	// memoryResults is the most results that a hub remembers.
	memoryResults = 100_000
)

// memory remembers final results, in two generations: what is put goes into the
// young one; when that is full it becomes the old one, and the old one is dropped.
// That bounds it without a list, a timer, or a sweep through what has expired.
type memory struct {
	young, old map[key]remembered
}

type remembered struct {
	result *model.UserResult
	until  time.Duration // by the hub's clock
}

// get returns a result that is remembered, or nil.
func (m *memory) get(k key, now time.Duration) *model.UserResult {
	r, ok := m.young[k]
	if !ok {
		r = m.old[k]
	}
	if now >= r.until {
		return nil
	}
	return r.result
}

// put remembers a result.
func (m *memory) put(k key, result *model.UserResult, until time.Duration) {
	if len(m.young) >= memoryResults/shards/2 {
		m.age()
	}
	if m.young == nil {
		m.young = make(map[key]remembered)
	}
	m.young[k] = remembered{result: result, until: until}
}

// forget drops a result, of whatever generation.
func (m *memory) forget(k key) {
	delete(m.young, k)
	delete(m.old, k)
}

// age drops the old generation.
func (m *memory) age() { m.young, m.old = nil, m.young }
