package admission

import "context"

// Admitted is what became of one attempt of a batch: the stream ID of its entry, or the
// error that Admit would have refused it with.
type Admitted struct {
	StreamID string
	Err      error
}

// AdmitBatch decides attempts for one product, in order, each as if it were made alone: what
// one of them takes the next one does not find, and each is counted. Their ProductID is not
// read, and their Refusal is written.
func (e *Entrance) AdmitBatch(ctx context.Context, productID int64, attempts []Attempt) []Admitted {
	all := make([]Admitted, len(attempts))
	v, there := e.visit(ctx, productID)
	if !there {
		for i := range all {
			all[i].Err = unknownProduct(productID)
		}
		return all
	}
	e.screen(ctx, &v, attempts)
	answers := e.askBatch(ctx, productID, attempts)
	if !v.sure {
		v.sure = e.proved(productID, answers...)
	}
	changed := make([]int64, 0, len(attempts))
	for i := range answers {
		all[i].StreamID, all[i].Err = e.conclude(ctx, &v, &answers[i])
		if all[i].Err == nil && !answers[i].Repeated {
			changed = append(changed, attempts[i].UserID)
		}
	}
	if len(changed) > 0 {
		e.Listener.Changed(productID, changed)
	}
	return all
}

// screen notes with each attempt what it is refused with unless its request ID is known.
func (e *Entrance) screen(ctx context.Context, v *visit, attempts []Attempt) {
	var fast []bool
	if e.Limiter != nil && !v.overloaded {
		fast = e.limitedBatch(ctx, attempts)
	}
	for i := range attempts {
		limited := fast != nil && fast[i]
		attempts[i].Refusal = e.beforehand(v, attempts[i].RequestID, limited)
	}
}

// limitedBatch asks the limiter about the user of each attempt. Of whom it does not answer
// nobody is limited, as in limited.
func (e *Entrance) limitedBatch(ctx context.Context, attempts []Attempt) []bool {
	users := make([]int64, len(attempts))
	for i := range attempts {
		users[i] = attempts[i].UserID
	}
	limited, err := e.Limiter.LimitedBatch(ctx, users)
	if err != nil {
		limiterLog.Errorf("rate limit: %v", err)
	}
	return limited
}

// askBatch asks the gate, unless nothing may be concluded from what it would answer.
func (e *Entrance) askBatch(ctx context.Context, productID int64, attempts []Attempt) []Answer {
	objection := e.objection()
	if objection == nil {
		return e.Gate.AdmitBatch(ctx, productID, attempts)
	}
	answers := make([]Answer, len(attempts))
	for i := range answers {
		answers[i].Err = objection
	}
	return answers
}
