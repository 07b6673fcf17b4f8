package live

import (
	"context"
	"crypto/rand"
	"strconv"
	"time"

	"github.com/zeromicro/go-zero/core/logx"

	"seckill/internal/role"
	"seckill/internal/stream"
)

const (
	// heldSeconds is for how many seconds what was counted is held while Redis is away.
	heldSeconds = 10
	// reportTimeout bounds one report.
	reportTimeout = 900 * time.Millisecond
)

// Adder is where what was counted is added to; stream.Seconds is it.
type Adder interface {
	Add(ctx context.Context, counts []stream.SecondCount) []error
}

// reporter adds what this replica has counted in each second to what the others have.
type reporter struct {
	tally *Tally
	to    Adder
	name  string // of this process
	calls uint64
	held  []stream.SecondCount // oldest first
	now   func() time.Time
}

// reportLog is for what every second meets while Redis is away; it writes once a minute.
var reportLog = logx.NewLessLogger(60_000)

func newReporter(t *Tally, to Adder) *reporter {
	return &reporter{tally: t, to: to, name: rand.Text()[:8] + ".", now: time.Now}
}

// Report makes the role that adds what the tally has counted to to, once a second.
func (t *Tally) Report(to Adder) *role.Role {
	r := newReporter(t, to)
	return role.New(func(ctx context.Context) {
		for r.sleep(ctx) {
			r.report(ctx)
		}
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), reportTimeout)
		defer cancel()
		r.report(last)
	})
}

// sleep waits until a second ends, so that all replicas count the same ones.
func (r *reporter) sleep(ctx context.Context) bool {
	now := r.now()
	return role.Sleep(ctx, now.Truncate(time.Second).Add(time.Second).Sub(now))
}

// report adds what has been counted since it was called last, and what could not be added
// before. What Redis does not take in time is held for some seconds.
func (r *reporter) report(ctx context.Context) {
	second := r.now().Add(-time.Second / 2).Unix() // the one that has ended
	r.tally.take(func(productID int64, n *[counters]int64) { r.hold(productID, second, n) })
	r.drop(second - heldSeconds)
	if len(r.held) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, reportTimeout)
	defer cancel()
	problems := r.to.Add(ctx, r.held)
	left := r.held[:0]
	for n, c := range r.held {
		if problems[n] != nil {
			reportLog.Errorf("what a second was like is not added to what others count: %v", problems[n])
			left = append(left, c)
		}
	}
	clear(r.held[len(left):])
	r.held = left
}

func (r *reporter) hold(productID, second int64, n *[counters]int64) {
	r.calls++
	c := stream.SecondCount{ProductID: productID, Second: second, Mark: r.name + strconv.FormatUint(r.calls, 36)}
	for i, number := range n {
		if number != 0 {
			c.Names, c.Numbers = append(c.Names, names[i]), append(c.Numbers, number)
		}
	}
	if len(c.Names) > 0 {
		r.held = append(r.held, c)
	}
}

// drop drops what is of the given second or older.
func (r *reporter) drop(second int64) {
	kept := r.held[:0]
	for _, c := range r.held {
		if c.Second > second {
			kept = append(kept, c)
		}
	}
	clear(r.held[len(kept):])
	r.held = kept
}
