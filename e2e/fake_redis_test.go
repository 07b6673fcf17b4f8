package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/internal/auth"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// lieTime is for how long the Redis of the test lies.
const lieTime = time.Minute

// lies is the load on a service whose Redis answers nonsense.
type lies struct {
	*site

	process *process
	liar    *servertest.Liar
	users   atomic.Int64
	tally   tally
	answers sync.Map // "GET path 200": *atomic.Int64
}

// seedOf is the seed of a test, SECKILL_TEST_SEED or another one each time.
func seedOf(t *testing.T) uint64 {
	t.Helper()
	seed, err := strconv.ParseUint(os.Getenv("SECKILL_TEST_SEED"), 10, 64)
	if err != nil {
		seed = rand.Uint64()
	}
	t.Logf("SECKILL_TEST_SEED=%d", seed)
	return seed
}

// TestARedisThatAnswersNonsense: nothing that Redis answers ends the process or makes it
// answer 500; it waits, says what is wrong, and goes on alone.
func TestARedisThatAnswersNonsense(t *testing.T) {
	s := newSite(t)
	l := &lies{site: s, liar: servertest.NewLiar(t, s.redis.Addr(), seedOf(t))}
	l.process = s.startAt(l.liar.Addr, "a", "Admission: {PerUserPerSecond: 100}")
	l.process.ready()
	l.process.sell(2, `"stockTotal": 3000, "perUserLimit": 2, "paymentWindowSeconds": 600`)
	l.process.sell(3, `"stockTotal": 50, "perUserLimit": 0, "paymentWindowSeconds": 5`)
	stop := l.load()
	length := lieTime
	if testing.Short() {
		length /= 4
	}
	end := time.Now().Add(length)
	for n := 0; time.Now().Before(end); n++ {
		chance := []float64{0.01, 0.3, 0.05, 0, 0.9}[n%5]
		l.liar.Lie(func([]string) float64 { return chance })
		time.Sleep(2 * time.Second) // a phase of what is to be endured
		if n%5 == 4 {
			l.liar.CutAll() // all are made anew, of which each has something to answer
		}
	}
	l.liar.Lie(func([]string) float64 { return 1 })
	servertest.Eventually(t, "what is wrong is said", func() bool {
		return strings.Contains(l.process.readiness(), "redis (") && strings.Contains(l.process.output.String(), "redis: ")
	})
	l.liar.BeHonest()
	stop()
	l.recovers()
}

// recovers checks what is left when the Redis has become honest.
func (l *lies) recovers() {
	l.t.Helper()
	l.process.ready()
	for _, product := range []int{2, 3} {
		l.process.do(fmt.Sprintf("/%d/resume", product), "") // the load may have ended with a pause
		began := time.Now()
		servertest.Eventually(l.t, fmt.Sprintf("all of product %d is settled", product), func() bool {
			last := l.process.books(product)
			done := l.isDrained(product) && last.RedisLeft != nil && *last.InFlight == 0 && *last.PendingMoves == 0
			if !done && time.Since(began) > 50*time.Second {
				_ = l.process.command.Process.Signal(syscall.SIGQUIT) // it says where it hangs
				<-l.process.done
				groups, err := l.client.XInfoGroups(l.t.Context(), seckill.StreamKey(int64(product))).Result()
				l.t.Fatalf("product %d: %s, %+v %v", product, last, groups, err)
			}
			return done
		})
		// What read.lua answers is believed if it is of the right shape: a repair that was told
		// a wrong number has corrected by it. Another one makes that good; nothing was sold twice.
		l.process.do(fmt.Sprintf("/%d/books/repair", product), "")
		b := l.quiet(product, l.process)
		l.t.Log(b)
	}
	l.admittedAreFinal(2, &l.tally)
	if got := l.process.try(2, 5_000_000, "last"); !got.admitted() && got.Code != "SOLD_OUT" {
		l.t.Errorf("afterwards: %+v", got)
	}
	if text := l.process.output.String(); strings.Contains(text, "goroutine ") || strings.Contains(text, "runtime error") && !strings.Contains(text, "on which go-redis panics") {
		l.t.Error("a panic, or something like it")
	}
	var kinds []string
	l.answers.Range(func(key, count any) bool {
		name, _ := key.(string)
		kinds = append(kinds, fmt.Sprint(name, ": ", count.(*atomic.Int64).Load()))
		if strings.HasSuffix(name, " 500") {
			l.t.Error(kinds[len(kinds)-1])
		}
		return true
	})
	slices.Sort(kinds)
	l.t.Logf("%d lies; %s\n%s", l.liar.Told(), &l.tally, strings.Join(kinds, "\n"))
	if l.liar.Told() < 300 || l.tally.admitted() < 50 {
		l.t.Error("there was hardly any load")
	}
}

// call sends a request and counts its status.
func (l *lies) call(ctx context.Context, method, path, body string) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, l.process.address+path, strings.NewReader(body))
	if err != nil {
		l.t.Error(err)
		return
	}
	role := or(strings.HasPrefix(path, "/admin"), "operator", "bff")
	token, err := auth.IssueToken(secret, "tester", role, time.Hour)
	if err != nil {
		l.t.Error(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := web.Do(request)
	if err != nil {
		return
	}
	defer func() { _ = response.Body.Close() }()
	l.count(method, path, response.StatusCode)
}

var numbers = regexp.MustCompile(`[0-9]+`)

func (l *lies) count(method, path string, status int) {
	count, _ := l.answers.LoadOrStore(fmt.Sprint(method, " ", numbers.ReplaceAllString(path, "N"), " ", status), &atomic.Int64{})
	count.(*atomic.Int64).Add(1)
}

// load begins all that the service is asked.
func (l *lies) load() (stop func()) {
	ctx, cancel := context.WithTimeout(l.t.Context(), 3*time.Minute)
	var group sync.WaitGroup
	again := func(pause time.Duration, do func()) {
		group.Go(func() {
			for ctx.Err() == nil {
				do()
				time.Sleep(pause) // a rate
			}
		})
	}
	for range 4 {
		again(5*time.Millisecond, func() { l.buy(2) })
	}
	again(5*time.Millisecond, func() { l.buy(3) })
	again(2*time.Millisecond, func() {
		values := []any{"uid", 1_000_000 + rand.IntN(2000)}
		_ = l.client.XAdd(ctx, &redis.XAddArgs{Stream: seckill.StreamKey(int64(1 + rand.IntN(2))), Values: values}).Err()
	})
	for _, way := range []string{"cancel", "pay"} {
		again(20*time.Millisecond, func() {
			var order int64
			err := l.pool.QueryRow(ctx, "SELECT id FROM seckill_orders WHERE status = 'PENDING_PAYMENT' ORDER BY random() LIMIT 1").Scan(&order)
			if err == nil {
				l.call(ctx, http.MethodPost, fmt.Sprintf("/api/v1/orders/%d/%s", order, way), `{"paymentRef": "p"}`)
			}
		})
	}
	for _, path := range []string{
		"/admin/v1/streams", "/admin/v1/streams/2", "/admin/v1/streams/2/pending", "/admin/v1/products/2/books", "/readyz", "/healthz",
		"/admin/v1/products/2", "/admin/v1/products",
	} {
		again(100*time.Millisecond, func() { l.call(ctx, http.MethodGet, path, "") })
	}
	for range 4 {
		again(10*time.Millisecond, func() {
			user := 1 + rand.Int64N(l.users.Load()+1)
			for _, query := range []string{"", "?wait=1s", "/events"} {
				l.call(ctx, http.MethodGet, fmt.Sprintf("/api/v1/products/2/users/%d/result%s", user, query), "")
			}
		})
	}
	again(300*time.Millisecond, func() {
		for _, step := range []string{"pause", "resume", "books/repair"} {
			l.call(ctx, http.MethodPost, "/admin/v1/products/2/"+step, "")
		}
		l.call(ctx, http.MethodPost, "/admin/v1/products/2/stock", `{"delta": 1, "note": "more"}`)
	})
	return func() { cancel(); group.Wait() }
}

// buy lets a new user try until he is told something, with a request ID or without.
func (l *lies) buy(product int) {
	user, request := int(l.users.Add(1)), ""
	if user%2 == 0 {
		request = fmt.Sprint("request-", user)
	}
	for range 20 {
		got := l.process.try(product, user, request)
		l.count(http.MethodPost, "attempts", got.status)
		if product == 2 {
			l.tally.count(got)
		}
		if got.status != http.StatusServiceUnavailable {
			return
		}
		time.Sleep(20 * time.Millisecond) // the pause between two tries
	}
}
