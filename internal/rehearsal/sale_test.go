package rehearsal_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"seckill/client"
	"seckill/internal/rehearsal"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

func TestARehearsalOnTheRealService(t *testing.T) {
	s, err := servertest.StartService("")
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Errorf("stop: %v\n%s", err, s.Output.String())
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	redisClient := redis.NewClient(&redis.Options{Addr: s.RedisAddr})
	t.Cleanup(func() { _ = redisClient.Close() })
	c := newClientOf(t, s.URL, s.Token("operator"))
	t.Run("of a load is sold out and its books hold", func(t *testing.T) { sellsOut(t, c) })
	t.Run("of both entrances holds, too", func(t *testing.T) { bothWays(t, redisClient, c) })
	t.Run("finds a unit that is missing at the gate", func(t *testing.T) { findsDrift(t, redisClient, c) })
	t.Run("is refused on any other product", func(t *testing.T) { refused(t, c) })
	t.Run("takes an operator", func(t *testing.T) {
		create(t, c, 2008, 10)
		plan, err := rehearsal.Load(2008, 10, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		viewer := newClientOf(t, s.URL, s.Token("viewer"))
		if _, err := rehearsal.Run(t.Context(), viewer, plan); !errors.Is(err, client.CodeForbidden) {
			t.Errorf("a viewer: %v", err)
		}
	})
	t.Run("that is broken off tells of those who have come", func(t *testing.T) { brokenOff(t, c) })
	t.Run("leaves no product behind", func(t *testing.T) { removed(t, c) })
}

func create(t *testing.T, c *client.Client, productID, stock int64) {
	t.Helper()
	if _, err := rehearsal.Create(t.Context(), c, client.NewProduct{
		ProductID: productID, Name: "of a test", StockTotal: &stock, PaymentWindowSeconds: 900,
	}); err != nil {
		t.Fatal(err)
	}
}

func sellsOut(t *testing.T, c *client.Client) {
	create(t, c, 2001, 50)
	plan, err := rehearsal.Load(2001, 400, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	plan.Act, plan.Tell = rehearsal.Shares(60, 10), func(rehearsal.Progress) { told++ }
	r, err := rehearsal.Run(t.Context(), c, plan)
	if err != nil || !r.OK() {
		t.Fatalf("%v, %v", err, r.Findings)
	}
	wins := r.Results["SUCCESS"]
	if r.Outcomes["admitted"] != wins || wins < 50 || r.Outcomes["admitted"]+r.Outcomes["sold_out"] != 400 {
		t.Errorf("outcomes %v, results %v", r.Outcomes, r.Results)
	}
	if r.Paid == 0 || r.Cancelled == 0 || wins != int(r.Books.LiveOrders)+r.Cancelled || *r.Books.StockLeft+r.Books.LiveOrders != 50 {
		t.Errorf("%d won, %d paid, %d cancelled: %+v", wins, r.Paid, r.Cancelled, r.Books)
	}
	if r.Admission.Count != 400 || r.Result.Count != wins || r.Result.P50 <= 0 || r.Result.Max < r.Result.P50 {
		t.Errorf("admission %+v, result %+v", r.Admission, r.Result)
	}
	if told == 0 {
		t.Error("nobody was told how far it is")
	}
	again, err := rehearsal.Run(t.Context(), c, plan)
	if err != nil || !again.OK() {
		t.Fatalf("a second one on the same product: %v, %v", err, again.Findings)
	}
}

func bothWays(t *testing.T, stream *redis.Client, c *client.Client) {
	create(t, c, 2002, 40)
	plan, err := rehearsal.Load(2002, 400, time.Second/2)
	if err != nil {
		t.Fatal(err)
	}
	plan.Raw = func(n int) bool { return n%2 == 1 }
	plan.Push = func(ctx context.Context, productID, userID int64) error {
		return stream.XAdd(ctx, &redis.XAddArgs{Stream: seckill.StreamKey(productID), Values: []any{"uid", userID}}).Err()
	}
	r, err := rehearsal.Run(t.Context(), c, plan)
	if err != nil || !r.OK() {
		t.Fatalf("%v, %v", err, r.Findings)
	}
	if r.Outcomes["pushed"] != 100 || r.Results["SUCCESS"] != 40 || r.Reasons["SOLD_OUT"] == 0 || r.Books.LiveOrders != 40 {
		t.Errorf("outcomes %v, results %v, reasons %v, books %+v", r.Outcomes, r.Results, r.Reasons, r.Books)
	}
}

func findsDrift(t *testing.T, gate *redis.Client, c *client.Client) {
	create(t, c, 2003, 10)
	if err := gate.HIncrBy(t.Context(), seckill.CompanionKey(2003, "gate"), "left", -2).Err(); err != nil {
		t.Fatal(err)
	}
	plan, err := rehearsal.Load(2003, 100, 100*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	plan.Patience = time.Second
	r, err := rehearsal.Run(t.Context(), c, plan)
	if err != nil || r.OK() || r.Books.Drift != 2 {
		t.Errorf("%v, findings %v, books %+v", err, r.Findings, r.Books)
	}
}

func refused(t *testing.T, c *client.Client) {
	for _, p := range []client.NewProduct{
		{ProductID: 2004, Name: "Phone", StockTotal: new(int64(10))},
		{ProductID: 2005, Name: "rehearsal without stock"},
	} {
		if _, err := c.CreateProduct(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		plan, err := rehearsal.Load(p.ProductID, 10, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := rehearsal.Run(t.Context(), c, plan); !errors.Is(err, rehearsal.ErrNotRehearsal) {
			t.Errorf("%q: %v", p.Name, err)
		}
		if sum, err := c.Summary(t.Context(), p.ProductID); err != nil || sum.Success+sum.Processing+sum.Failed != 0 {
			t.Errorf("%q has attempts: %+v, %v", p.Name, sum, err)
		}
	}
}

func brokenOff(t *testing.T, c *client.Client) {
	create(t, c, 2006, 100_000)
	ctx, cancel := context.WithCancel(t.Context())
	plan, err := rehearsal.Load(2006, 100, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	plan.Tell = func(rehearsal.Progress) { cancel() }
	r, err := rehearsal.Run(ctx, c, plan)
	if err != nil || !r.OK() || !r.BrokenOff {
		t.Fatalf("%v, %v, broken off: %v", err, r.Findings, r.BrokenOff)
	}
	if r.Buyers == 0 || r.Buyers == plan.Buyers || r.Results["SUCCESS"] != r.Buyers {
		t.Errorf("%d of %d buyers, %v", r.Buyers, plan.Buyers, r.Results)
	}
}

func removed(t *testing.T, c *client.Client) {
	create(t, c, 2007, 5)
	plan, err := rehearsal.Load(2007, 50, 200*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if r, err := rehearsal.Run(t.Context(), c, plan); err != nil || !r.OK() {
		t.Fatalf("%v, %v", err, r.Findings)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := rehearsal.Remove(ctx, c, 2007); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Product(t.Context(), 2007); !errors.Is(err, client.CodeProductNotFound) {
		t.Errorf("the product after it was removed: %v", err)
	}
}
