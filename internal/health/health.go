// Package health answers whether the process can do its work now, for /readyz and
// for the gauges seckill_redis_up and seckill_postgres_up.
package health

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"seckill/internal/seckill"
)

// checkTimeout bounds one check, so that a server that does not answer at all is
// reported rather than waited for.
const checkTimeout = time.Second

// Check is one thing that must work. Run returns nil when it does. What a *seckill.Error
// that it returns says is shown to whoever asks; of every other error only that there is
// one.
type Check struct {
	Name string
	Run  func(ctx context.Context) error
}

// Failure is a check that fails. Reason says what to do about it, in words without inner
// detail; "" when only the log knows.
type Failure struct {
	Name   string
	Reason string
}

// String is the failure as /readyz shows it.
func (f Failure) String() string {
	if f.Reason == "" {
		return f.Name
	}
	return f.Name + " (" + f.Reason + ")"
}

// Checks are all the things that must work.
type Checks []Check

// Failing runs every check but those named by exclude at the same time and returns those
// that fail, in the order of the checks; it takes no more than a second. While the process
// ends that alone is answered, and at once: [ShutdownCheck] cannot be excluded. A name that
// is no check's is INVALID_ARGUMENT.
func (c Checks) Failing(ctx context.Context, exclude ...string) ([]Failure, error) {
	if err := c.known(exclude); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	problems := make([]error, len(c))
	var wg sync.WaitGroup
	for i, check := range c {
		switch {
		case check.Name == ShutdownCheck:
			if err := check.Run(ctx); err != nil {
				return []Failure{{Name: check.Name, Reason: reasonOf(err)}}, nil
			}
		case !slices.Contains(exclude, check.Name):
			wg.Go(func() { problems[i] = check.Run(ctx) })
		}
	}
	wg.Wait()
	var failing []Failure
	for i, check := range c {
		if problems[i] != nil {
			failing = append(failing, Failure{Name: check.Name, Reason: reasonOf(problems[i])})
		}
	}
	return failing, nil
}

// known refuses names that are no check's.
func (c Checks) known(names []string) error {
	all := make([]string, len(c))
	for i, check := range c {
		all[i] = check.Name
	}
	for _, name := range names {
		if !slices.Contains(all, name) {
			return seckill.Errorf(seckill.CodeInvalidArgument, "exclude must be one of %s", strings.Join(all, ", "))
		}
	}
	return nil
}

// reasonOf returns what of an error may be shown.
func reasonOf(err error) string {
	if known, ok := errors.AsType[*seckill.Error](err); ok {
		return known.Message
	}
	return ""
}

// InTurn makes one check of several, which ends with the first that fails.
func InTurn(checks ...func(ctx context.Context) error) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		for _, check := range checks {
			if err := check(ctx); err != nil {
				return err
			}
		}
		return nil
	}
}
