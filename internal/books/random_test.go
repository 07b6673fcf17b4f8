package books_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"seckill/internal/admission"
	"seckill/internal/seckill"
)

// chance is a sale in which anything may happen next, by the numbers of a seed.
type chance struct {
	*house

	rand   *rand.Rand
	held   []delivery // read by consumers, not stored
	stored []delivery // stored, and neither gate nor stream told
	copied map[string]string
	broken bool // Redis has lost something and no keeper has looked yet
	steps  []string
}

// TestWhateverHappensEveryUnitIsAccountedFor plays sales by chance. After every step in
// which Redis lost nothing, Redis and PostgreSQL must agree, whatever has been told so
// far; when Redis did, they agree again once a keeper has looked. In the end everything
// is sold.
func TestWhateverHappensEveryUnitIsAccountedFor(t *testing.T) {
	const sales, steps = 6, 150
	for seed := range uint64(sales) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			c := &chance{house: newHouse(t), rand: rand.New(rand.NewPCG(seed, 11))}
			c.create(seckill.Product{StockTotal: new(int64(12)), PerUserLimit: int64(seed % 4), PaymentWindow: time.Hour})
			for range steps {
				c.step()
				if p := c.verdict(); p != "" {
					t.Fatalf("%s\nafter %s", p, strings.Join(c.steps, ", "))
				}
			}
			c.finish()
		})
	}
}

func (c *chance) verdict() string {
	if c.broken {
		return ""
	}
	return c.problem(c.t.Context())
}

// step does one thing. The first ones happen more often than the last ones.
func (c *chance) step() {
	things := []struct {
		weight int
		name   string
		do     func()
	}{
		{20, "admit", func() { c.ask(c.user()) }},
		{8, "raw", func() { c.raw(c.user()) }},
		{12, "read", func() { c.read() }},
		{12, "store", func() { c.storeOne() }},
		{10, "tell of stored", func() { c.tellOne() }},
		{6, "cancel", func() { c.cancelOne() }},
		{3, "expire", func() { c.expireSome() }},
		{4, "restock", func() { c.restock(1 + c.rand.Int64N(4)) }},
		{4, "withdraw", func() { c.withdraw() }},
		{6, "relay", func() { c.bring(); c.broken = false }},
		{5, "relay in part", func() { c.relayPart() }},
		{2, "copy", func() { c.copyRedis() }},
		{2, "older copy", func() { c.olderCopy() }},
		{1, "flush", func() { c.must(c.client.FlushDB(c.t.Context()).Err()); c.broken = true }},
		{2, "another keeper", func() { c.replica().bring(); c.broken = false }},
		{2, "repair", func() { c.repair() }},
	}
	sum := 0
	for _, thing := range things {
		sum += thing.weight
	}
	n := c.rand.IntN(sum)
	for _, thing := range things {
		if n -= thing.weight; n < 0 {
			c.steps = append(c.steps, thing.name)
			thing.do()
			return
		}
	}
}

func (c *chance) user() int64 { return 1 + c.rand.Int64N(8) }

func (c *chance) read() {
	if d := c.deliver(1 + c.rand.IntN(4)); len(d.ids) > 0 {
		c.held = append(c.held, d)
	}
}

// storeOne stores one of what is held, in any order, and now and then a second time.
func (c *chance) storeOne() {
	if len(c.held) == 0 {
		return
	}
	i := c.rand.IntN(len(c.held))
	d := c.held[i]
	if c.rand.IntN(8) == 0 {
		for _, a := range d.batch.Attempts {
			d.batch.Dead = append(d.batch.Dead, a.DeadLetter(seckill.DeadRejectedByDatabase, 5))
		}
		d.batch.Attempts = nil
	}
	c.store(d)
	if c.rand.IntN(3) > 0 { // else it comes again
		c.held = append(c.held[:i], c.held[i+1:]...)
		c.stored = append(c.stored, d)
	} else {
		c.held[i] = d
	}
}

func (c *chance) tellOne() {
	if len(c.stored) == 0 {
		return
	}
	i := c.rand.IntN(len(c.stored))
	c.told(c.stored[i])
	c.stored = append(c.stored[:i], c.stored[i+1:]...)
}

func (c *chance) cancelOne() {
	var user int64
	const one = "SELECT user_id FROM seckill_orders WHERE status = 'PENDING_PAYMENT' ORDER BY id OFFSET $1 LIMIT 1"
	if c.pool.QueryRow(c.t.Context(), one, c.rand.IntN(4)).Scan(&user) == nil {
		c.cancel(user)
	}
}

func (c *chance) expireSome() {
	c.exec("UPDATE seckill_orders SET expires_at = now() WHERE status = 'PENDING_PAYMENT' AND user_id % 3 = $1", c.rand.IntN(3))
	c.must(c.ledger.ExpireOrders(c.t.Context()))
}

func (c *chance) withdraw() {
	_, err := c.ledger.RestockProduct(c.t.Context(), "tester", 1, -1-c.rand.Int64N(3), "n")
	if seckill.ErrorCode(err) != seckill.CodeStockTooLow {
		c.must(err)
	}
}

// relayPart tells the gate some of the moves, and drops the rows, or dies before.
func (c *chance) relayPart() {
	ctx := c.t.Context()
	product, rows, err := c.pool.Moves(ctx, 1, 0, 1+c.rand.IntN(3))
	c.must(err)
	applied, err := c.gate.Apply(ctx, 1, product.Epoch, product.Moves, admission.Terms{
		Settled: product.Settled, Status: product.Status, PerUserLimit: product.PerUserLimit,
	}, toTell(rows))
	if err == nil && len(rows) > 0 && c.rand.IntN(2) == 0 {
		c.must(c.pool.DropMoves(ctx, 1, min(applied, rows[len(rows)-1].Number)))
	}
}

// copyRedis keeps what Redis holds, the stream with its group too.
func (c *chance) copyRedis() {
	if c.broken {
		return
	}
	ctx := c.t.Context()
	c.copied = map[string]string{}
	for _, k := range c.client.Keys(ctx, "*").Val() {
		dump, err := c.client.Dump(ctx, k).Result()
		c.must(err)
		c.copied[k] = dump
	}
}

// olderCopy puts that back, as a failover to a replica does that was behind. The gate
// goes on from there for a while. That another run serves it now is what a keeper sees.
func (c *chance) olderCopy() {
	if c.copied == nil {
		return
	}
	ctx := c.t.Context()
	c.nextMillisecond()
	c.must(c.client.FlushDB(ctx).Err())
	for k, dump := range c.copied {
		c.must(c.client.RestoreReplace(ctx, k, 0, dump).Err())
	}
	for range c.rand.IntN(6) {
		c.ask(c.user())
		c.raw(c.user())
	}
	if c.rand.IntN(2) == 0 {
		c.read()
		c.storeOne()
	}
	if c.rand.IntN(2) == 0 {
		c.relayPart()
	}
	c.must(c.client.HDel(ctx, key("gate"), "epoch").Err())
	c.broken = true
}

// nextMillisecond waits until Redis can mint no ID again that it has minted before.
func (c *chance) nextMillisecond() {
	began, err := c.streams.Now(c.t.Context())
	c.must(err)
	for {
		now, err := c.streams.Now(c.t.Context())
		c.must(err)
		if now.UnixMilli() > began.UnixMilli() {
			return
		}
	}
}

// repair repairs what is right, or what somebody has just broken.
func (c *chance) repair() {
	off := int64(0)
	if !c.broken && c.rand.IntN(2) == 0 {
		off = c.rand.Int64N(7) - 3
		c.must(c.client.HIncrBy(c.t.Context(), key("gate"), "left", off).Err())
	}
	epoch := c.books().Epoch
	got, err := c.keeper.Repair(c.t.Context(), "olga", 1)
	c.must(err)
	if c.broken = false; got != -off && c.books().Epoch == epoch {
		c.t.Errorf("off by %d, corrected by %d after %s", off, got, strings.Join(c.steps, ", "))
	}
}

// books is the product as PostgreSQL has it.
func (c *chance) books() (p struct{ Epoch int64 }) {
	c.t.Helper()
	product, err := c.pool.GateProduct(c.t.Context(), 1)
	c.must(err)
	p.Epoch = product.Epoch
	return p
}

// finish lets everything come to rest, and sells what is left.
func (c *chance) finish() {
	c.bring()
	for _, d := range c.held {
		c.store(d)
		c.stored = append(c.stored, d)
	}
	for _, d := range c.stored {
		c.told(d)
	}
	c.settle()
	c.bring()
	c.inStep("at rest")
	for user := int64(1000); ; user++ {
		got := c.ask(user)
		if got == string(seckill.CodeSoldOut) {
			break
		}
		if _, err := seckill.ParseStreamID(got); err != nil {
			c.t.Fatalf("at rest user %d is refused: %s", user, got)
		}
	}
	c.settle()
	c.bring()
	c.inStep("sold out")
	s := c.state()
	if n := c.count("SELECT stock_left FROM seckill_products"); n != 0 || s.Left != 0 || s.InFlight != 0 {
		c.t.Errorf("%d units cannot be sold, the gate says %+v; after %s", n, s, strings.Join(c.steps, ", "))
	}
}
