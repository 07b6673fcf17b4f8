package stream

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// claimPage is the most entries that one script takes over: Redis does nothing else
// meanwhile, and Lua unpacks 8,000 values at the most.
const claimPage = 1000

// claimScript takes over what has been pending for long, and finds what exists no longer.
// XAUTOCLAIM and XCLAIM would drop the latter from the pending list at once, and with it
// all that is known of it, should the process die before it is written down. Here it
// stays pending until it is acknowledged, like all else.
//
// KEYS: stream. ARGV: group, consumer, milliseconds, where the scan begins, count.
// Answers where the next scan goes on, the entries, and the IDs of those that are gone.
var claimScript = redis.NewScript(`
local pending = redis.pcall('XPENDING', KEYS[1], ARGV[1], 'IDLE', ARGV[3], ARGV[4], '+', ARGV[5])
if pending.err then
  return pending
end
local there, gone, entries = {}, {}, {}
for _, entry in ipairs(pending) do
  local id = entry[1]
  if #redis.call('XRANGE', KEYS[1], id, id) == 0 then
    gone[#gone + 1] = id
  else
    there[#there + 1] = id
  end
end
if #there > 0 then
  entries = redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], ARGV[3], unpack(there))
end
local next = '0-0'
if #pending == tonumber(ARGV[5]) then
  next = '(' .. pending[#pending][1]
end
return {next, entries, gone}`)

// Claim takes over up to count entries that have been pending for minIdle or
// longer, whoever their consumer is, scanning the group's pending list from
// start. It returns where the next scan goes on; "0-0" means that the list has
// been seen to its end. Messages that exist no longer are reported, and stay in the
// pending list until they are acknowledged.
func (r *Reader) Claim(ctx context.Context, start string, minIdle time.Duration, count int) (Batch, string, error) {
	reply, err := claimScript.Run(ctx, r.commands, []string{r.key},
		r.group, r.consumer, minIdle.Milliseconds(), start, min(count, claimPage)).Slice()
	if err != nil {
		return Batch{}, "", fmt.Errorf("take over pending entries of %s: %w", r.key, err)
	}
	batch, next, ok := claimed(reply)
	if !ok {
		return Batch{}, "", fmt.Errorf("take over pending entries of %s: %w: %.200v", r.key, ErrReply, reply)
	}
	if err := batch.check(start, next, count); err != nil {
		return Batch{}, "", fmt.Errorf("take over pending entries of %s: %w", r.key, err)
	}
	return batch, next, r.confirmLost(ctx, batch.Lost)
}

// scanEnd is where the scan of a pending list ends, and "0-0" where it begins.
const scanEnd = FirstID + "-0"

// check fails unless what was taken over is in order, and the scan goes on behind start:
// else it would never end. There are at most count of them.
func (b *Batch) check(start, next string, count int) error {
	if err := Within(0, int64(count), int64(len(b.Entries)+len(b.Lost))); err != nil {
		return err
	}
	last := ""
	for _, e := range b.Entries {
		if err := checkIDs(last, e.ID); err != nil {
			return err
		}
		last = e.ID
	}
	if err := checkIDs("", b.Lost...); err != nil {
		return err
	}
	if next == scanEnd {
		return nil
	}
	return checkIDs(strings.TrimPrefix(start, "("), strings.TrimPrefix(next, "("))
}

// claimed reads the answer of the script; it reports false of any other shape.
func claimed(reply []any) (batch Batch, next string, ok bool) {
	if len(reply) != 3 {
		return Batch{}, "", false
	}
	next, ok = reply[0].(string)
	entries, isList := reply[1].([]any)
	gone, isGone := reply[2].([]any)
	if !ok || !isList || !isGone || next == "" {
		return Batch{}, "", false
	}
	for _, e := range entries {
		entry, valid := entryOf(e)
		if !valid {
			return Batch{}, "", false
		}
		batch.Entries = append(batch.Entries, entry)
	}
	for _, id := range gone {
		text, valid := id.(string)
		if !valid {
			return Batch{}, "", false
		}
		batch.Lost = append(batch.Lost, text)
	}
	return batch, next, true
}

// entryOf reads an entry as Redis tells it, an ID and its fields with their values.
func entryOf(reply any) (Entry, bool) {
	pair, _ := reply.([]any)
	if len(pair) != 2 {
		return Entry{}, false
	}
	id, isID := pair[0].(string)
	fields, isList := pair[1].([]any)
	if !isID || !isList || len(fields) == 0 || len(fields)%2 != 0 {
		return Entry{}, false
	}
	entry := Entry{ID: id, Fields: make(map[string]any, len(fields)/2)}
	for i := 0; i < len(fields); i += 2 {
		name, isName := fields[i].(string)
		if !isName {
			return Entry{}, false
		}
		entry.Fields[name] = fields[i+1]
	}
	return entry, true
}
