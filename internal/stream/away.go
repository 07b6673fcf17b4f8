package stream

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
)

// awaySentinels are the errors with which go-redis, and what it is built on, say that a
// server, or the way to it, is not there.
var awaySentinels = []error{
	context.DeadlineExceeded, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed,
	redis.ErrClosed, redis.ErrPoolTimeout, redis.ErrPoolExhausted,
	ErrReply, // what answers is no Redis, or its answers are garbled
}

// awayCodes are the codes with which Redis says that it cannot serve now, or not us, or
// not as it is set up, as found in its sources (shared error replies of server.c, and the
// files that are named): the same command may succeed later, without a change of ours.
var awayCodes = []string{
	"LOADING",      // reads its data after a start
	"BUSY",         // runs a script or a module's command that takes long
	"MASTERDOWN",   // a replica that has lost its master
	"NOMASTERLINK", // the same of a command that needs the link
	"READONLY",     // a replica
	"REDIRECT",     // a replica of Valkey that sends its clients on
	"NOREPLICAS",   // fewer replicas than min-replicas-to-write
	"MISCONF",      // cannot save to disk
	"OOM",          // at maxmemory
	"EXECABORT",    // a transaction of which a command was refused for one of these reasons
	"UNBLOCKED",    // a read that blocked while the server became a replica (or lost the key)
	"CLUSTERDOWN",  // a cluster without a majority, or whose slot nobody serves
	"TRYAGAIN",     // a slot that is being moved
	"MOVED", "ASK", // a slot that stays somewhere else, after every redirection was followed
	"INPROG",                                                     // a failover is under way
	"IOERR",                                                      // a MIGRATE or a cluster link that broke
	"NOAUTH",                                                     // wants a password
	"WRONGPASS",                                                  // refuses the one it was given
	"NOPERM",                                                     // an ACL user with too few rights
	"DENIED",                                                     // protected mode
	"NOPROTO",                                                    // does not speak the version of the protocol
	"max number of cli",                                          // "ERR max number of clients reached", and "… + cluster connections reached"
	"invalid password",                                           // "ERR invalid password" of older servers
	"DB index is out of",                                         // "ERR DB index is out of range"
	"Server closed",                                              // proxies: what is behind them is gone
	"Connection refused", "Connection timed out", "Host is down", // twemproxy, of what is behind it
	"no upstream host", "upstream failure", "upstream protocol", // Envoy, the same
}

// Away reports whether err says that Redis, or the way to it, is away, or that it serves
// nobody or takes no writes now: nothing that an entry, a request or a product has caused,
// so that the same may succeed later. A context that was cancelled says nothing of Redis.
func Away(err error) bool {
	if err == nil || errors.Is(err, redis.Nil) || errors.Is(err, redis.TxFailedErr) {
		return false
	}
	if slices.ContainsFunc(awaySentinels, func(sentinel error) bool { return errors.Is(err, sentinel) }) {
		return true
	}
	if _, network := errors.AsType[net.Error](err); network {
		return true
	}
	if _, number := errors.AsType[*strconv.NumError](err); number {
		return true // a text in place of a number: go-redis passes that on as it is
	}
	return awayCode(err) != ""
}

// awayCode returns what of awayCodes, or of go-redis's own words, an error in the chain of
// err begins with, "" when none does.
func awayCode(err error) string {
	var found string
	walk(err, func(e error) bool {
		found = codeOf(e)
		return found != ""
	})
	return found
}

// codeOf looks at one error alone. What go-redis makes itself and does not export begins
// with "redis: ": no Sentinel is reached, a cluster has no nodes, a connection is not
// usable, a reply is none of the protocol's.
func codeOf(err error) string {
	text := err.Error()
	var reply redis.Error
	if _, isReply := err.(redis.Error); !isReply { //nolint:errorlint // the chain is walked by the caller
		if !errors.As(err, &reply) && strings.HasPrefix(text, "redis: ") {
			return "redis"
		}
		return ""
	}
	text = strings.TrimPrefix(strings.TrimPrefix(text, "-"), "ERR ")
	for _, code := range awayCodes {
		if strings.HasPrefix(text, code) && endsWord(text[len(code):]) {
			return code
		}
		// Redis 6 wraps what a command in a script was answered with.
		if strings.HasPrefix(text, "Error running script") && strings.Contains(text, ": -"+code+" ") {
			return code
		}
	}
	return ""
}

// endsWord reports whether a code ends where rest begins: BUSY is not BUSYGROUP.
func endsWord(rest string) bool {
	return rest == "" || rest[0] < 'A' || rest[0] > 'Z'
}

// walk calls look with every error in the chain of err until it returns true.
func walk(err error, look func(error) bool) bool {
	for err != nil {
		if look(err) {
			return true
		}
		switch wrapped := err.(type) { //nolint:errorlint // this is the walk itself
		case interface{ Unwrap() error }:
			err = wrapped.Unwrap()
		case interface{ Unwrap() []error }:
			return slices.ContainsFunc(wrapped.Unwrap(), func(e error) bool { return walk(e, look) })
		default:
			return false
		}
	}
	return false
}

// Refused reports whether err is an answer of Redis, of whatever kind: an error, or a nil
// where none was looked for. Nobody who sends us a request can cause one; it is of our
// servers, or of what somebody has done there.
func Refused(err error) bool { return errors.As(err, new(redis.Error)) }
