package admission

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/internal/stream"
)

// ErrNotLoaded tells that a product has no open gate.
var ErrNotLoaded = errors.New("gate not loaded")

// ErrOutOfStep tells that a gate does not follow the books: it is of another epoch, or
// a move between the last one that it knows and the next is missing, as after Redis has
// lost something. It has to be made anew.
var ErrOutOfStep = errors.New("gate out of step")

// ErrForked tells that a gate out of step knows another move than the books under the same
// number: the books have lost their last moves, and have given out their numbers again.
var ErrForked = errors.New("gate knows other moves")

// Terms are what a product's gate admits by. Zero times are none.
type Terms struct {
	Settled      bool // without stock there is neither limit nor window
	Status       string
	PerUserLimit int64 // 0 = none
	StartsAt     time.Time
	EndsAt       time.Time
}

// Move is what PostgreSQL has decided and the gate applies, once.
type Move struct {
	Number int64
	Token  int64   // tells it from another move of the same number; 0 = not known
	After  int64   // the token of the move before; 0 = not known
	Units  int64   // to be added to what is left
	Taken  []int64 // users who hold one unit more
	Freed  []int64 // users who hold one unit less
}

// State is how a gate stands, at one moment.
type State struct {
	Epoch    int64
	Applied  int64  // number of the last move applied
	Left     int64  // units that can be admitted; below 0 after raw entries won what was admitted already
	InFlight int64  // units admitted and not known to be settled
	Run      string // the run of the Redis server that the gate was opened on
}

// Opening is what a gate is opened with.
type Opening struct {
	Terms
	Epoch    int64
	Applied  int64
	Token    int64 // of the last move applied
	Left     int64
	Run      string
	Holders  map[int64]int64  // units that users hold, those in flight included
	InFlight map[string]int64 // users of the entries that have taken a unit, by stream ID
	Waiting  map[int64]string // the latest of each user's entries that is not stored
}

// State reads a gate, ErrNotLoaded when the product has none.
func (g *Gate) State(ctx context.Context, productID int64) (State, error) {
	k := keysOf(productID)
	values, err := readScript.Run(ctx, g.client, []string{k.gate, k.inflight}).Slice()
	return stateOf(productID, values, err)
}

// stateValues is how many values read.lua answers.
const stateValues = 5

func stateOf(productID int64, values []any, err error) (State, error) {
	r := stream.NewReading(values, err, stateValues)
	if r.Absent() {
		return State{}, fmt.Errorf("product %d: %w", productID, ErrNotLoaded)
	}
	s := State{Epoch: r.Natural(), Applied: r.Natural(), Left: r.Integer(), Run: r.OptionalText(), InFlight: r.Natural()}
	if err := r.Err(); err != nil {
		return State{}, fmt.Errorf("read gate of product %d: %w", productID, err)
	}
	return s, nil
}

// Brief is what tells whether a gate is in force.
type Brief struct {
	Loaded         bool
	Epoch, Applied int64
	Token          int64 // of the last move applied, 0 = not known
	Run            string
	Err            error // the server has not answered; the rest is unknown
}

// Briefs reads the gates of products, in one round trip a server. When a server does not
// answer it returns the error, and the briefs of the products that are on others.
func (g *Gate) Briefs(ctx context.Context, productIDs []int64) ([]Brief, error) {
	pipe := g.client.Pipeline()
	replies := make([]*redis.SliceCmd, len(productIDs))
	for i, id := range productIDs {
		replies[i] = pipe.HMGet(ctx, gateKey(id), "epoch", "applied", "run", "token")
	}
	_, _ = pipe.Exec(ctx) // each command has its own error
	var err error
	briefs := make([]Brief, len(productIDs))
	for i, reply := range replies {
		if briefs[i] = briefOf(reply); briefs[i].Err != nil {
			err = fmt.Errorf("read %d gates: %w", len(productIDs), briefs[i].Err)
		}
	}
	return briefs, err
}

func briefOf(reply *redis.SliceCmd) Brief {
	values, err := reply.Result()
	r := stream.NewReading(values, err, 4)
	if r.Absent() {
		return Brief{}
	}
	b := Brief{Loaded: true, Epoch: r.Natural(), Applied: r.Natural(), Run: r.OptionalText()}
	b.Token = tokenOf(r.OptionalText(), b.Applied)
	if err := r.Err(); err != nil {
		return Brief{Err: err}
	}
	return b
}

// tokenOf reads the token of the last move, "number:token". One that stands with another
// number is of an older move: a version of the service that knows no tokens has gone on.
func tokenOf(text string, applied int64) int64 {
	number, token, _ := strings.Cut(text, ":")
	if number != strconv.FormatInt(applied, 10) {
		return 0
	}
	value, _ := strconv.ParseInt(token, 10, 64) // what is none is not known
	return value
}

// tokenText is what tokenOf reads.
func tokenText(applied, token int64) string {
	return strconv.FormatInt(applied, 10) + ":" + strconv.FormatInt(token, 10)
}

// Apply tells a gate of moves, in the order of their numbers, and of the terms as they
// are after the move of the given number. It returns the number of the last move that
// the gate knows. Moves that it knows already have no second effect.
//
// ErrNotLoaded and ErrOutOfStep, which ErrForked comes with, say that nothing was applied.
func (g *Gate) Apply(ctx context.Context, productID, epoch, through int64, terms Terms, moves []Move) (int64, error) {
	k := keysOf(productID)
	args := make([]any, 0, 8+7*len(moves))
	args = append(append(append(args, epoch, through), terms.values()...), len(moves))
	for _, m := range moves {
		args = append(args, m.Number, m.Token, m.After, m.Units)
		args = appendUsers(args, m.Taken)
		args = appendUsers(args, m.Freed)
	}
	values, err := applyScript.Run(ctx, g.client, []string{k.gate, k.holders}, args...).Slice()
	reply := stream.NewReading(values, err, 2)
	word, applied := reply.Text(), reply.Natural()
	err = reply.Err()
	switch {
	case err != nil:
	case word == "OK" && len(moves) > 0 && applied < moves[len(moves)-1].Number:
		err = fmt.Errorf("applied until move %d: %w", applied, stream.ErrReply)
	case word == "OK":
		g.stockReturned(productID)
		return applied, nil
	case word == "NOT_LOADED":
		err = ErrNotLoaded
	case word == "EPOCH", word == "GAP":
		err = fmt.Errorf("%s: %w", word, ErrOutOfStep)
	case word == "FORK":
		err = errors.Join(ErrForked, ErrOutOfStep)
	default:
		err = fmt.Errorf("word %.20q: %w", word, stream.ErrReply)
	}
	return applied, fmt.Errorf("apply %d moves to product %d: %w", len(moves), productID, err)
}

func appendUsers(args []any, users []int64) []any {
	args = append(args, len(users))
	for _, u := range users {
		args = append(args, u)
	}
	return args
}

// values are the terms in the order of the scripts: settled, status, limit, starts, ends.
func (t Terms) values() []any {
	settled := 0
	if t.Settled {
		settled = 1
	}
	return []any{settled, t.Status, t.PerUserLimit, milliseconds(t.StartsAt), milliseconds(t.EndsAt)}
}

// milliseconds rounds up: a moment within a millisecond is not over before its end, as
// in settlement, where an entry stands for the beginning of its millisecond.
func milliseconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return max(1, t.Add(time.Millisecond-1).UnixMilli())
}

// done fails unless a script has answered how many things it has done.
func done(least, most int64, reply *redis.Cmd) error {
	n, err := reply.Int64()
	if err != nil {
		return err
	}
	return stream.Within(least, most, n)
}

// Close closes a product's gate, unless it is of a later epoch.
func (g *Gate) Close(ctx context.Context, productID, epoch int64) error {
	if err := done(0, 1, closeScript.Run(ctx, g.client, []string{gateKey(productID)}, epoch)); err != nil {
		return fmt.Errorf("close gate of product %d: %w", productID, err)
	}
	return nil
}

// Shut closes a product's gate, whatever its epoch.
func (g *Gate) Shut(ctx context.Context, productID int64) error {
	return g.Close(ctx, productID, math.MaxInt64)
}

// asideLife is how long keys that were put aside wait for the gate to open.
const asideLife = 10 * time.Minute

// asidePage is how many fields are written at once.
const asidePage = 1000

// Open opens a product's gate under a new epoch. A gate that is open under this epoch or
// a later one stays as it is, and one whose books are not whole stays closed.
func (g *Gate) Open(ctx context.Context, productID int64, o Opening) error {
	k := keysOf(productID)
	holders, inflight, waiting := k.aside(o.Epoch, "holders"), k.aside(o.Epoch, "inflight"), k.aside(o.Epoch, "waiting")
	err := errors.Join(
		putAside(ctx, g.client, holders, o.Holders),
		putAside(ctx, g.client, inflight, o.InFlight),
		putAside(ctx, g.client, waiting, o.Waiting),
	)
	if err == nil {
		t := o.values()
		err = done(0, 1, openScript.Run(ctx, g.client, []string{k.gate, k.holders, k.inflight, k.waiting, holders, inflight, waiting, k.reread},
			o.Epoch, "applied", o.Applied, "left", o.Left, "run", o.Run, "token", tokenText(o.Applied, o.Token),
			"settled", t[0], "status", t[1], "limit", t[2], "starts", t[3], "ends", t[4]))
	}
	if err != nil {
		return fmt.Errorf("open gate of product %d: %w", productID, err)
	}
	return nil
}

// putAside writes a hash from the beginning.
func putAside[K int64 | string, V int64 | string](ctx context.Context, client redis.UniversalClient, key string, fields map[K]V) error {
	gone, err := client.Unlink(ctx, key).Result()
	if err == nil {
		err = stream.Within(0, 1, gone)
	}
	if err != nil || len(fields) == 0 {
		return err
	}
	for page := range slices.Chunk(slices.Collect(maps.Keys(fields)), asidePage) {
		args := append(make([]any, 0, 1+2*len(page)), int(asideLife/time.Second))
		for _, field := range page {
			args = append(args, field, fields[field])
		}
		pipe := client.Pipeline()
		reply := pipe.Eval(ctx, asideSource, []string{key}, args...)
		if _, err := pipe.Exec(ctx); err != nil {
			return err
		}
		if err := done(1, 1, reply); err != nil {
			return err
		}
	}
	return nil
}

// Correct adds a difference to what a gate has left, unless it is of another epoch, or
// has been told another move, than when the difference was found; it reports whether
// it did. A name of its own tells the gate a call that is repeated after a lost reply.
func (g *Gate) Correct(ctx context.Context, productID int64, at State, difference int64) (bool, error) {
	corrected, err := correctScript.Run(ctx, g.client, []string{gateKey(productID)},
		at.Epoch, at.Applied, difference, rand.Text()).Int64()
	if err == nil {
		err = stream.Within(0, 1, corrected)
	}
	if err != nil {
		return false, fmt.Errorf("correct gate of product %d: %w", productID, err)
	}
	return corrected == 1, nil
}
