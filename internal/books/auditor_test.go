package books_test

import (
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/internal/admission"
	"seckill/internal/books"
	"seckill/internal/ledger"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/model"
)

type silent struct{}

func (silent) LogsWritten(int64, seckill.Status, seckill.Reason, int) {}
func (silent) OrdersWritten(int64, seckill.OrderStatus, int)          {}
func (silent) DeadLettersWritten(int64, seckill.DeadReason, int)      {}
func (silent) PaymentUnwanted(int64, seckill.Unwanted)                {}

// gauges notes what the auditor shows: total, left, sold and drift of a product.
type gauges struct {
	mu    sync.Mutex
	seen  map[int64][4]int64
	shown int
}

// times is how often the books of any product were shown.
func (g *gauges) times() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.shown
}

func (g *gauges) Stock(b seckill.Books) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.seen == nil {
		g.seen = map[int64][4]int64{}
	}
	g.shown++
	g.seen[b.ProductID] = [4]int64{*b.StockTotal, *b.StockLeft, b.LiveOrders, b.Drift()}
}

// StockUnknown implements books.Gauges.
func (g *gauges) StockUnknown(productID int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.seen, productID)
}

// Audited implements books.Gauges.
func (*gauges) Audited() {}

func (g *gauges) of(productID int64) [4]int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.seen[productID]
}

// redisClient opens a client of an empty Redis.
func redisClient(t *testing.T) *redis.Client {
	t.Helper()
	return servertest.SharedRedis(t)
}

// shop sells one unit of ten of product 1, none of three of product 2, and has the
// record-only product 3.
func shop(t *testing.T) *model.Pool {
	t.Helper()
	pool := servertest.Pool(t)
	l := ledger.New(pool, silent{})
	ten, three := int64(10), int64(3)
	for _, p := range []seckill.Product{
		{ProductID: 1, StockTotal: &ten, PerUserLimit: 1, PaymentWindow: time.Hour},
		{ProductID: 2, StockTotal: &three, PerUserLimit: 1},
		{ProductID: 3},
	} {
		if _, err := l.CreateProduct(t.Context(), "tester", p); err != nil {
			t.Fatal(err)
		}
	}
	for product := int64(1); product <= 3; product += 2 {
		batch := ledger.Batch{ProductID: product, Attempts: []seckill.Attempt{{UserID: 5, StreamID: "1-0"}, {UserID: 5, StreamID: "2-0"}}}
		if _, err := l.Store(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
	return pool
}

func TestAuditFindsWhatDoesNotBalance(t *testing.T) {
	pool, g := shop(t), &gauges{}
	auditor := books.NewAuditor(pool, admission.NewGate(redisClient(t)), g)
	steps := []struct {
		name, sql string
		product   int64
		want      [4]int64
	}{
		{"nothing wrong", "SELECT 1", 1, [4]int64{10, 9, 1, 0}},
		{"nothing sold", "SELECT 1", 2, [4]int64{3, 3, 0, 0}},
		{"a product that has just ended", "UPDATE seckill_products SET status = 'ENDED', updated_at = now() WHERE product_id = 2", 2, [4]int64{3, 3, 0, 0}},
		{"a unit lost", "UPDATE seckill_products SET stock_left = 8 WHERE product_id = 1", 1, [4]int64{10, 8, 1, 1}},
		{"a unit too many", "UPDATE seckill_products SET stock_left = 10 WHERE product_id = 1", 1, [4]int64{10, 10, 1, -1}},
	}
	for _, step := range steps {
		if _, err := pool.Exec(t.Context(), step.sql); err != nil {
			t.Fatal(err)
		}
		if err := auditor.Audit(t.Context()); err != nil || g.of(step.product) != step.want {
			t.Errorf("%s: %v, %v; want %v", step.name, g.of(step.product), err, step.want)
		}
	}
	if _, audited := g.seen[3]; audited {
		t.Error("a record-only product has been audited")
	}
}

func TestTheAuditorLooksAgainByItself(t *testing.T) {
	pool, g := shop(t), &gauges{}
	auditor := books.NewAuditor(pool, admission.NewGate(redisClient(t)), g).Role()
	var wg sync.WaitGroup
	wg.Go(auditor.Start)
	defer wg.Wait()
	defer auditor.Stop()
	servertest.Eventually(t, "the first look", func() bool { return g.of(1)[3] == 0 && g.of(1)[0] == 10 })
	if _, err := pool.Exec(t.Context(), "UPDATE seckill_products SET stock_left = 8 WHERE product_id = 1"); err != nil {
		t.Fatal(err)
	}
	servertest.Eventually(t, "the drift", func() bool { return g.of(1)[3] == 1 })
}

func TestBooksOfAProduct(t *testing.T) {
	reader := books.NewReader(shop(t), admission.NewGate(redisClient(t)))
	settled, err := reader.Read(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	ten, nine := int64(10), int64(9)
	want := seckill.Books{
		ProductID: 1, StockTotal: &ten, StockLeft: &nine, LiveOrders: 1,
		OrdersByStatus: map[seckill.OrderStatus]int64{"PENDING_PAYMENT": 1},
		LogsByStatus:   map[seckill.Status]int64{"SUCCESS": 1, "FAILED": 1},
	}
	if !reflect.DeepEqual(settled, want) || settled.Drift() != 0 {
		t.Errorf("got  %+v\nwant %+v", settled, want)
	}
	recorded, err := reader.Read(t.Context(), 3)
	if err != nil || recorded.StockTotal != nil || recorded.LogsByStatus["PROCESSING"] != 2 || recorded.Drift() != 0 {
		t.Errorf("%+v, %v", recorded, err)
	}
	if _, err := reader.Read(t.Context(), 4); seckill.ErrorCode(err) != seckill.CodeProductNotFound {
		t.Errorf("an unknown product: %v", err)
	}
}

func TestAuditLooksAtTheProductsAfterOneThatIsBroken(t *testing.T) {
	pool, g := shop(t), &gauges{}
	client := redisClient(t)
	client.Set(t.Context(), seckill.CompanionKey(1, "gate"), "no hash", 0)
	if err := books.NewAuditor(pool, admission.NewGate(client), g).Audit(t.Context()); err == nil {
		t.Error("the gate of product 1 is no gate, and nobody says so")
	}
	if want := [4]int64{3, 3, 0, 0}; g.of(2) != want {
		t.Errorf("product 2: %v, want %v", g.of(2), want)
	}
}

// TestTheGaugesAreYoungAgainSoonAfterAStall holds an audit up by a lock, once until the audit
// gives up and once until shortly before. Ten seconds after the healing the books have to be
// shown again, so the auditor may not rest for longer.
func TestTheGaugesAreYoungAgainSoonAfterAStall(t *testing.T) {
	const bound = 10 * time.Second
	for name, givesUp := range map[string]bool{"beyond what an audit waits": true, "that an audit outlasts": false} {
		t.Run(name, func(t *testing.T) {
			pool, g := shop(t), &gauges{}
			auditor := books.NewAuditor(pool, admission.NewGate(redisClient(t)), g)
			heal := stall(t, pool)
			audited := make(chan error, 1)
			began := time.Now()
			go func() { audited <- auditor.Audit(t.Context()) }()
			if givesUp {
				if err := <-audited; err == nil {
					t.Fatal("the audit has not been held up")
				}
			} else {
				servertest.Eventually(t, "an audit hangs for two seconds", func() bool { return time.Since(began) > 2*time.Second })
			}
			heal()
			if !givesUp {
				if err := <-audited; err != nil || g.times() != 2 {
					t.Fatalf("%d books are shown, %v", g.times(), err)
				}
			}
			if rest := auditor.Rest(); rest > bound {
				t.Errorf("the next audit is %s away", rest)
			}
		})
	}
}

// stall holds up every look at the orders until heal is called.
func stall(t *testing.T, pool *model.Pool) (heal func()) {
	t.Helper()
	tx, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "LOCK TABLE seckill_orders IN ACCESS EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		if err := tx.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}
