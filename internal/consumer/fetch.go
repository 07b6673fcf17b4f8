package consumer

import (
	"seckill/internal/admission"
	"seckill/internal/ledger"
	"seckill/internal/seckill"
	"seckill/internal/stream"
)

// fetch is what one read has brought, on its way through the loop.
type fetch struct {
	number   int      // in flight
	ahead    int64    // what it holds of Config.Ahead
	ids      []string // of all that it has brought
	batch    ledger.Batch
	lost     []string
	admitted []admission.Entry // those of the batch that the gate wrote
}

// newFetch decodes what a read has brought.
func newFetch(productID int64, read stream.Batch) fetch {
	f := fetch{batch: decode(productID, read.Entries), lost: read.Lost}
	f.admitted = admittedOf(f.batch.Attempts)
	f.ids = make([]string, 0, len(read.Entries)+len(read.Lost))
	for _, e := range read.Entries {
		f.ids = append(f.ids, e.ID)
	}
	f.ids = append(f.ids, read.Lost...)
	return f
}

// span returns the first and the last entry of a read in the stream, both zero when there is
// none that still exists.
func (f *fetch) span() (first, last seckill.StreamID) {
	entries := f.ids[:len(f.ids)-len(f.lost)]
	if len(entries) == 0 {
		return first, last
	}
	first, err := seckill.ParseStreamID(entries[0])
	if err != nil {
		return seckill.StreamID{}, seckill.StreamID{}
	}
	last, err = seckill.ParseStreamID(entries[len(entries)-1])
	if err != nil {
		return seckill.StreamID{}, seckill.StreamID{}
	}
	return first, last
}

// landing returns what is acknowledged of a read: what is done, nil = all of it.
func (f *fetch) landing(done map[string]bool, mark string) landing {
	if done == nil {
		return landing{number: f.number, ahead: f.ahead, ids: f.ids, mark: mark, admitted: f.admitted}
	}
	part := landing{number: f.number, ahead: f.ahead, mark: mark}
	for _, id := range f.ids { // which are in flight until then: they stay as they are
		if done[id] {
			part.ids = append(part.ids, id)
		}
	}
	for _, e := range f.admitted {
		if done[e.StreamID] {
			part.admitted = append(part.admitted, e)
		}
	}
	return part
}

// decode sorts entries into attempts and dead letters.
func decode(productID int64, entries []stream.Entry) ledger.Batch {
	batch := ledger.Batch{ProductID: productID, Attempts: make([]seckill.Attempt, 0, len(entries))}
	for _, e := range entries {
		attempt, reason := seckill.Decode(e.ID, e.Fields)
		if reason != "" {
			batch.Dead = append(batch.Dead, seckill.DeadLetter{StreamID: e.ID, Fields: e.Fields, Reason: reason, Deliveries: 1})
			continue
		}
		batch.Attempts = append(batch.Attempts, attempt)
	}
	return batch
}

// admittedOf returns those of the attempts that the gate wrote.
func admittedOf(attempts []seckill.Attempt) []admission.Entry {
	var admitted []admission.Entry
	for i := range attempts {
		if a := &attempts[i]; a.Admitted {
			admitted = append(admitted, admission.Entry{StreamID: a.StreamID, UserID: a.UserID})
		}
	}
	return admitted
}

// doneOf returns what is done of reads as a set, nil when that is all.
func doneOf(reads []fetch, ids []string) map[string]bool {
	all := 0
	for i := range reads {
		all += len(reads[i].ids)
	}
	if len(ids) == all {
		return nil
	}
	done := make(map[string]bool, len(ids))
	for _, id := range ids {
		done[id] = true
	}
	return done
}

// gather takes the reads of up to count entries each that wait behind one, as long as they
// are most entries together.
func gather(first fetch, fetched <-chan fetch, count, most int) []fetch {
	reads := []fetch{first}
	for n := len(first.ids); n+count <= most; {
		select {
		case f, open := <-fetched:
			if !open {
				return reads
			}
			reads, n = append(reads, f), n+len(f.ids)
		default:
			return reads
		}
	}
	return reads
}

// join puts the batches of reads together where each follows in the stream the one before.
// Others stay apart: a group that has been set back delivers anew what is under way, and an
// entry must not come twice in one transaction.
func join(reads []fetch) []ledger.Batch {
	batches := make([]ledger.Batch, 0, 1)
	var last seckill.StreamID
	for i := range reads {
		f := &reads[i]
		from, to := f.span()
		if n := len(batches); n > 0 && last.Compare(from) < 0 {
			b := &batches[n-1]
			b.Attempts, b.Dead = append(b.Attempts, f.batch.Attempts...), append(b.Dead, f.batch.Dead...)
		} else {
			batches = append(batches, f.batch)
		}
		last = to
	}
	return batches
}
