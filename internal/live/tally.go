package live

import (
	"math/bits"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"seckill/internal/seckill"
)

const (
	// attemptOutcomes are those of seckill_attempts_total; otherOutcome counts what is none.
	otherOutcome = "other"
	// buckets is how many there are for the time from arrival to commit: the first up to a
	// millisecond, each of the others twice as far, the last beyond that (a minute or more).
	buckets = 18
	// bucketPrefix begins the names of buckets, which a number follows.
	bucketPrefix = "b"
)

var (
	attemptOutcomes = [...]string{
		"admitted", "repeated", "unavailable", "sold_out", "limit_reached", "not_started", "ended", "paused",
		"not_loaded", "overloaded", "rate_limited", otherOutcome,
	}
	resultStatuses = [...]seckill.Status{seckill.StatusProcessing, seckill.StatusSuccess, seckill.StatusFailed}
)

// names are those of all counters of a product: outcomes of attempts, statuses of logs,
// buckets.
var names = func() []string {
	var all []string
	all = append(all, attemptOutcomes[:]...)
	for _, status := range resultStatuses {
		all = append(all, string(status))
	}
	for n := range buckets {
		all = append(all, bucketPrefix+strconv.Itoa(n))
	}
	return all
}()

const (
	firstResult = len(attemptOutcomes)
	firstBucket = firstResult + len(resultStatuses)
	counters    = firstBucket + buckets
)

// Tally counts what happens to each product on this replica. To count costs an addition or
// two, and allocates nothing; it is safe for concurrent use.
type Tally struct {
	products sync.Map // by product ID: *tallied

	mu    sync.Mutex
	dirty []*tallied // those that something has happened to since they were taken last
}

// tallied are the counters of a product.
type tallied struct {
	productID int64
	noted     atomic.Bool // it is among those to be taken
	n         [counters]atomic.Int64
}

// NewTally makes a Tally.
func NewTally() *Tally { return &Tally{} }

// AttemptDecided counts an attempt by its outcome, as seckill_attempts_total has it.
func (t *Tally) AttemptDecided(productID int64, outcome string) {
	for i := range attemptOutcomes {
		if attemptOutcomes[i] == outcome || i == len(attemptOutcomes)-1 {
			t.count(productID, i, 1)
			return
		}
	}
}

// LogsWritten counts logs by the status that they took.
func (t *Tally) LogsWritten(productID int64, status seckill.Status, n int) {
	for i := range resultStatuses {
		if resultStatuses[i] == status {
			t.count(productID, firstResult+i, int64(n))
		}
	}
}

// EntryStored counts the way of an entry from its arrival to its commit.
func (t *Tally) EntryStored(productID int64, took time.Duration) {
	t.count(productID, firstBucket+bucketOf(took), 1)
}

// bucketOf returns the bucket of a time: n for one above 2^(n-1) ms and not above 2^n ms.
func bucketOf(took time.Duration) int {
	if took <= time.Millisecond {
		return 0
	}
	whole := uint64((took - 1) / time.Millisecond)
	return min(bits.Len64(whole), buckets-1)
}

// bucketNumber returns the number of the bucket of a name.
func bucketNumber(name string) (int, bool) {
	text, found := strings.CutPrefix(name, bucketPrefix)
	n, err := strconv.Atoi(text)
	return n, found && err == nil && n >= 0 && n < buckets
}

func (t *Tally) count(productID int64, counter int, n int64) {
	found, ok := t.products.Load(productID)
	if !ok {
		found, _ = t.products.LoadOrStore(productID, &tallied{productID: productID})
	}
	p := found.(*tallied) //nolint:forcetypeassert // the map holds nothing else
	p.n[counter].Add(n)
	if !p.noted.Load() && p.noted.CompareAndSwap(false, true) {
		t.mu.Lock()
		t.dirty = append(t.dirty, p)
		t.mu.Unlock()
	}
}

// Forget drops the counters of a product that is gone.
func (t *Tally) Forget(productID int64) { t.products.Delete(productID) }

// take hands what has been counted of each product since the last time to visit.
func (t *Tally) take(visit func(productID int64, n *[counters]int64)) {
	t.mu.Lock()
	taken := t.dirty
	t.dirty = nil
	t.mu.Unlock()
	for _, p := range taken {
		p.noted.Store(false) // first: what is counted from here on is for the next time, or both
		var n [counters]int64
		for i := range p.n {
			n[i] = p.n[i].Swap(0)
		}
		visit(p.productID, &n)
	}
}
