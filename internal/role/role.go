// Package role is the one shape of every background role of the service (consumer
// supervisor, collector, janitor, …): Start blocks until Stop, Stop is safe twice
// and before Start, and a stop that is a shutdown can be told from a failure by
// context.Cause.
//
// A Role is a service of go-zero's ServiceGroup.
package role

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/zeromicro/go-zero/core/logx"
)

// ErrStopped is the context.Cause of a role's context after Stop.
var ErrStopped = errors.New("role stopped")

// Role runs one function in the background.
type Role struct {
	run    func(ctx context.Context)
	ctx    context.Context //nolint:containedctx // a role is its context's owner
	cancel context.CancelCauseFunc

	mu      sync.Mutex
	started bool
	done    chan struct{}
}

// New makes a role of run, which must return soon after its context has ended.
func New(run func(ctx context.Context)) *Role {
	ctx, cancel := context.WithCancelCause(context.Background())
	return &Role{run: run, ctx: ctx, cancel: cancel, done: make(chan struct{})}
}

// Every makes a role that calls fn at once and then at the given interval, and
// logs what fails as "name: error".
func Every(interval time.Duration, name string, fn func(ctx context.Context) error) *Role {
	return New(func(ctx context.Context) {
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for {
			if err := fn(ctx); err != nil && ctx.Err() == nil {
				logx.Errorf("%s: %v", name, err)
			}
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
	})
}

// After makes a role that runs r once ready is closed, and not at all if it is
// stopped before that.
func After(ready <-chan struct{}, r *Role) *Role {
	return New(func(ctx context.Context) {
		select {
		case <-ready:
			r.run(ctx)
		case <-ctx.Done():
		}
	})
}

// Together makes a role that runs several at the same time, as one.
func Together(roles ...*Role) *Role {
	return New(func(ctx context.Context) {
		var all sync.WaitGroup
		for _, r := range roles {
			all.Go(func() { r.run(ctx) })
		}
		all.Wait()
	})
}

// Start runs the role and blocks until it has ended. After Stop, or a second time,
// it returns at once.
func (r *Role) Start() {
	r.mu.Lock()
	again := r.started
	r.started = true
	r.mu.Unlock()
	if again {
		return
	}
	defer close(r.done)
	if r.ctx.Err() == nil {
		r.run(r.ctx)
	}
}

// Stop ends the role and waits until it has ended.
func (r *Role) Stop() {
	r.cancel(ErrStopped)
	r.mu.Lock()
	started := r.started
	r.mu.Unlock()
	if started {
		<-r.done
	}
}

// Signal asks the role to end without waiting for it.
func (r *Role) Signal() { r.cancel(ErrStopped) }

// Ended reports whether a role that was started has ended.
func (r *Role) Ended() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

// Sleep waits for d, or until ctx ends; it reports whether it waited to the end.
func Sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// Outlive returns a context that goes on for grace after ctx has ended, for the
// last piece of work of a role that is stopping.
func Outlive(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		Sleep(longer, grace)
		cancel()
	})
	return longer, func() {
		stop()
		cancel()
	}
}
