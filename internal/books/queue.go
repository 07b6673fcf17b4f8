package books

import (
	"sync"
	"time"
)

const (
	// mostOpening is how many gates that nobody waits for are looked into side by side: at a
	// start and after a failover those of all products are, and each connection that this takes
	// would stay for long.
	mostOpening = 3
	// openingFor is for how long each of them counts, so that those that take long hold up no
	// others.
	openingFor = 50 * time.Millisecond
)

// queue holds the products whose gates are to be brought in step.
type queue struct {
	mu       sync.Mutex
	due      map[int64]bool // for which there is a move, or somebody waits
	suspects map[int64]bool // of which is to be asked whether their gate is in force
	busy     map[int64]bool // which somebody brings in step now
	opening  map[int64]bool // those of busy that count for mostOpening
	signal   chan struct{}  // of one place: something may begin
}

func newQueue() *queue {
	return &queue{
		due: map[int64]bool{}, suspects: map[int64]bool{}, busy: map[int64]bool{}, opening: map[int64]bool{},
		signal: make(chan struct{}, 1),
	}
}

// turn is a product whose gate is brought in step now.
type turn struct {
	productID int64
	suspect   bool
}

// add notes a product; one that is suspect and for which nobody waits takes its turn.
func (q *queue) add(productID int64, suspect bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if suspect {
		q.suspects[productID] = true
	} else {
		q.due[productID] = true
	}
	q.wake()
}

func (q *queue) wake() {
	select {
	case q.signal <- struct{}{}:
	default:
	}
}

// take returns what may begin now. What is busy stays.
func (q *queue) take() []turn {
	q.mu.Lock()
	defer q.mu.Unlock()
	var turns []turn
	for productID := range q.due {
		if !q.busy[productID] {
			turns = append(turns, q.begin(productID))
		}
	}
	for productID := range q.suspects {
		if len(q.opening) >= mostOpening {
			break
		}
		if !q.busy[productID] {
			q.opening[productID] = true
			turns = append(turns, q.begin(productID))
		}
	}
	return turns
}

func (q *queue) begin(productID int64) turn {
	t := turn{productID: productID, suspect: q.suspects[productID]}
	delete(q.due, productID)
	delete(q.suspects, productID)
	q.busy[productID] = true
	return t
}

// giveWay lets another product begin beside one that takes long.
func (q *queue) giveWay(productID int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.opening, productID)
	q.wake()
}

// finish notes that a product has been brought in step, as far as that was possible.
func (q *queue) finish(productID int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.busy, productID)
	delete(q.opening, productID)
	q.wake()
}
