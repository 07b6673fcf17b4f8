package notify

import (
	"context"
	"database/sql"
	"os"
	"strconv"
	"sync"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/model"
)

func TestMain(m *testing.M) {
	logging.Disable() // what go-redis writes to the standard error while Redis is away
	os.Exit(servertest.Run(m))
}

// store is a source of results whose looks can be counted, and stopped half-way.
type store struct {
	mu       sync.Mutex
	results  map[key]*model.UserResult
	waiting  map[key]string
	err      error  // of Waiting
	asked    []int  // users, of each look at what is stored
	afterOne func() // called after each look at either, with what was seen already taken
}

func newStore() *store {
	return &store{results: map[key]*model.UserResult{}, waiting: map[key]string{}}
}

func (s *store) sources() Sources { return Sources{Stored: s.stored, Waiting: s.waits} }

func (s *store) stored(_ context.Context, productID int64, users []int64) (map[int64]*model.UserResult, error) {
	s.mu.Lock()
	s.asked = append(s.asked, len(users))
	found := pick(s.results, productID, users)
	after := s.afterOne
	s.mu.Unlock()
	if after != nil {
		after()
	}
	return found, nil
}

func (s *store) waits(_ context.Context, productID int64, users []int64) (map[int64]string, error) {
	s.mu.Lock()
	found, err := pick(s.waiting, productID, users), s.err
	after := s.afterOne
	s.mu.Unlock()
	if after != nil {
		after()
	}
	return found, err
}

func pick[V any](all map[key]V, productID int64, users []int64) map[int64]V {
	found := map[int64]V{}
	for _, user := range users {
		if v, ok := all[key{productID, user}]; ok {
			found[user] = v
		}
	}
	return found
}

// set stores a result, and takes the attempt from those that wait.
func (s *store) set(results ...*model.UserResult) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range results {
		k := key{r.ProductId, r.UserId}
		s.results[k] = r
		delete(s.waiting, k)
	}
}

func (s *store) calls() int { return len(s.looks()) }

// looks returns how many users each look was for.
func (s *store) looks() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]int(nil), s.asked...)
}

func (s *store) hook(after func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.afterOne = after
}

// row makes the result of user for product 1.
func row(user int64, streamID string, status seckill.Status, order seckill.OrderStatus) *model.UserResult {
	r := &model.UserResult{SeckillLogs: model.SeckillLogs{
		ProductId: 1, UserId: user, StreamId: streamID, Status: string(status),
	}}
	if order != "" {
		r.OrderId = sql.NullInt64{Int64: user, Valid: true}
		r.OrderStatus = sql.NullString{String: string(order), Valid: true}
	}
	return r
}

// failed is the final result of user for product 1.
func failed(user int64, streamID string) *model.UserResult {
	return row(user, streamID, seckill.StatusFailed, "")
}

// start runs a hub until the end of the test, and returns when it hears itself.
func start(tb testing.TB, client redis.UniversalClient, s Sources, p pace) *Hub {
	tb.Helper()
	h := newHub(client, s, p)
	r := h.Role()
	go r.Start()
	tb.Cleanup(r.Stop)
	servertest.Eventually(tb, "the hub hears itself", func() bool { return h.hears(h.clock()) })
	return h
}

// receive returns what a watcher is given next.
func receive(tb testing.TB, w *Watcher) *model.UserResult {
	tb.Helper()
	var result *model.UserResult
	servertest.Eventually(tb, "a result is handed to the watcher of "+strconv.FormatInt(w.key.userID, 10), func() bool {
		select {
		case result = <-w.C():
			return true
		default:
			return false
		}
	})
	return result
}

// hear makes a hub take a message of another one.
func hear(h *Hub, productID int64, users ...int64) {
	message := appendNumber([]byte("1"), productID)
	for _, user := range users {
		message = appendNumber(message, user)
	}
	h.take(string(message), nil)
}
