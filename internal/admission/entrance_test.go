package admission_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/internal/admission"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/internal/stream"
)

// desk is everything around an Entrance, and what it has been told.
type desk struct {
	retired  bool // the product has ended for good
	exists   bool // what Books answer
	gone     bool // the product is there until its gate is found missing
	unsure   bool // nobody can tell
	allowed  bool // what the Limiter answers
	limitErr error
	backlog  stream.Backlog

	outcomes []string
	changed  []int64
	missing  int
	limited  int
}

// Has implements admission.Books.
func (d *desk) Has(context.Context, int64) (there, sure bool) { return d.exists || d.gone, !d.unsure }

// Missing implements admission.Books.
func (d *desk) Missing(context.Context, int64) bool { d.missing++; return d.exists }

// Retired implements admission.Books.
func (d *desk) Retired(int64) bool { return d.retired }

// Allow implements admission.Limiter.
func (d *desk) Allow(context.Context, int64) (bool, error) { d.limited++; return d.allowed, d.limitErr }

// LimitedBatch implements admission.Limiter.
func (d *desk) LimitedBatch(ctx context.Context, users []int64) ([]bool, error) {
	limited := make([]bool, len(users))
	for i, user := range users {
		allowed, err := d.Allow(ctx, user)
		limited[i] = !allowed && err == nil
	}
	return limited, d.limitErr
}

// Changed implements admission.Listener.
func (d *desk) Changed(productID int64, users []int64) {
	d.changed = append(append(d.changed, productID), users...)
}

// AttemptDecided implements admission.Counter.
func (d *desk) AttemptDecided(productID int64, outcome string, _ time.Duration) {
	d.outcomes = append(d.outcomes, fmt.Sprint(productID, " ", outcome))
}

// entrance opens an entrance with a desk around it that lets everybody in.
func entrance(t *testing.T, gate *admission.Gate, change func(*desk)) (*admission.Entrance, *desk) {
	t.Helper()
	d := &desk{exists: true, allowed: true}
	if change != nil {
		change(d)
	}
	pressure := admission.NewPressure(func(_ context.Context, ids []int64) ([]stream.Backlog, error) {
		return slices.Repeat([]stream.Backlog{d.backlog}, len(ids)), nil
	})
	pressure.Delay(product)
	if err := pressure.Measure(t.Context()); err != nil {
		t.Fatal(err)
	}
	return &admission.Entrance{
		Gate: gate, Pressure: pressure, MaxDelay: 10 * time.Second, Limiter: d, Books: d, Listener: d, Counter: d,
	}, d
}

// refusal is the *seckill.Error that err is.
func refusal(t *testing.T, err error) *seckill.Error {
	t.Helper()
	known, ok := errors.AsType[*seckill.Error](err)
	if !ok {
		t.Fatalf("%v is not for a client", err)
	}
	if known.Message == "" {
		t.Errorf("%s says nothing", known.Code)
	}
	return known
}

func TestRefusalsAtTheEntrance(t *testing.T) {
	// At the assumed 2,000 a second 30,000 entries take 15 s, 20,000 exactly the 10 s
	// that are allowed.
	backlog := func(n int64) func(*desk) { return func(d *desk) { d.backlog.Waiting = n } }
	slow := func(d *desk) { d.allowed = false }
	open := func(change func(*admission.Opening)) *admission.Opening { o := active(5, 1); change(&o); return &o }
	tests := []struct {
		name    string
		desk    func(*desk)
		opening *admission.Opening
		code    seckill.Code
		retry   time.Duration
		counted string
	}{
		{"too much waits to be settled", backlog(30_000), open(func(*admission.Opening) {}), "OVERLOADED", 5 * time.Second, "7 overloaded"},
		{"as much as is allowed waits", backlog(20_000), open(func(*admission.Opening) {}), "", 0, "7 admitted"},
		{"the user is too fast", slow, open(func(*admission.Opening) {}), "RATE_LIMITED", time.Second, "7 rate_limited"},
		{"no limiter answers", func(d *desk) { d.allowed, d.limitErr = false, errors.New("away") }, open(func(*admission.Opening) {}), "", 0, "7 admitted"},
		{"the product is being loaded", nil, nil, "NOT_LOADED", time.Second, "7 not_loaded"},
		{"the product has ended for good", func(d *desk) { d.retired = true }, nil, "ENDED", 0, "7 ended"},
		{"there is no such product", func(d *desk) { d.exists = false }, nil, "PRODUCT_NOT_FOUND", 0, ""},
		{"there is no such product but a gate", func(d *desk) { d.exists = false }, open(func(*admission.Opening) {}), "PRODUCT_NOT_FOUND", 0, ""},
		{"there is no such product any more", func(d *desk) { d.exists, d.gone = false, true }, nil, "PRODUCT_NOT_FOUND", 0, ""},
		{"nobody can tell, and there is no gate", func(d *desk) { d.unsure = true }, nil, "NOT_LOADED", time.Second, ""},
		{"nobody can tell, and there is a gate", func(d *desk) { d.unsure = true }, open(func(*admission.Opening) {}), "", 0, "7 admitted"},
		{"nobody can tell, and the user is too fast", func(d *desk) { d.unsure, d.allowed = true, false }, nil, "RATE_LIMITED", time.Second, ""},
		{"nobody can tell, and there is an ended gate", func(d *desk) { d.unsure = true }, open(func(o *admission.Opening) { o.Status = "ENDED" }), "ENDED", 0, "7 ended"},
		{"sold out", nil, open(func(o *admission.Opening) { o.Left = 0 }), "SOLD_OUT", 0, "7 sold_out"},
		{"at the limit", nil, open(func(o *admission.Opening) { o.Holders = map[int64]int64{1: 1} }), "LIMIT_REACHED", 0, "7 limit_reached"},
		{"paused", nil, open(func(o *admission.Opening) { o.Status = "PAUSED" }), "PAUSED", 0, "7 paused"},
		{"ended", nil, open(func(o *admission.Opening) { o.Status = "ENDED" }), "ENDED", 0, "7 ended"},
		{"too early", nil, open(func(o *admission.Opening) { o.StartsAt = time.Now().Add(time.Hour) }), "NOT_STARTED", 0, "7 not_started"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			gate := admission.NewGate(servertest.SharedRedis(t))
			if tt.opening != nil {
				if err := gate.Open(t.Context(), product, *tt.opening); err != nil {
					t.Fatal(err)
				}
			}
			e, d := entrance(t, gate, tt.desk)
			id, err := e.Admit(t.Context(), admission.Attempt{ProductID: product, UserID: 1})
			if seckill.ErrorCode(err) != tt.code || (id == "") != (tt.code != "") {
				t.Fatalf("%q, %v; want %q", id, err, tt.code)
			}
			if tt.code != "" {
				spread := 8 * time.Second // half of the longest backlog, 15 s, at most
				if tt.retry == 0 || tt.code == "RATE_LIMITED" {
					spread = 0
				}
				if got := refusal(t, err); got.RetryAfter < tt.retry || got.RetryAfter > tt.retry+spread {
					t.Errorf("try again after %s, want %s and up to %s more", got.RetryAfter, tt.retry, spread)
				}
			}
			if got := slices.Concat(d.outcomes, []string{""})[0]; got != tt.counted || len(d.outcomes) > 1 {
				t.Errorf("counted %q, want %q", d.outcomes, tt.counted)
			}
			if want := tt.code == ""; (len(d.changed) > 0) != want {
				t.Errorf("told of changes: %v", d.changed)
			}
			if tt.counted == "" && gate.Knows(product) {
				t.Error("whoever makes up products fills the memory")
			}
		})
	}
}

// TestMadeUpProductsLeaveNothingWhileRedisIsAway, whether or not anybody can tell that they
// are made up.
func TestMadeUpProductsLeaveNothingWhileRedisIsAway(t *testing.T) {
	away := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1", MaxRetries: -1, DialerRetries: 1})
	defer func() { _ = away.Close() }()
	for name, unsure := range map[string]bool{"known to be made up": false, "while nobody can tell": true} {
		gate := admission.NewGate(away)
		e, d := entrance(t, gate, func(d *desk) { d.exists, d.unsure = false, unsure })
		for id := int64(1000); id < 1100; id++ {
			_, err := e.Admit(t.Context(), admission.Attempt{ProductID: id, UserID: 1})
			want := seckill.CodeProductNotFound
			if unsure {
				want = seckill.CodeUnavailable
			}
			if seckill.ErrorCode(err) != want {
				t.Fatalf("%s: %v, want %s", name, err, want)
			}
			if gate.Knows(id) || e.Pressure.Measures(id) {
				t.Fatalf("%s: product %d is remembered", name, id)
			}
		}
		if len(d.outcomes) != 0 {
			t.Errorf("%s: counted %v", name, d.outcomes)
		}
	}
}

// TestWhoIsTurnedAwayComesBackInTurn: the more there are, the longer they are spread.
func TestWhoIsTurnedAwayComesBackInTurn(t *testing.T) {
	gate := opened(t, servertest.SharedRedis(t), active(5, 0))
	e, _ := entrance(t, gate, func(d *desk) { d.backlog.Waiting = 30_000 })
	times := map[time.Duration]int{}
	for user := range int64(2000) {
		_, err := e.Admit(t.Context(), admission.Attempt{ProductID: product, UserID: user + 1})
		times[refusal(t, err).RetryAfter.Truncate(time.Second)]++
	}
	if len(times) < 5 {
		t.Errorf("they come back in %v", times)
	}
}

func TestWhoIsAdmittedIsTold(t *testing.T) {
	gate := opened(t, servertest.SharedRedis(t), active(5, 0))
	e, d := entrance(t, gate, nil)
	ask := admission.Attempt{ProductID: product, UserID: 3, RequestID: "r"}
	first, err := e.Admit(t.Context(), ask)
	if err != nil {
		t.Fatal(err)
	}
	// The second time everything is against it.
	d.allowed = false
	again, err := e.Admit(t.Context(), ask)
	if err != nil || again != first {
		t.Errorf("%q, %v; want %q again", again, err, first)
	}
	d.backlog.Waiting = 1 << 40
	if err := e.Pressure.Measure(t.Context()); err != nil {
		t.Fatal(err)
	}
	if again, err := e.Admit(t.Context(), ask); err != nil || again != first {
		t.Errorf("%q, %v; want %q again", again, err, first)
	}
	if !slices.Equal(d.outcomes, []string{"7 admitted", "7 repeated", "7 repeated"}) || !slices.Equal(d.changed, []int64{product, 3}) {
		t.Errorf("counted %v, changed %v", d.outcomes, d.changed)
	}
}

func TestWhoIsOverloadedAsksNoLimiter(t *testing.T) {
	gate := opened(t, servertest.SharedRedis(t), active(5, 0))
	e, d := entrance(t, gate, func(d *desk) { d.backlog.Waiting = 1 << 40; d.allowed = false })
	_, err := e.Admit(t.Context(), admission.Attempt{ProductID: product, UserID: 3, RequestID: "r"})
	if got := refusal(t, err); got.Code != seckill.CodeOverloaded || d.limited != 0 {
		t.Errorf("%v, the limiter was asked %d times", err, d.limited)
	}
	e, d = entrance(t, gate, nil)
	e.Limiter = nil
	if _, err := e.Admit(t.Context(), admission.Attempt{ProductID: product, UserID: 3}); err != nil || d.limited != 0 {
		t.Errorf("without a limiter: %v", err)
	}
}

func TestRedisIsAway(t *testing.T) {
	server := servertest.Redis(t)
	client := servertest.Client(t, server)
	clients := stream.NewClients(stream.ClientConfig{Addrs: []string{server.Addr()}}) // as in production
	defer func() { _ = clients.Close() }()
	gate := opened(t, clients.Commands, active(5, 0))
	e, d := entrance(t, gate, nil)
	if err := server.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := e.Admit(t.Context(), admission.Attempt{ProductID: product, UserID: 1, RequestID: "r"})
	if got := refusal(t, err); got.Code != seckill.CodeUnavailable || got.RetryAfter < time.Second || got.Cause == nil {
		t.Errorf("%+v", got)
	}
	if !slices.Equal(d.outcomes, []string{"7 unavailable"}) || len(d.changed) != 0 {
		t.Errorf("counted %v, changed %v", d.outcomes, d.changed)
	}
	if err := server.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	servertest.Eventually(t, "attempts are admitted again", func() bool {
		id, err := e.Admit(t.Context(), admission.Attempt{ProductID: product, UserID: 1, RequestID: "r"})
		return err == nil && id != ""
	})
	if v := look(t, client, product); v.left != 4 || len(v.entries) != 1 {
		t.Errorf("%+v", v)
	}
}

func limiterOf(t *testing.T, client redis.UniversalClient, perSecond int) *admission.UserLimiter {
	t.Helper()
	limiter, err := admission.NewUserLimiter(client, perSecond)
	if err != nil {
		t.Fatal(err)
	}
	return limiter
}

func TestUserLimiter(t *testing.T) {
	client := servertest.SharedRedis(t)
	limiter, other := limiterOf(t, client, 3), limiterOf(t, client, 3) // of two replicas
	key := "seckill:limit:5"
	if err := client.Set(t.Context(), key, 1, time.Hour).Err(); err != nil { // he has tried once, and his second is long
		t.Fatal(err)
	}
	for n, l := range []*admission.UserLimiter{limiter, other, limiter, other} {
		allowed, err := l.Allow(t.Context(), 5)
		if err != nil || allowed != (n < 2) {
			t.Errorf("attempt %d of 3: %v, %v", n+2, allowed, err)
		}
	}
	if allowed, err := limiter.Allow(t.Context(), 6); err != nil || !allowed {
		t.Errorf("another user: %v, %v", allowed, err)
	}
	if ttl := client.PTTL(t.Context(), "seckill:limit:6").Val(); ttl <= 0 || ttl > time.Second {
		t.Errorf("attempts are counted for %s", ttl)
	}
	client.Del(t.Context(), key)
	servertest.Eventually(t, "the user may try again", func() bool { ok, err := limiter.Allow(t.Context(), 5); return ok && err == nil })
}

// TestALimiterCountsWhereItsClientIs and not where go-zero's own would: in database 0.
func TestALimiterCountsWhereItsClientIs(t *testing.T) {
	options := *servertest.SharedRedis(t).Options()
	options.DB = 3
	client := redis.NewClient(&options)
	t.Cleanup(func() { _ = client.Close() })
	if allowed, err := limiterOf(t, client, 1).Allow(t.Context(), 77); err != nil || !allowed {
		t.Errorf("%v, %v", allowed, err)
	}
	if n := client.Exists(t.Context(), "seckill:limit:77").Val(); n != 1 {
		t.Error("the attempt is not counted in the client's database")
	}
}

func TestALimiterThatIsNotAnsweredSaysSo(t *testing.T) {
	limiter := limiterOf(t, servertest.SharedRedis(t), 3)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := limiter.Allow(ctx, 5); err == nil {
		t.Error("nobody has counted")
	}
}

// TestUnderEvictionNoNewRequestIDIsTaken: what it was answered with may be forgotten.
func TestUnderEvictionNoNewRequestIDIsTaken(t *testing.T) {
	client := servertest.SharedRedis(t)
	gate := opened(t, client, active(9, 0))
	e, _ := entrance(t, gate, func(*desk) {})
	before, err := e.Admit(t.Context(), admission.Attempt{ProductID: product, UserID: 1, RequestID: "before"})
	if err != nil {
		t.Fatal(err)
	}
	e.Evicts = func() string { return "volatile-lru" }
	_, err = e.Admit(t.Context(), admission.Attempt{ProductID: product, UserID: 2, RequestID: "after"})
	if seckill.ErrorCode(err) != seckill.CodeUnavailable || !strings.Contains(err.Error(), "volatile-lru") {
		t.Errorf("%v", err)
	}
	if again, err := e.Admit(t.Context(), admission.Attempt{ProductID: product, UserID: 1, RequestID: "before"}); again != before || err != nil {
		t.Errorf("what is remembered: %s, %v, want %s", again, err, before)
	}
	if _, err := e.Admit(t.Context(), admission.Attempt{ProductID: product, UserID: 3}); err != nil {
		t.Errorf("without a request ID: %v", err)
	}
	if state, err := gate.State(t.Context(), product); err != nil || state.Left != 7 {
		t.Errorf("%+v, %v", state, err)
	}
}
