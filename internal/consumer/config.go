package consumer

import "time"

// Config is how a product is consumed (contract section 4, Consumer).
type Config struct {
	Count         int           // most entries of one read
	MaxBatch      int           // most entries of one transaction, into which reads that wait go together; none do if it is less than two reads
	Block         time.Duration // how long a read waits on an empty stream
	ClaimIdle     time.Duration // an entry pending this long is taken over
	MaxDeliveries int           // refusals by the database before an entry is a dead letter
}

const (
	// blockStep is the longest that one command waits. A cancelled context does not
	// interrupt a blocking read, so this bounds how soon a stop or a pause takes
	// effect; a longer Block is waited for in several commands.
	blockStep = time.Second
	// storeTimeout bounds one try to store a batch, so that a database that never
	// answers counts as away.
	storeTimeout = 30 * time.Second
	// joinFor is how long a transaction may be expected to take for reads to go into it
	// together. It holds the row of a product with stock, for which orders that are cancelled
	// wait, and results come with its commit.
	joinFor = 250 * time.Millisecond
	// FlushTimeout bounds how long a stopping loop goes on to store and acknowledge
	// what it has read.
	FlushTimeout = 5 * time.Second
)

// ahead is how many reads may wait for the transaction under way: what the next one takes.
func (c Config) ahead() int { return max(1, c.MaxBatch/c.Count) }

// step is how long one blocking command waits.
func (c Config) step() time.Duration { return min(c.Block, blockStep) }
