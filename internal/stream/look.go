package stream

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"
)

// errNoAnswer is the error of a command to which no answer has come, though go-redis
// names none: a pipeline whose connection was refused leaves its commands as they were.
var errNoAnswer = errors.New("redis has not answered")

// look is what Redis tells of a stream and its groups, of one that does not exist nothing.
type look struct {
	stream redis.XInfoStream
	groups []redis.XInfoGroup
	err    error // the server has not answered, or the key is no stream
}

// group returns the group of a name, nil when there is none.
func (l *look) group(name string) *redis.XInfoGroup {
	for i := range l.groups {
		if l.groups[i].Name == name {
			return &l.groups[i]
		}
	}
	return nil
}

// lookAt looks at streams, in one round trip a server. Each has its own error, so that
// one that is broken says nothing of the others.
func lookAt(ctx context.Context, client redis.UniversalClient, keys ...string) []look {
	pipe := client.Pipeline()
	streams, groups := make([]*redis.XInfoStreamCmd, len(keys)), make([]*redis.XInfoGroupsCmd, len(keys))
	for i, key := range keys {
		streams[i], groups[i] = pipe.XInfoStream(ctx, key), pipe.XInfoGroups(ctx, key)
	}
	_, execErr := pipe.Exec(ctx)
	looks := make([]look, len(keys))
	for i := range keys {
		looks[i] = lookOf(streams[i], groups[i], execErr)
	}
	return looks
}

func lookOf(stream *redis.XInfoStreamCmd, groups *redis.XInfoGroupsCmd, execErr error) look {
	for _, err := range []error{stream.Err(), groups.Err()} {
		if err != nil && isNoKey(err) {
			return look{}
		}
		if err != nil {
			return look{err: err}
		}
	}
	if stream.Val() == nil {
		return look{err: errors.Join(errNoAnswer, execErr)}
	}
	l := look{stream: *stream.Val(), groups: groups.Val()}
	if err := l.check(); err != nil {
		return look{err: err}
	}
	return l
}

// check fails unless what a server tells of a stream and its groups can be so. An ID that
// cannot be read would else count as one below all others. The lag may be any number: Redis
// tells one below 0 of a group that was said to have read more than there is.
func (l *look) check() error {
	s := &l.stream
	err := Within(0, mostEntries, s.Length)
	if err == nil && s.EntriesAdded != 0 { // before version 7 it is not told
		err = Within(s.Length, math.MaxInt64, s.EntriesAdded)
	}
	for i := range l.groups {
		g := &l.groups[i]
		if err == nil && g.Name == "" {
			err = fmt.Errorf("a group without a name: %w", ErrReply)
		}
		err = cmp.Or(err, Within(0, mostEntries, g.Pending), Within(-1, math.MaxInt64, g.EntriesRead), checkWhole(g.LastDeliveredID))
	}
	if err != nil || l.neverUsed() {
		return err
	}
	return checkWhole(s.LastGeneratedID)
}

// neverUsed reports whether a stream has groups and has never had an entry: a substitute for
// Redis tells no last ID of one.
func (l *look) neverUsed() bool {
	return l.stream.LastGeneratedID == "" && l.stream.Length == 0 && len(l.groups) > 0 &&
		!slices.ContainsFunc(l.groups, func(g redis.XInfoGroup) bool { return g.LastDeliveredID != scanEnd })
}

// pendingOf asks what is pending in a group.
func pendingOf(ctx context.Context, client redis.Cmdable, key, group string) (*redis.XPending, error) {
	pending, err := client.XPending(ctx, key, group).Result()
	if err == nil {
		err = checkPending(pending)
	}
	return pending, err
}

// checkPending fails unless what a server tells of what is pending can be so.
func checkPending(p *redis.XPending) error {
	if err := Within(0, mostEntries, p.Count); err != nil || p.Count == 0 {
		return err
	}
	if err := checkIDs("", p.Lower); err != nil {
		return err
	}
	return checkIDs(below(parseID(p.Lower)).String(), p.Higher)
}

// timeOf reads the answer to TIME. No server that has streams is older than the first of
// them, so an earlier time is none.
func timeOf(now time.Time, err error) (time.Time, error) {
	if err == nil {
		err = Within(firstTime, endOfTime, now.UnixMilli())
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("read the clock of redis: %w", err)
	}
	return now, nil
}

// firstTime is the beginning of the year 2018, in which Redis got streams (5.0).
const firstTime = 1_514_764_800_000
