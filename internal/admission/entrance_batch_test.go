package admission_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/internal/admission"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// codes are what a batch was answered with; "" = admitted.
func codes(all []admission.Admitted) []seckill.Code {
	found := make([]seckill.Code, len(all))
	for i, one := range all {
		if found[i] = seckill.ErrorCode(one.Err); (found[i] == "") != (one.StreamID != "") {
			found[i] = "BOTH"
		}
	}
	return found
}

func TestABatchIsCountedAndToldByItsAttempts(t *testing.T) {
	gate := opened(t, servertest.SharedRedis(t), active(3, 1))
	e, d := entrance(t, gate, nil)
	got := codes(e.AdmitBatch(t.Context(), product, []admission.Attempt{
		{UserID: 1, RequestID: "a"}, {UserID: 2}, {UserID: 1, RequestID: "a"}, {UserID: 2}, {UserID: 3}, {UserID: 4},
	}))
	if want := []seckill.Code{"", "", "", "LIMIT_REACHED", "", "SOLD_OUT"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	want := []string{"7 admitted", "7 admitted", "7 repeated", "7 limit_reached", "7 admitted", "7 sold_out"}
	if !slices.Equal(d.outcomes, want) {
		t.Errorf("counted %q, want %q", d.outcomes, want)
	}
	if !slices.Equal(d.changed, []int64{product, 1, 2, 3}) {
		t.Errorf("told of %v, want the three who are admitted, at once", d.changed)
	}
}

// TestABatchIsRefusedAsEachWouldBe, whatever refuses it.
func TestABatchIsRefusedAsEachWouldBe(t *testing.T) {
	open := active(5, 1)
	paused := active(5, 1)
	paused.Status = "PAUSED"
	for name, tt := range map[string]struct {
		desk    func(*desk)
		opening *admission.Opening
		code    seckill.Code
		retry   bool
		missing int
		counted string
	}{
		"no such product":          {desk: func(d *desk) { d.exists = false }, code: "PRODUCT_NOT_FOUND"},
		"no such product any more": {desk: func(d *desk) { d.exists, d.gone = false, true }, code: "PRODUCT_NOT_FOUND", missing: 1},
		"nobody can tell":          {desk: func(d *desk) { d.unsure = true }, code: "NOT_LOADED", retry: true},
		"being loaded":             {code: "NOT_LOADED", retry: true, missing: 1, counted: "7 not_loaded"},
		"ended for good":           {desk: func(d *desk) { d.retired = true }, code: "ENDED", missing: 1, counted: "7 ended"},
		"paused":                   {opening: &paused, code: "PAUSED", counted: "7 paused"},
		"too much waits":           {desk: func(d *desk) { d.backlog.Waiting = 1 << 40 }, opening: &open, code: "OVERLOADED", retry: true, counted: "7 overloaded"},
		"too fast":                 {desk: func(d *desk) { d.allowed = false }, opening: &open, code: "RATE_LIMITED", retry: true, counted: "7 rate_limited"},
	} {
		t.Run(name, func(t *testing.T) {
			gate := admission.NewGate(servertest.SharedRedis(t))
			if tt.opening != nil {
				if err := gate.Open(t.Context(), product, *tt.opening); err != nil {
					t.Fatal(err)
				}
			}
			e, d := entrance(t, gate, tt.desk)
			all := e.AdmitBatch(t.Context(), product, []admission.Attempt{{UserID: 1}, {UserID: 2, RequestID: "r"}, {UserID: 3}})
			for i, one := range all {
				if got := refusal(t, one.Err); got.Code != tt.code || (got.RetryAfter > 0) != tt.retry {
					t.Errorf("item %d: %s, again after %s", i, got.Code, got.RetryAfter)
				}
			}
			want := slices.Repeat([]string{tt.counted}, 3)
			if tt.counted == "" {
				want = nil
			}
			if !slices.Equal(d.outcomes, want) || len(d.changed) > 0 || d.missing != tt.missing {
				t.Errorf("counted %q, told %v, the books were asked %d times", d.outcomes, d.changed, d.missing)
			}
			if tt.counted == "" && gate.Knows(product) {
				t.Error("whoever makes up products fills the memory")
			}
		})
	}
}

// TestNobodyCanTellButTheGateOfABatch: its answer proves that there is the product.
func TestNobodyCanTellButTheGateOfABatch(t *testing.T) {
	gate := opened(t, servertest.SharedRedis(t), active(1, 0))
	e, d := entrance(t, gate, func(d *desk) { d.unsure = true })
	e.AdmitBatch(t.Context(), product, users(2))
	if !slices.Equal(d.outcomes, []string{"7 admitted", "7 sold_out"}) {
		t.Errorf("counted %q", d.outcomes)
	}
}

func TestRedisIsAwayFromABatch(t *testing.T) {
	away := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1", MaxRetries: -1, DialerRetries: 1})
	defer func() { _ = away.Close() }()
	e, d := entrance(t, admission.NewGate(away), nil)
	for _, one := range e.AdmitBatch(t.Context(), product, users(300)) {
		if got := refusal(t, one.Err); got.Code != seckill.CodeUnavailable || got.RetryAfter < time.Second || got.Cause == nil {
			t.Fatalf("%+v", got)
		}
	}
	if len(d.outcomes) != 300 || d.outcomes[0] != "7 unavailable" || len(d.changed) != 0 {
		t.Errorf("counted %d, told %v", len(d.outcomes), d.changed)
	}
	e.Objects = func() string { return "Redis is a proxy" }
	if got := codes(e.AdmitBatch(t.Context(), product, users(2))); got[0] != "UNAVAILABLE" || got[1] != "UNAVAILABLE" {
		t.Errorf("what Redis says is not worked with: %q", got)
	}
}

// TestALimiterTakesABatchInTheOrderOfItsAttempts, nearly all in one round trip, and counts it
// with what came alone.
func TestALimiterTakesABatchInTheOrderOfItsAttempts(t *testing.T) {
	client := servertest.SharedRedis(t)
	limiter := limiterOf(t, client, 2)
	for user, tried := range map[int]int{5: 1, 6: 0, 7: 2} {
		if err := client.Set(t.Context(), fmt.Sprint("seckill:limit:", user), tried, time.Hour).Err(); err != nil {
			t.Fatal(err)
		}
	}
	trips := &pipelines{}
	client.AddHook(trips)
	limited, err := limiter.LimitedBatch(t.Context(), []int64{5, 6, 5, 7, 6, 5, 6})
	if want := []bool{false, false, true, true, false, true, true}; err != nil || !slices.Equal(limited, want) {
		t.Errorf("%v, %v; want %v", limited, err, want)
	}
	for user, want := range map[int]int{5: 4, 6: 3, 7: 3} {
		if n, err := client.Get(t.Context(), fmt.Sprint("seckill:limit:", user)).Int(); err != nil || n != want {
			t.Errorf("user %d is counted %d times, want %d (%v)", user, n, want, err)
		}
	}
	if trips.commands < 1 || trips.commands > 2 || trips.pipelines != 1 { // two when the script was not known
		t.Errorf("%d pipelines and %d commands by themselves", trips.pipelines, trips.commands)
	}
}

// pipelines counts pipelines of scripts, and scripts that go alone.
type pipelines struct{ pipelines, commands int }

func (*pipelines) DialHook(next redis.DialHook) redis.DialHook { return next }

func (p *pipelines) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if strings.HasPrefix(cmd.Name(), "eval") {
			p.commands++
		}
		return next(ctx, cmd)
	}
}

func (p *pipelines) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		if strings.HasPrefix(cmds[0].Name(), "eval") {
			p.pipelines++
		}
		return next(ctx, cmds)
	}
}

func TestALimiterThatIsAwayLimitsNobodyOfABatch(t *testing.T) {
	away := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1", MaxRetries: -1, DialerRetries: 1})
	defer func() { _ = away.Close() }()
	limited, err := limiterOf(t, away, 1).LimitedBatch(t.Context(), []int64{1, 1, 2})
	if err == nil || !slices.Equal(limited, []bool{false, false, false}) {
		t.Errorf("%v, %v", limited, err)
	}
}
