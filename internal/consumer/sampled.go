package consumer

import (
	"seckill/internal/ledger"
	"seckill/internal/tracing"
	"seckill/model"
)

// sampled returns the entries of a batch that carry a trace: none, as a rule.
func sampled(b ledger.Batch) []tracing.Entry {
	var entries []tracing.Entry
	for i := range b.Attempts {
		if parent := tracing.Of(b.Attempts[i].Fields); parent != "" {
			entries = append(entries, tracing.Entry{StreamID: b.Attempts[i].StreamID, Parent: parent})
		}
	}
	return entries
}

// failure names why a batch was not stored, for its span.
func failure(err error) string {
	if state := model.SQLState(err); state != "" {
		return state
	}
	return "postgres"
}
