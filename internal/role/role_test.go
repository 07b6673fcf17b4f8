package role_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"seckill/internal/role"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, goleak.IgnoreCurrent()) }

func untilStopped(ctx context.Context) { <-ctx.Done() }

func TestStartBlocksUntilStop(t *testing.T) {
	var cause error
	r := role.New(func(ctx context.Context) {
		untilStopped(ctx)
		cause = context.Cause(ctx)
	})
	returned := make(chan struct{})
	go func() { r.Start(); close(returned) }()
	r.Stop() // before Start is legal too, and then Start returns at once
	<-returned
	if cause != nil && !errors.Is(cause, role.ErrStopped) {
		t.Errorf("cause %v", cause)
	}
	if !r.Ended() {
		t.Error("a role that was started and stopped has not ended")
	}
}

func TestStopIsSafeBeforeStartAndTwice(t *testing.T) {
	ran := false
	r := role.New(func(context.Context) { ran = true })
	r.Stop()
	r.Stop()
	r.Start()
	r.Start()
	r.Stop()
	if ran {
		t.Error("a role that was stopped before it started has run")
	}
}

func TestStopWaitsForTheEnd(t *testing.T) {
	started := make(chan struct{})
	var ended atomic.Bool
	r := role.New(func(ctx context.Context) {
		close(started)
		<-ctx.Done()
		ended.Store(true)
	})
	go r.Start()
	<-started
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			r.Stop()
			if !ended.Load() {
				t.Error("Stop returned before the role ended")
			}
		})
	}
	wg.Wait()
}

func TestOutliveEndsAfterTheGrace(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	longer, release := role.Outlive(ctx, time.Millisecond)
	defer release()
	if longer.Err() != nil {
		t.Fatal("ended before its parent")
	}
	cancel()
	<-longer.Done()
}

func TestOutliveGoesOnAfterItsParent(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	longer, release := role.Outlive(ctx, time.Hour)
	cancel()
	if longer.Err() != nil {
		t.Error("ended with its parent")
	}
	release()
	<-longer.Done()
}

func TestEveryGoesOnAfterAFailure(t *testing.T) {
	calls := make(chan struct{})
	r := role.Every(time.Millisecond, "test", func(ctx context.Context) error {
		select {
		case calls <- struct{}{}:
		case <-ctx.Done():
		}
		return errors.New("fails every time")
	})
	go r.Start()
	for range 3 {
		<-calls
	}
	r.Stop()
}

func TestAfterWaitsForItsTurn(t *testing.T) {
	for _, come := range []bool{true, false} {
		ready, ran := make(chan struct{}), make(chan struct{})
		r := role.After(ready, role.New(func(context.Context) { close(ran) }))
		returned := make(chan struct{})
		go func() { r.Start(); close(returned) }()
		if come {
			close(ready)
			<-ran
		}
		r.Stop()
		<-returned
		select {
		case <-ran:
			if !come {
				t.Error("ran before its turn")
			}
		default:
		}
	}
}

func TestTogetherRunsAllAndEndsWhenAllHaveEnded(t *testing.T) {
	var running atomic.Int64
	both := make(chan struct{})
	one := func() *role.Role {
		return role.New(func(ctx context.Context) {
			if running.Add(1) == 2 {
				close(both)
			}
			<-ctx.Done()
			running.Add(-1)
		})
	}
	r := role.Together(one(), one())
	go r.Start()
	<-both
	r.Stop()
	if n := running.Load(); n != 0 {
		t.Errorf("%d still run", n)
	}
}
