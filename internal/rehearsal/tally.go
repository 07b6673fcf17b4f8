package rehearsal

import (
	"maps"
	"sync"
	"time"

	"seckill/client"
)

// The outcomes of an attempt that are no refusal of the gate; those are the code in lower case.
const (
	Admitted = "admitted"
	Pushed   = "pushed"  // into the stream, past the gate
	Unknown  = "unknown" // never answered, and not found afterwards
)

// Progress is how far a rehearsal is.
type Progress struct {
	Elapsed  time.Duration
	Begun    int            // buyers that have come
	UnderWay int            // of them, those that wait for something
	Outcomes map[string]int // of attempts
	Results  map[string]int // by status
}

// tally counts what becomes of the buyers.
type tally struct {
	mu        sync.Mutex
	begun     int
	ended     int
	outcomes  map[string]int
	results   map[string]int // by status
	reasons   map[string]int // of FAILED ones
	paid      int
	cancelled int
	refused   map[string]int // payments and cancels, by code
	gateWins  int            // SUCCESS of those who came through the gate
	gateFails int            // FAILED of those
	open      int            // attempts in the stream without a final result
	admission []time.Duration
	result    []time.Duration
	late      time.Duration
	unknown   []buyer
}

func newTally() *tally {
	return &tally{outcomes: map[string]int{}, results: map[string]int{}, reasons: map[string]int{}, refused: map[string]int{}}
}

// comes counts a buyer who comes that much after his time.
func (t *tally) comes(late time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.begun++
	t.late = max(t.late, late)
}

// leaves counts a buyer who waits for nothing any more.
func (t *tally) leaves() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended++
}

// answered counts the outcome of an attempt.
func (t *tally) answered(b buyer, outcome string, took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.outcomes[outcome]++
	switch {
	case outcome == Unknown:
		t.unknown = append(t.unknown, b)
	case outcome != Pushed:
		t.admission = append(t.admission, took)
	}
}

// found corrects the outcome of an attempt that was never answered, and is there.
func (t *tally) found() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.outcomes[Unknown]--
	t.outcomes[Admitted]++
}

// told counts the result of an attempt; took is 0 where the wait is nothing to measure.
func (t *tally) told(b buyer, result client.Result, took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !result.Status.Final() {
		t.open++
		return
	}
	t.results[string(result.Status)]++
	if result.Status == client.Failed {
		t.reasons[result.Reason]++
	}
	switch {
	case b.raw:
	case result.Status == client.Success:
		t.gateWins++
	default:
		t.gateFails++
	}
	if took > 0 {
		t.result = append(t.result, took)
	}
}

// acted counts what became of an order.
func (t *tally) acted(act Act, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case err != nil:
		t.refused[string(client.CodeOf(err))]++
	case act == Pay:
		t.paid++
	default:
		t.cancelled++
	}
}

// progress returns how far it is.
func (t *tally) progress(elapsed time.Duration) Progress {
	t.mu.Lock()
	defer t.mu.Unlock()
	return Progress{
		Elapsed: elapsed, Begun: t.begun, UnderWay: t.begun - t.ended,
		Outcomes: maps.Clone(t.outcomes), Results: maps.Clone(t.results),
	}
}
