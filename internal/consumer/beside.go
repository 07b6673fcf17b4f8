package consumer

import (
	"context"
	"errors"
	"sync"

	"github.com/zeromicro/go-zero/core/logx"

	"seckill/internal/ledger"
)

// storersMost is how many batches of a record-only product are stored at the same time. A
// connection to PostgreSQL is served by one processor, so one batch after another leaves the
// others idle, and all of them while a commit is on its way to the disk.
const storersMost = 2

// What a storer knows of its product. Results follow the order of the stream, so batches of a
// settled product are stored one after another. Of a record-only product nothing but the
// numbers of the logs follows it.
const (
	kindUnknown    int32 = iota // until a batch, with nothing stored beside it, has shown it
	kindRecordOnly              // batches are stored side by side
	kindSettled
)

// makeWay returns as soon as a batch may be stored: beside the one before it if both have
// their numbers, else after that one. It reports whether this one has.
func (s *storer) makeWay(ctx context.Context, b ledger.Batch, storers *sync.WaitGroup, before bool) (numbered bool) {
	if before && s.number(ctx, b) {
		return true
	}
	storers.Wait()
	return !before && s.number(ctx, b)
}

// number reserves the numbers of a batch's logs, so that they follow the stream though the next
// batch is stored at the same time. While less comes than fills a batch there is no next one to
// be expected, and a failure is told when the batch is stored.
func (s *storer) number(ctx context.Context, b ledger.Batch) bool {
	if s.kind.Load() != kindRecordOnly || entriesOf(b) < s.size.full || len(b.Attempts) == 0 {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	return s.ledger.Number(ctx, b.Attempts) == nil
}

// put stores a batch, and learns from it whether others may be stored beside it.
func (s *storer) put(ctx context.Context, b ledger.Batch) (ledger.Outcome, error) {
	b.RecordOnly = s.kind.Load() != kindSettled
	outcome, err := s.ledger.Store(ctx, b)
	switch {
	case err == nil && b.RecordOnly:
		s.kind.CompareAndSwap(kindUnknown, kindRecordOnly)
	case errors.Is(err, ledger.ErrNotRecordOnly) && s.kind.CompareAndSwap(kindUnknown, kindSettled):
		b.RecordOnly = false
		return s.ledger.Store(ctx, b)
	}
	return outcome, err
}

// takeTurns follows a product that has become settled while its batches were stored side by
// side: what is under way is read again, and settled in its order.
func (s *storer) takeTurns() error {
	if s.kind.Swap(kindSettled) != kindSettled {
		logx.Infof("product %d has become settled", s.productID)
	}
	s.again.Store(true)
	return nil
}
