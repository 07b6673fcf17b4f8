package stream

import (
	"context"
	"errors"

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
	return look{stream: *stream.Val(), groups: groups.Val()}
}
