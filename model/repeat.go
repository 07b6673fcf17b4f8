package model

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// mostTries is how often a transaction is tried that fails for what passes at once.
const mostTries = 4

// Repeat calls fn, which has written nothing when it fails, and calls it again after a
// failure that passes at once (a deadlock, a serialization failure), or that it has
// repaired: a sequence that is behind its table.
func (p *Pool) Repeat(ctx context.Context, fn func() error) error {
	for try := 1; ; try++ {
		err := fn()
		if err == nil || try == mostTries || ctx.Err() != nil {
			return err
		}
		if slices.Contains(passes, SQLState(err)) {
			continue
		}
		key, given := keyOfSequence(err)
		if !given {
			return err
		}
		// Where no sequence is behind, somebody else has just repaired it, or the next number
		// is another one by itself.
		if fault := p.repairSequences(ctx, key); fault != nil && !errors.Is(fault, errNotBehind) {
			return fmt.Errorf("%w; the database gives out numbers of table %s that are taken: "+
				"move its sequence to its highest number (setval), or grant this role USAGE and UPDATE on the sequence: %w",
				err, key.table, fault)
		}
	}
}
