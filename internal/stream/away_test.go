package stream_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/redis/go-redis/v9"

	"seckill/internal/stream"
)

// reply is an error reply of a server.
type reply string

func (r reply) Error() string { return string(r) }

// RedisError implements redis.Error.
func (reply) RedisError() {}

func TestWhatSaysThatRedisIsAway(t *testing.T) {
	for _, err := range []error{
		reply("LOADING Redis is loading the dataset in memory"),
		reply("BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE."),
		reply("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'."),
		reply("READONLY You can't write against a read only replica."),
		reply("NOREPLICAS Not enough good replicas to write."),
		reply("MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk."),
		reply("OOM command not allowed when used memory > 'maxmemory'."),
		reply("OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'"),
		reply("EXECABORT Transaction discarded because of previous errors."),
		reply("UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)"),
		reply("CLUSTERDOWN Hash slot not served"), reply("CLUSTERDOWN The cluster is down"),
		reply("TRYAGAIN Multiple keys request during rehashing of slot"),
		reply("MOVED 3999 127.0.0.1:6381"), reply("ASK 3999 127.0.0.1:6381"), reply("REDIRECT 127.0.0.1:6381"),
		reply("NOAUTH Authentication required."), reply("WRONGPASS invalid username-password pair or user is disabled."),
		reply("NOPERM this user has no permissions to run the 'xinfo|groups' command"),
		reply("DENIED Redis is running in protected mode"), reply("-DENIED Redis is running in protected mode"),
		reply("ERR max number of clients reached"), reply("ERR max number of clients + cluster connections reached"),
		reply("ERR DB index is out of range"),
		reply("ERR Error running script (call to f_ab): @user_script:9: @user_script: 9: -READONLY You can't write"),
		redis.ErrClosed, redis.ErrPoolTimeout, redis.ErrPoolExhausted, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed,
		context.DeadlineExceeded, &net.OpError{Op: "dial", Err: errors.New("connection refused")},
		errors.New("redis: all sentinels specified in configuration are unreachable"),
		errors.New("redis: cluster has no nodes"), errors.New(`redis: invalid reply: "nonsense"`),
		errors.New("redis: connection unusable (reply stream desynchronized)"),
	} {
		for _, wrapped := range []error{err, fmt.Errorf("read: %w", err), errors.Join(errors.New("other"), fmt.Errorf("read: %w", err))} {
			if !stream.Away(wrapped) {
				t.Errorf("%v: not away", wrapped)
			}
		}
	}
}

func TestWhatSaysNothingOfRedisBeingAway(t *testing.T) {
	for _, err := range []error{
		nil, redis.Nil, redis.TxFailedErr, context.Canceled, errors.New("other"), fmt.Errorf("read: %w", redis.Nil),
		reply("WRONGTYPE Operation against a key holding the wrong kind of value"),
		reply("NOGROUP No such key 'stream:seckill:1' or consumer group 'g1'"),
		reply("BUSYGROUP Consumer Group name already exists"), reply("BUSYKEY Target key name already exists."),
		reply("ERR syntax error"), reply("ERR The ID specified in XADD is equal or smaller than the target stream top item"),
		reply("NOSCRIPT No matching script."), reply("CROSSSLOT Keys in request don't hash to the same slot"),
	} {
		if stream.Away(err) {
			t.Errorf("%v: away", err)
		}
	}
}
