package stream

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/internal/seckill"
)

// FirstID is where a group begins: the start of the stream. Never "$": what was
// written before the group existed must be consumed too.
const FirstID = "0"

// Entry is one message of a stream. The values of Fields are strings.
type Entry struct {
	ID     string
	Fields map[string]any
}

// Batch is what one command delivered: entries, and the IDs of messages that were
// pending but exist no longer (deleted or trimmed before they were acknowledged).
// Those are lost unless they have been stored meanwhile: whoever reads the batch
// finds out, records the lost ones and acknowledges all.
type Batch struct {
	Entries []Entry
	Lost    []string
}

// Reader is one consumer of one group on one stream. It is safe for concurrent
// use, as the client is.
type Reader struct {
	commands redis.UniversalClient
	blocking redis.UniversalClient
	key      string
	group    string
	consumer string
}

// NewReader makes a reader. Blocking reads go through blocking, a client with a
// connection pool of its own, so that they never keep acknowledgements waiting.
func NewReader(commands, blocking redis.UniversalClient, key, group, consumer string) *Reader {
	return &Reader{commands: commands, blocking: blocking, key: key, group: group, consumer: consumer}
}

// Key returns the name of the stream.
func (r *Reader) Key() string { return r.key }

// Group returns the name of the consumer group.
func (r *Reader) Group() string { return r.group }

// Consumer returns the name of this consumer in the group.
func (r *Reader) Consumer() string { return r.consumer }

// Join finds the group, or creates it at the start of the stream, and the stream too. To
// find it first matters at maxmemory: Redis refuses to create even a group that is there.
func (r *Reader) Join(ctx context.Context) error {
	_, err := pendingOf(ctx, r.commands, r.key, r.group)
	if err == nil || !isNoGroup(err) {
		return wrap(err, "look for group %s on %s", r.group, r.key)
	}
	err = isOK(r.commands.XGroupCreateMkStream(ctx, r.key, r.group, scanEnd).Result())
	if awayCode(err) == "OOM" { // what waits in the stream has to drain all the same
		err = isOK(createGroup.Run(ctx, r.commands, []string{r.key}, r.group, scanEnd).Text())
	}
	if err != nil && strings.HasPrefix(err.Error(), "BUSYGROUP") {
		return nil
	}
	return wrap(err, "create group %s on %s", r.group, r.key)
}

// createGroup creates a group at maxmemory. A script that has written once, if in vain,
// may write on.
var createGroup = redis.NewScript(`
redis.call('XACK', KEYS[1], ARGV[1], '0-1')
return redis.pcall('XGROUP', 'CREATE', KEYS[1], ARGV[1], ARGV[2], 'MKSTREAM')`)

// wrap adds the operation that failed to an error, if it is one.
func wrap(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf(format+": %w", append(args, err)...)
}

// Read delivers up to count new entries, and waits up to block for the first of
// them. An empty batch means that none came. count must be at least 1: to Redis,
// COUNT 0 means everything.
func (r *Reader) Read(ctx context.Context, count int, block time.Duration) (Batch, error) {
	return r.read(ctx, r.blocking, ">", count, block)
}

// ReadOwnPending delivers again up to count entries that this consumer was given
// before and has not acknowledged, those after the given ID ([FirstID] for all).
func (r *Reader) ReadOwnPending(ctx context.Context, after string, count int) (Batch, error) {
	return r.read(ctx, r.commands, after, count, -1)
}

func (r *Reader) read(ctx context.Context, client redis.UniversalClient, id string, count int,
	block time.Duration) (Batch, error) {
	if count < 1 {
		return Batch{}, fmt.Errorf("read %s: count %d is below 1", r.key, count)
	}
	streams, err := client.XReadGroup(ctx, &redis.XReadGroupArgs{
		Group: r.group, Consumer: r.consumer, Streams: []string{r.key, id},
		Count: int64(count), Block: block,
	}).Result()
	if errors.Is(err, redis.Nil) {
		return Batch{}, nil
	}
	if err != nil {
		return Batch{}, fmt.Errorf("read %s: %w", r.key, err)
	}
	if len(streams) > 1 || len(streams) == 1 && streams[0].Stream != r.key {
		return Batch{}, fmt.Errorf("read %s: entries of another stream: %w", r.key, ErrReply)
	}
	var batch Batch
	for _, s := range streams {
		batch.add(s.Messages)
		if id != ">" {
			err = checkBatch(id, s.Messages)
		} else if err = checkBatch("", s.Messages); err == nil && len(batch.Lost) > 0 {
			err = fmt.Errorf("new entries without fields: %w", ErrReply)
		}
		err = cmp.Or(err, Within(0, int64(count), int64(len(s.Messages))))
	}
	if err != nil {
		return Batch{}, fmt.Errorf("read %s: %w", r.key, err)
	}
	return batch, r.confirmLost(ctx, batch.Lost)
}

// checkBatch fails unless the messages are in order and after the given ID.
func checkBatch(after string, messages []redis.XMessage) error {
	for _, m := range messages {
		if err := checkIDs(after, m.ID); err != nil {
			return err
		}
		after = m.ID
	}
	return nil
}

// confirmLost fails when a message that was reported as deleted is there. Who is told of
// a lost message writes that down and acknowledges it: one garbled answer must not do.
func (r *Reader) confirmLost(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	pipe := r.commands.Pipeline()
	found := make([]*redis.XMessageSliceCmd, len(ids))
	for n, id := range ids {
		found[n] = pipe.XRange(ctx, r.key, id, id)
	}
	_, _ = pipe.Exec(ctx) // each command has its own error
	for n, id := range ids {
		messages, err := found[n].Result()
		if err == nil && len(messages) > 0 {
			err = ErrReply
		}
		if err != nil {
			return fmt.Errorf("entry %s of %s is said to be deleted: %w", id, r.key, err)
		}
	}
	return nil
}

// Ack acknowledges entries, all in one command, and notes beside it that mark, an entry
// that this consumer has just stored, is stored; "" notes nothing. Acknowledging twice is
// harmless.
func (r *Reader) Ack(ctx context.Context, ids []string, mark string) error {
	if len(ids) == 0 {
		return nil
	}
	var noted *redis.IntCmd
	pipe := r.commands.Pipeline()
	if mark != "" {
		noted = pipe.HSet(ctx, storedKey(r.key), r.consumer, mark)
	}
	acked := pipe.XAck(ctx, r.key, r.group, ids...)
	_, execErr := pipe.Exec(ctx)
	n, err := acked.Result()
	if err == nil && noted != nil && awayCode(noted.Err()) != "OOM" { // then the mark before stays, which is as true
		err = within(0, 1, noted)
	}
	if err == nil && n == 0 && execErr != nil && awayCode(execErr) != "OOM" {
		err = execErr // it may not have been answered at all
	}
	if err == nil {
		err = Within(0, int64(len(ids)), n)
	}
	return wrap(err, "acknowledge %d entries of %s", len(ids), r.key)
}

// add sorts messages into entries and lost ones: a pending message that exists no
// longer is delivered with its ID and no fields, which no real entry can lack.
func (b *Batch) add(messages []redis.XMessage) {
	if b.Entries == nil {
		b.Entries = make([]Entry, 0, len(messages))
	}
	for _, m := range messages {
		if len(m.Values) == 0 {
			b.Lost = append(b.Lost, m.ID)
			continue
		}
		b.Entries = append(b.Entries, Entry{ID: m.ID, Fields: m.Values})
	}
}

// IsNoGroup reports whether err says that the stream or its group is gone, as
// after a flush, a failover to an empty replica, or the deletion of the key during
// a blocking read.
func IsNoGroup(err error) bool {
	for ; err != nil; err = errors.Unwrap(err) {
		text := err.Error()
		if strings.HasPrefix(text, "NOGROUP") || strings.HasPrefix(text, "UNBLOCKED") {
			return true
		}
	}
	return false
}

// LastID returns the ID of the last message of a batch, lost or not, "" of an
// empty batch.
func (b *Batch) LastID() string {
	var last seckill.StreamID
	found := false
	for _, e := range b.Entries {
		last, found = higher(last, parseID(e.ID)), true
	}
	for _, id := range b.Lost {
		last, found = higher(last, parseID(id)), true
	}
	if !found {
		return ""
	}
	return last.String()
}
