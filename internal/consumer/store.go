package consumer

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/zeromicro/go-zero/core/logx"

	"seckill/internal/ledger"
	"seckill/internal/metrics"
	"seckill/internal/role"
	"seckill/internal/seckill"
	"seckill/internal/tracing"
	"seckill/model"
)

// errPanic is a panic of our own code while a batch was stored. It is treated as a
// refusal of the batch: bisected to the entry that sets it off, which must not take
// the process down again and again.
var errPanic = errors.New("panic")

// storer writes one product's batches, one after another.
type storer struct {
	productID     int64
	group         string
	maxDeliveries int
	ledger        Ledger
	metrics       *metrics.Metrics
	entries       *metrics.Entries
	size          size
	pace          pace
	known         *known
	keeper        Keeper      // nil = nobody finds out whether the books are older
	mark          string      // an entry that the last transaction has written, "" = none since older books were found
	again         atomic.Bool // older books have been found: what is under way is left, to be read again
	gaveUp        atomic.Bool // something was left that nobody has held against it: it is pending and comes again

	// refusals counts, by stream ID, how often an entry that is still pending has
	// been refused. Redis's own counter of deliveries will not do: it counts
	// restarts and takeovers as well. A count that a crash forgets only gives the
	// entry more tries.
	refusals map[string]int
}

func newStorer(productID int64, config Config, store Ledger, reader Reader, m *metrics.Metrics) *storer {
	return &storer{
		productID: productID, group: reader.Group(), maxDeliveries: config.MaxDeliveries, ledger: store, metrics: m,
		entries: m.Entries(productID), size: newSize(max(config.Count, config.MaxBatch)), refusals: map[string]int{},
		known: &known{reader: reader, ledger: store},
	}
}

// store writes what reads have brought and returns the IDs to acknowledge. It tries for as long as
// the database is away; when ctx has ended it tries once more at the most, on
// work, and leaves what it cannot store pending.
func (s *storer) store(ctx, work context.Context, reads []fetch) []string {
	if s.again.Load() {
		s.gaveUp.Store(true)
		return nil
	}
	done := s.storeLost(ctx, work, reads)
	todo := join(reads)
	for len(todo) > 0 && !s.again.Load() {
		batch, rest := s.size.cut(todo[0])
		todo[0] = rest
		if entriesOf(batch) == 0 {
			todo = todo[1:]
			continue
		}
		problem, stored := s.tryToStore(ctx, work, batch)
		switch {
		case !stored || s.again.Load():
			s.gaveUp.Store(true)
			return done
		case problem == nil:
			done = appendIDs(done, batch)
			s.size.pass(s.productID, entriesOf(batch))
		case isRefusal(problem):
			todo = append(s.refused(batch, problem), todo...)
		default:
			todo = append([]ledger.Batch{batch}, todo...) // in smaller parts
		}
	}
	return done
}

// storeLost writes down what reads have found to exist no longer, and returns what is written.
func (s *storer) storeLost(ctx, work context.Context, reads []fetch) []string {
	var done []string
	for i := range reads {
		lost := reads[i].lost
		if len(lost) == 0 {
			continue
		}
		if s.keepTrying(ctx, work, func() error { return s.recordLost(work, lost) }) {
			done = append(done, lost...)
		} else {
			s.gaveUp.Store(true)
		}
	}
	return done
}

// tryToStore writes a batch, for as long as the database is away. A problem is why the
// batch is not to be tried again as it is: it was refused, or is too large. stored is
// false when ctx ended before either.
func (s *storer) tryToStore(ctx, work context.Context, batch ledger.Batch) (problem error, stored bool) { //nolint:revive // not an error of the call
	stored = s.keepTrying(ctx, work, func() error {
		err := s.write(work, batch)
		if isRefusal(err) || isTooMuch(err, work) && s.size.halve(s.productID, entriesOf(batch), err) {
			problem = err
			return nil
		}
		return err
	})
	return problem, stored
}

// isRefusal reports whether a batch was refused for what is in it.
func isRefusal(err error) bool { return model.IsRejection(err) || errors.Is(err, errPanic) }

// isTooMuch reports whether a smaller batch might have passed: the database says so, or it
// took longer than storeTimeout.
func isTooMuch(err error, work context.Context) bool { //nolint:revive // err is what is asked about
	return model.SmallerHelps(err) || errors.Is(err, context.DeadlineExceeded) && work.Err() == nil
}

// keepTrying calls fn until it succeeds, with pauses between; it reports false when
// ctx ended before that.
func (s *storer) keepTrying(ctx, work context.Context, fn func() error) bool {
	retry := newRetry()
	for {
		err := fn()
		if model.IsBooksOlder(err) {
			// Nothing has been stored so far, whatever the loop has been told meanwhile.
			older, fault := s.lookAgain(work)
			switch {
			case fault != nil:
				err = fault
			case older || !role.Sleep(work, landingWait):
				return false
			default:
				continue
			}
		}
		if err == nil {
			return true
		}
		logx.Errorf("product %d: %v", s.productID, err)
		if ctx.Err() != nil || work.Err() != nil {
			return false
		}
		role.Sleep(ctx, retry.NextBackOff())
	}
}

// write stores a batch in one transaction and counts it.
func (s *storer) write(ctx context.Context, b ledger.Batch) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w while storing: %v\n%s", errPanic, p, debug.Stack())
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	if b.Known, err = s.known.get(ctx); err != nil {
		return err
	}
	span := tracing.Process(s.productID, s.group, entriesOf(b), sampled(b))
	began := time.Now()
	outcome, err := s.ledger.Store(ctx, b)
	if err != nil {
		span.Fail(failure(err))
		return err
	}
	if outcome.Mark != "" {
		s.mark = outcome.Mark
		s.known.stored(s.mark)
	}
	now := time.Now()
	s.pace.note(entriesOf(b), now.Sub(began))
	span.Committed(now, outcome.Stored, outcome.Duplicates, outcome.Dead)
	s.entries.BatchStored(outcome.Stored, outcome.Duplicates, outcome.Dead, now.Sub(began))
	for i := range b.Attempts {
		if id, err := seckill.ParseStreamID(b.Attempts[i].StreamID); err == nil {
			s.entries.EntryStored(max(0, time.Duration(now.UnixMilli()-int64(id.Ms))*time.Millisecond)) //nolint:gosec // an ID beyond int64 counts as new
		}
		delete(s.refusals, b.Attempts[i].StreamID)
	}
	return nil
}

// refused returns what to do instead of a batch that was refused: its halves, or
// for a single entry that has been refused too often its dead letter. A single
// entry below that stays pending; it will be delivered again.
func (s *storer) refused(b ledger.Batch, refusal error) []ledger.Batch {
	if len(b.Attempts) > 0 && len(b.Dead) > 0 {
		return []ledger.Batch{{ProductID: b.ProductID, Attempts: b.Attempts}, {ProductID: b.ProductID, Dead: b.Dead}}
	}
	if n := len(b.Attempts); n > 1 {
		return []ledger.Batch{
			{ProductID: b.ProductID, Attempts: b.Attempts[:n/2]}, {ProductID: b.ProductID, Attempts: b.Attempts[n/2:]},
		}
	}
	if n := len(b.Dead); n > 1 {
		return []ledger.Batch{
			{ProductID: b.ProductID, Dead: b.Dead[:n/2]}, {ProductID: b.ProductID, Dead: b.Dead[n/2:]},
		}
	}
	if len(b.Dead) == 1 {
		logx.Errorf("product %d: dead letter %s stays pending: %v", s.productID, b.Dead[0].StreamID, refusal)
		return nil
	}
	attempt := b.Attempts[0]
	s.refusals[attempt.StreamID]++
	deliveries := s.refusals[attempt.StreamID]
	logx.WithContext(tracing.Join(context.Background(), tracing.Of(attempt.Fields))).Errorf(
		"product %d: entry %s refused, delivery %d of %d: %v",
		s.productID, attempt.StreamID, deliveries, s.maxDeliveries, refusal)
	if deliveries < s.maxDeliveries {
		return nil
	}
	delete(s.refusals, attempt.StreamID)
	reason := seckill.DeadRejectedByDatabase
	if errors.Is(refusal, errPanic) {
		reason = seckill.DeadTooManyDeliveries
	}
	return []ledger.Batch{{
		ProductID: b.ProductID, Dead: []seckill.DeadLetter{attempt.DeadLetter(reason, int64(deliveries))},
	}}
}

// lookAgain finds out whether the books have lost what was stored, when they are not the
// known ones. If they have, what is under way is left: its session reads it again, behind
// what is missing.
func (s *storer) lookAgain(ctx context.Context) (older bool, err error) {
	s.known.forget()
	if s.keeper == nil {
		return false, nil
	}
	older, err = s.keeper.Reread(ctx, s.productID)
	if err == nil && older {
		s.mark = ""
		s.again.Store(true)
	}
	return older, err
}

// recordLost writes down entries that exist no longer, and raises the alarm for
// those that had not been stored.
func (s *storer) recordLost(ctx context.Context, ids []string) error {
	lost, err := s.ledger.RecordLost(ctx, s.productID, ids)
	if err != nil || len(lost) == 0 {
		return err
	}
	s.metrics.LostEntries(s.productID, len(lost))
	logx.Errorf("product %d: %d entries are lost, deleted or trimmed before they were stored: %v",
		s.productID, len(lost), lost)
	return nil
}

func appendIDs(ids []string, b ledger.Batch) []string {
	for i := range b.Attempts {
		ids = append(ids, b.Attempts[i].StreamID)
	}
	for i := range b.Dead {
		ids = append(ids, b.Dead[i].StreamID)
	}
	return ids
}
