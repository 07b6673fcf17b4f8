package stream

import (
	"cmp"
	"context"
	"errors"
	"math"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// Place is an entry of a product's stream that its group has been given.
type Place struct {
	ProductID int64
	Delivered string // "0-0" of none
}

// Arrival is whether there is an entry behind a place.
type Arrival struct {
	Any bool
	Err error // the server has not answered, or the key is no stream; the rest is unknown
}

// Arrivals looks for entries behind the given places, in one round trip a server and with the
// cheapest command that there is: it is asked of every quiet product again and again. That
// the group is gone, or has been sent back, it does not see; [Inspector.Groups] does.
func (i *Inspector) Arrivals(ctx context.Context, places []Place) []Arrival {
	if i.nothing(ctx, places) {
		return make([]Arrival, len(places))
	}
	pipe := i.client.Pipeline()
	replies := make([]*redis.XMessageSliceCmd, len(places))
	for n, p := range places {
		replies[n] = pipe.XRangeN(ctx, i.key(p.ProductID), "("+p.Delivered, "+", 1)
	}
	_, execErr := pipe.Exec(ctx) // each command has its own error
	all := make([]Arrival, len(places))
	for n := range all {
		all[n] = arrivalOf(replies[n], places[n].Delivered, execErr)
	}
	return all
}

// nothing reports whether there is surely no entry behind any of the places. One command for
// all costs both sides a small part of what one each does, and mostly says so. Where there is
// an entry, or a key that is no stream, each place is looked at by itself. So it is on a
// cluster, whose keys are apart, and from then on where such a command is refused: by a proxy
// to a cluster, or to a user who lacks the right.
func (i *Inspector) nothing(ctx context.Context, places []Place) bool {
	if i.apart.Load() || len(places) == 0 {
		return false
	}
	streams := make([]string, 2*len(places))
	for n, p := range places {
		streams[n], streams[len(places)+n] = i.key(p.ProductID), p.Delivered
	}
	err := i.client.XRead(ctx, &redis.XReadArgs{Streams: streams, Count: 1, Block: -1}).Err()
	switch {
	case errors.Is(err, redis.Nil):
		return true
	case err != nil && !Away(err) && !redis.HasErrorPrefix(err, "WRONGTYPE"):
		i.apart.Store(true)
	}
	return false
}

func arrivalOf(reply *redis.XMessageSliceCmd, after string, execErr error) Arrival {
	entries, err := reply.Result()
	if err == nil && entries == nil { // not answered at all
		err = errors.Join(errNoAnswer, execErr)
	}
	if err == nil {
		err = cmp.Or(checkBatch(after, entries), Within(0, 1, int64(len(entries))))
	}
	return Arrival{Any: len(entries) > 0 && err == nil, Err: err}
}

// Standby is how the group of a product's stream stands that nobody reads just now.
type Standby struct {
	Joined    bool   // there is a group; without one the rest is nothing
	Delivered string // the last entry that the group has been given
	Waiting   bool   // there is an entry behind it
	Pending   bool   // something is delivered and not acknowledged
	Idle      bool   // and has been for long
	Err       error  // the server has not answered, or the key is no stream; the rest is unknown
}

// Groups looks how the groups of products stand, in two round trips a server. Idle is what has
// been pending for minIdle.
func (i *Inspector) Groups(ctx context.Context, productIDs []int64, minIdle time.Duration) []Standby {
	all := make([]Standby, len(productIDs))
	pipe := i.client.Pipeline()
	replies := make([]*redis.XInfoGroupsCmd, len(all))
	for n, id := range productIDs {
		replies[n] = pipe.XInfoGroups(ctx, i.key(id))
	}
	_, execErr := pipe.Exec(ctx) // each command has its own error
	for n := range all {
		all[n] = i.standbyOf(replies[n], execErr)
	}
	i.addWork(ctx, productIDs, all, minIdle)
	return all
}

func (i *Inspector) standbyOf(reply *redis.XInfoGroupsCmd, execErr error) Standby {
	groups, err := reply.Result()
	if err != nil && isNoKey(err) {
		return Standby{}
	}
	if err == nil && groups == nil {
		err = errors.Join(errNoAnswer, execErr)
	}
	if err != nil {
		return Standby{Err: err}
	}
	l := look{groups: groups}
	g := l.group(i.group)
	if g == nil {
		return Standby{}
	}
	for n := range groups { // a wrong answer is wrong as a whole
		err = cmp.Or(err, Within(0, mostEntries, groups[n].Pending), checkWhole(groups[n].LastDeliveredID))
	}
	return Standby{Joined: true, Delivered: g.LastDeliveredID, Pending: g.Pending > 0, Err: err}
}

// addWork fills in whether there is anything to do for the groups that are there.
func (i *Inspector) addWork(ctx context.Context, productIDs []int64, all []Standby, minIdle time.Duration) {
	pipe := i.client.Pipeline()
	behind, idle := make([]*redis.XMessageSliceCmd, len(all)), make([]*redis.XPendingExtCmd, len(all))
	for n := range all {
		if !all[n].Joined || all[n].Err != nil {
			continue
		}
		key := i.key(productIDs[n])
		behind[n] = pipe.XRangeN(ctx, key, "("+all[n].Delivered, "+", 1)
		if all[n].Pending {
			idle[n] = pipe.XPendingExt(ctx, &redis.XPendingExtArgs{
				Stream: key, Group: i.group, Idle: minIdle, Start: "-", End: "+", Count: 1,
			})
		}
	}
	if pipe.Len() == 0 {
		return
	}
	_, execErr := pipe.Exec(ctx) // each command has its own error
	for n := range all {
		if behind[n] == nil {
			continue
		}
		a := arrivalOf(behind[n], all[n].Delivered, execErr)
		all[n].Waiting, all[n].Err = a.Any, a.Err
		if idle[n] != nil && a.Err == nil {
			all[n].Idle, all[n].Err = isIdle(idle[n])
		}
	}
}

func isIdle(reply *redis.XPendingExtCmd) (bool, error) {
	pending, err := reply.Result()
	for _, e := range pending {
		err = cmp.Or(err, checkIDs("", e.ID), Within(0, math.MaxInt64, int64(e.Idle), e.RetryCount))
	}
	if err == nil {
		err = Within(0, 1, int64(len(pending)))
	}
	return len(pending) > 0, err
}

// Join creates the groups of products at the start of their streams, and the streams too, in
// one round trip a server. It returns the error of each; a group that is there is none.
func (i *Inspector) Join(ctx context.Context, productIDs []int64) []error {
	pipe := i.client.Pipeline()
	replies := make([]*redis.StatusCmd, len(productIDs))
	for n, id := range productIDs {
		replies[n] = pipe.XGroupCreateMkStream(ctx, i.key(id), i.group, scanEnd)
	}
	_, _ = pipe.Exec(ctx) // each command has its own error
	problems := make([]error, len(productIDs))
	for n, reply := range replies {
		err := isOK(reply.Result())
		if err != nil && strings.HasPrefix(err.Error(), "BUSYGROUP") {
			err = nil
		}
		problems[n] = wrap(err, "create group %s on %s", i.group, i.key(productIDs[n]))
	}
	return problems
}
