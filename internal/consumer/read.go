package consumer

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/zeromicro/go-zero/core/logx"

	"seckill/internal/role"
	"seckill/internal/stream"
)

// claimEnd is where a scan of the pending list begins, and what Redis answers when
// it has come to the end.
const claimEnd = "0-0"

// landingWait is the pause between two looks at what is under way.
const landingWait = 10 * time.Millisecond

// errOlder ends a session: the books have lost what was acknowledged.
var errOlder = errors.New("what is under way is read again, behind what the books have lost")

// read runs one session after another until ctx ends. A session ends when Redis is
// away or the group is gone; the next one joins again.
func (l *Loop) read(ctx context.Context, fetched chan<- fetch) {
	for {
		err := l.session(ctx, fetched)
		if errors.Is(err, errLeaving) {
			return
		}
		l.setJoined(false)
		if ctx.Err() != nil {
			return
		}
		l.tenant.unsettle()
		if errors.Is(err, errOlder) {
			logx.Errorf("product %d: %v", l.productID, err)
			l.begin(ctx)
			continue
		}
		if stream.IsNoGroup(err) {
			logx.Errorf("product %d: group is gone, to be created again from the start: %v", l.productID, err)
		} else {
			logx.Errorf("product %d: %v", l.productID, err)
		}
		if l.tenant.givesWay() || !role.Sleep(ctx, l.retry.NextBackOff()) {
			return
		}
	}
}

// session joins the group and reads until something fails, ctx ends, or the loop leaves its
// lane. One that knows that nothing of its own is pending, and that its group is there,
// begins with what is new.
func (l *Loop) session(ctx context.Context, fetched chan<- fetch) error {
	if !l.tenant.settled {
		if err := l.settle(ctx, fetched); err != nil {
			return err
		}
	}
	for ctx.Err() == nil {
		if l.storer.again.Load() {
			return errOlder
		}
		if err := l.claimWhenDue(ctx, fetched); err != nil {
			return err
		}
		block, stay := l.tenant.stay(l.config)
		if !stay {
			return errLeaving
		}
		batch, err := l.reader.Read(ctx, l.config.Count, block)
		if err != nil {
			return err
		}
		l.retry.Reset()
		if l.tenant.read(batch.LastID()) {
			return errLeaving
		}
		l.send(ctx, fetched, batch)
	}
	return ctx.Err()
}

// settle joins the group, and delivers what comes before all that is new.
func (l *Loop) settle(ctx context.Context, fetched chan<- fetch) error {
	if err := l.reader.Join(ctx); err != nil {
		return err
	}
	if !l.Joined() { // else whoever keeps watch has said so
		l.announce()
	}
	l.setJoined(true)
	if err := l.catchUp(ctx, fetched); err != nil {
		return err
	}
	if err := l.readOwnPending(ctx, fetched); err != nil {
		return err
	}
	l.tenant.settled = ctx.Err() == nil && !l.storer.again.Load()
	return nil
}

// begin lets go of what is under way, which the next session reads again.
func (l *Loop) begin(ctx context.Context) {
	for len(l.flight.ids()) > 0 && role.Sleep(ctx, landingWait) {
	}
	l.storer.again.Store(false)
}

// catchUp delivers what the books have lost, before what has come later and is pending.
func (l *Loop) catchUp(ctx context.Context, fetched chan<- fetch) error {
	for ctx.Err() == nil {
		behind, err := l.reader.Behind(ctx)
		if err != nil || !behind {
			return err
		}
		batch, err := l.reader.Read(ctx, l.config.Count, landingWait)
		if err != nil {
			return err
		}
		l.send(ctx, fetched, batch)
		if l.storer.again.Load() {
			return errOlder
		}
	}
	return ctx.Err()
}

// readOwnPending delivers what this consumer was given in an earlier life.
func (l *Loop) readOwnPending(ctx context.Context, fetched chan<- fetch) error {
	after := stream.FirstID
	for ctx.Err() == nil && !l.storer.again.Load() {
		batch, err := l.reader.ReadOwnPending(ctx, after, l.config.Count)
		if err != nil {
			return err
		}
		last := batch.LastID()
		if last == "" {
			return nil
		}
		after = last
		l.send(ctx, fetched, l.withoutFlying(batch))
	}
	return nil
}

// claimWhenDue takes over what has been pending for ClaimIdle, from consumers that
// are gone and from ourselves (entries that the database refused), every half
// ClaimIdle.
func (l *Loop) claimWhenDue(ctx context.Context, fetched chan<- fetch) error {
	if time.Since(l.claimedAt) < l.config.ClaimIdle/2 {
		return nil
	}
	l.claimedAt = time.Now()
	start := claimEnd
	for ctx.Err() == nil {
		batch, next, err := l.reader.Claim(ctx, start, l.config.ClaimIdle, l.config.Count)
		if err != nil {
			return err
		}
		l.send(ctx, fetched, l.withoutFlying(batch))
		if next == claimEnd {
			return nil
		}
		start = next
	}
	return nil
}

// withoutFlying removes the entries that this loop has under way already. One of
// them that was deleted meanwhile is not lost: its fields are here.
func (l *Loop) withoutFlying(batch stream.Batch) stream.Batch {
	flying := l.flight.ids()
	if len(flying) == 0 {
		return batch
	}
	batch.Entries = slices.DeleteFunc(batch.Entries, func(e stream.Entry) bool { return flying[e.ID] })
	batch.Lost = slices.DeleteFunc(batch.Lost, func(id string) bool { return flying[id] })
	return batch
}

// send decodes a batch and hands it on. It waits while as many are under way as may be, which
// is how reading stops when storing does. After a stop it still hands over what has been read,
// which the store then flushes.
func (l *Loop) send(ctx context.Context, fetched chan<- fetch, batch stream.Batch) {
	if len(batch.Entries) == 0 && len(batch.Lost) == 0 {
		return
	}
	f := newFetch(l.productID, batch)
	f.number = l.flight.depart(f.ids)
	f.ahead = l.readAhead(ctx, fetched, len(f.ids))
	select {
	case fetched <- f:
	case <-ctx.Done():
		// The store is behind. Wait for room only as long as it flushes.
		timer := time.NewTimer(FlushTimeout)
		defer timer.Stop()
		select {
		case fetched <- f:
		case <-timer.C:
			l.config.Ahead.Release(f.ahead)
			l.storer.gaveUp.Store(true)
		}
	}
}

// readAhead waits until a read may wait for the store: as the only one, or, as long as reads are
// full and so have more behind them, within what the loops of the process may hold together, of
// which it returns what it has taken. What is not full waits alone, so that meanwhile the next
// read grows: many small ones would cost Redis a command each.
func (l *Loop) readAhead(ctx context.Context, fetched chan<- fetch, n int) (taken int64) {
	for len(fetched) > 0 && ctx.Err() == nil {
		if n >= l.config.Count && l.config.Ahead.TryAcquire(int64(n)) {
			return int64(n)
		}
		select {
		case <-ctx.Done():
		case <-l.taken:
		case <-time.After(landingWait): // another loop may have let go of something
		}
	}
	return 0
}
