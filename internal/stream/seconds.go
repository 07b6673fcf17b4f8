package stream

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// secondsLife is how long the counts of a minute are kept after they have been added to.
	secondsLife = 20 * time.Minute
	// secondsPage is how many products are counted in one round trip.
	secondsPage = 500
	// markPrefix begins the fields by which a call that is repeated is known.
	markPrefix = "="
)

// addSecondSource adds counts to the hash of a minute, once for each mark.
//
// KEYS: the hash. ARGV: mark, seconds to live, then a field and a number, again and again.
const addSecondSource = `
if redis.call('HINCRBY', KEYS[1], ARGV[1], 1) > 1 then return 0 end
for i = 3, #ARGV, 2 do redis.call('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 1`

// Seconds keeps what has happened to each product in each second, on all replicas together,
// for as long as somebody may look back. It is safe for concurrent use.
type Seconds struct {
	client redis.UniversalClient
	key    func(productID int64) string
}

// NewSeconds makes Seconds; key names a product's stream, in whose slot the counts are.
func NewSeconds(client redis.UniversalClient, key func(productID int64) string) *Seconds {
	return &Seconds{client: client, key: key}
}

// SecondCount is what one replica has counted of a product in a second.
type SecondCount struct {
	ProductID int64
	Second    int64  // Unix time
	Mark      string // of this count alone, so that it counts once however often it is added
	Names     []string
	Numbers   []int64 // of each name
}

// minuteKey is the hash that the counts of a second are in.
func (s *Seconds) minuteKey(productID, second int64) string {
	return "{" + s.key(productID) + "}:live:" + strconv.FormatInt(second/60, 10)
}

// fieldPrefix begins the fields of a second in the hash of its minute.
func fieldPrefix(second int64) string { return strconv.FormatInt(second%60, 10) + ":" }

// Add adds counts, in one round trip a server and some hundred products. Each has its own
// error; one that failed may be added again, whatever became of it.
func (s *Seconds) Add(ctx context.Context, counts []SecondCount) []error {
	problems := make([]error, len(counts))
	for from := 0; from < len(counts); from += secondsPage {
		page := counts[from:min(from+secondsPage, len(counts))]
		pipe := s.client.Pipeline()
		replies := make([]*redis.Cmd, len(page))
		for n, c := range page {
			args := append(make([]any, 0, 2+2*len(c.Names)), markPrefix+c.Mark, int(secondsLife/time.Second))
			for i, name := range c.Names {
				args = append(args, fieldPrefix(c.Second)+name, c.Numbers[i])
			}
			replies[n] = pipe.Eval(ctx, addSecondSource, []string{s.minuteKey(c.ProductID, c.Second)}, args...)
		}
		_, _ = pipe.Exec(ctx) // each command has its own error
		for n, reply := range replies {
			done, err := reply.Int64()
			if err == nil {
				err = Within(0, 1, done)
			}
			problems[from+n] = wrap(err, "count a second of product %d", page[n].ProductID)
		}
	}
	return problems
}

// SecondAsked is a second of a product that is to be read.
type SecondAsked struct{ ProductID, Second int64 }

// SecondRead is what all replicas have counted; a name that is not in it has none.
type SecondRead struct {
	Numbers map[string]int64
	Err     error // the server has not answered
}

// Read reads the numbers of the given names, of seconds of products, in one round trip a
// server.
func (s *Seconds) Read(ctx context.Context, asked []SecondAsked, names []string) []SecondRead {
	pipe := s.client.Pipeline()
	replies := make([]*redis.SliceCmd, len(asked))
	for n, a := range asked {
		fields := make([]string, len(names))
		for i, name := range names {
			fields[i] = fieldPrefix(a.Second) + name
		}
		replies[n] = pipe.HMGet(ctx, s.minuteKey(a.ProductID, a.Second), fields...)
	}
	if len(asked) > 0 {
		_, _ = pipe.Exec(ctx) // each command has its own error
	}
	read := make([]SecondRead, len(asked))
	for n, reply := range replies {
		values, err := reply.Result()
		r := NewReading(values, err, len(names))
		read[n].Numbers = map[string]int64{}
		for _, name := range names {
			if r.skipAbsent() {
				continue
			}
			number := r.Natural()
			if Within(0, mostEntries, number) != nil {
				r.fail("a count")
			}
			read[n].Numbers[name] = number
		}
		read[n].Err = wrap(r.Err(), "read a second of product %d", asked[n].ProductID)
	}
	return read
}

// skipAbsent passes over the next value if it is nil, or cannot be read.
func (r *Reading) skipAbsent() bool {
	if r.Absent() {
		r.at++
		return true
	}
	return r.err != nil
}

// History reads the seconds of a product from one to another, both included, in one round
// trip: by second, what has been counted. Seconds in which nothing was counted are not in it.
func (s *Seconds) History(ctx context.Context, productID, from, to int64) (map[int64]map[string]int64, error) {
	pipe := s.client.Pipeline()
	var replies []*redis.MapStringStringCmd
	for minute := from / 60; minute <= to/60; minute++ {
		replies = append(replies, pipe.HGetAll(ctx, s.minuteKey(productID, minute*60)))
	}
	_, execErr := pipe.Exec(ctx)
	history := map[int64]map[string]int64{}
	for n, reply := range replies {
		fields, err := reply.Result()
		if err == nil && fields == nil { // not answered at all
			err = execErr
		}
		if err == nil {
			err = addMinute(history, (from/60+int64(n))*60, from, to, fields)
		}
		if err != nil {
			return nil, fmt.Errorf("read the last minutes of product %d: %w", productID, err)
		}
	}
	return history, nil
}

// addMinute adds the seconds of a minute that are within from and to.
func addMinute(history map[int64]map[string]int64, minute, from, to int64, fields map[string]string) error {
	for field, text := range fields {
		if strings.HasPrefix(field, markPrefix) {
			continue
		}
		place, name, found := strings.Cut(field, ":")
		second, err := strconv.ParseInt(place, 10, 64)
		number, numberErr := strconv.ParseInt(text, 10, 64)
		if !found || err != nil || numberErr != nil || second < 0 || second >= 60 || number < 0 || number > mostEntries {
			return fmt.Errorf("field %.40q of a minute: %w", field, ErrReply)
		}
		if second += minute; second < from || second > to {
			continue
		}
		if history[second] == nil {
			history[second] = map[string]int64{}
		}
		history[second][name] = number
	}
	return nil
}
