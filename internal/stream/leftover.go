package stream

import (
	"context"
	"errors"

	"github.com/redis/go-redis/v9"
)

// Leftover is whether a group has anything left to do in a stream.
type Leftover struct {
	Left   bool
	LastID string // of the stream, "" when there is none
	Err    error  // the server has not answered; the rest is unknown
}

// Leftovers looks at the streams of products, in one round trip a server.
func (i *Inspector) Leftovers(ctx context.Context, productIDs []int64) []Leftover {
	keys := make([]string, len(productIDs))
	for n, id := range productIDs {
		keys[n] = i.key(id)
	}
	left := make([]Leftover, len(productIDs))
	for n, l := range lookAt(ctx, i.client, keys...) {
		left[n] = i.leftover(ctx, productIDs[n], &l)
	}
	return left
}

func (i *Inspector) leftover(ctx context.Context, productID int64, l *look) Leftover {
	if l.err != nil {
		return Leftover{Err: l.err}
	}
	left := Leftover{LastID: l.stream.LastGeneratedID}
	g := l.group(i.group)
	if g == nil {
		left.Left = l.stream.Length > 0
		return left
	}
	if left.Left = g.Pending > 0; left.Left || l.stream.Length == 0 || caughtUp(l, g) {
		return left
	}
	n, err := i.count(ctx, productID, g, 1) // what Redis tells may count what is gone
	return Leftover{Left: n > 0, LastID: left.LastID, Err: err}
}

// LastIDs reads the last IDs of the streams of products, in one round trip a server and
// with one command each. Only LastID and Err are filled in.
func (i *Inspector) LastIDs(ctx context.Context, productIDs []int64) []Leftover {
	pipe := i.client.Pipeline()
	replies := make([]*redis.XInfoStreamCmd, len(productIDs))
	for n, id := range productIDs {
		replies[n] = pipe.XInfoStream(ctx, i.key(id))
	}
	_, execErr := pipe.Exec(ctx)
	last := make([]Leftover, len(productIDs))
	for n, reply := range replies {
		switch err := reply.Err(); {
		case err != nil && isNoKey(err):
		case err != nil:
			last[n].Err = err
		case reply.Val() == nil:
			last[n].Err = errors.Join(errNoAnswer, execErr)
		default:
			last[n].LastID = reply.Val().LastGeneratedID
			if last[n].LastID != "" || reply.Val().Length != 0 {
				last[n].Err = checkWhole(last[n].LastID)
			}
		}
	}
	return last
}
