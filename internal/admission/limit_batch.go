package admission

import (
	"context"
	"errors"
	"sync"

	"github.com/redis/go-redis/v9"
)

// LimitedBatch implements Limiter. The first user is counted alone, so that a script that Redis
// does not know is missed once: go-zero's breaker would open when all miss it. The others are
// counted in one round trip to each server.
func (l *UserLimiter) LimitedBatch(ctx context.Context, users []int64) ([]bool, error) {
	ctx, cancel := context.WithTimeout(ctx, limitTimeout)
	defer cancel()
	allowed, problems := make([]bool, len(users)), make([]error, len(users))
	allowed[0], problems[0] = l.take(ctx, users[0])
	c := &convoy{client: l.client, callers: len(users) - 1, load: newLoad()}
	ctx = context.WithValue(ctx, convoyKey{}, c)
	var group sync.WaitGroup
	for i, user := range users[1:] {
		group.Go(func() {
			defer c.leave(ctx)
			allowed[1+i], problems[1+i] = l.take(ctx, user)
		})
	}
	group.Wait()
	free := map[int64]int{} // attempts that a user may make
	for i, user := range users {
		if allowed[i] || problems[i] != nil {
			free[user]++
		}
	}
	limited := make([]bool, len(users))
	for i, user := range users { // of a user who is too fast the first ones come through
		limited[i] = free[user] == 0
		free[user] = max(free[user]-1, 0)
	}
	return limited, errors.Join(problems...)
}

// convoy sends the commands that callers make at once together: as soon as each caller has
// made one, or has left.
type convoy struct {
	client redis.UniversalClient

	mu      sync.Mutex
	callers int // who has not left
	load    *load
}

// convoyKey finds the convoy of a command in its context.
type convoyKey struct{}

// load is the commands that are sent together.
type load struct {
	commands []redis.Cmder
	answered chan struct{} // closed when they are
}

func newLoad() *load { return &load{answered: make(chan struct{})} }

// send sends a command with those of the others, and waits for its answer.
func (c *convoy) send(ctx context.Context, cmd redis.Cmder) {
	c.mu.Lock()
	l := c.load
	l.commands = append(l.commands, cmd)
	c.depart(ctx)
	<-l.answered
}

// leave says that a caller makes no more commands.
func (c *convoy) leave(ctx context.Context) {
	c.mu.Lock()
	c.callers--
	c.depart(ctx)
}

// depart sends the load if nobody is waited for, and unlocks.
func (c *convoy) depart(ctx context.Context) {
	l := c.load
	full := len(l.commands) > 0 && len(l.commands) == c.callers
	if full {
		c.load = newLoad()
	}
	c.mu.Unlock()
	if !full {
		return
	}
	defer close(l.answered)
	pipe := c.client.Pipeline()
	for _, cmd := range l.commands {
		_ = pipe.Process(ctx, cmd) // it is sent by Exec
	}
	_, _ = pipe.Exec(ctx) // each command has its own error, or no answer
}
