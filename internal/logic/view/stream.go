package view

import (
	"seckill/internal/stream"
	"seckill/internal/types"
)

// Stream returns the shape of a stream's state.
func Stream(state stream.State) types.StreamState {
	shape := types.StreamState{
		ProductId:        state.ProductID,
		Stream:           state.Stream,
		Group:            state.Group,
		Length:           state.Length,
		Lag:              state.Lag,
		Pending:          state.Pending,
		LastDeliveredId:  state.LastDeliveredID,
		EntriesPerSecond: state.EntriesPerSecond,
		Consumers:        make([]types.StreamConsumer, len(state.Consumers)),
	}
	if state.OldestPending != nil {
		ms := state.OldestPending.Milliseconds()
		shape.OldestPendingMs = &ms
	}
	for i, c := range state.Consumers {
		shape.Consumers[i] = types.StreamConsumer{Name: c.Name, Pending: c.Pending, IdleMs: c.Idle.Milliseconds()}
	}
	return shape
}

// PendingEntry returns the shape of a pending entry.
func PendingEntry(entry stream.PendingEntry) types.PendingEntry {
	return types.PendingEntry{
		StreamId:   entry.StreamID,
		Consumer:   entry.Consumer,
		IdleMs:     entry.Idle.Milliseconds(),
		Deliveries: entry.Deliveries,
	}
}
