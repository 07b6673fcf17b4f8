// Package demo plays a sale on the service itself, for whoever opens the console for the first
// time: a product that opens in a moment and sells out, buyers through the gate and past it,
// orders that are paid, cancelled and expire. `make demo` is what runs it.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/zeromicro/go-zero/core/logx"

	"seckill/client"
	"seckill/internal/rehearsal"
	"seckill/internal/role"
	"seckill/internal/seckill"
)

const (
	// firstProduct is the product of the first demo; each later one has the next that is free.
	firstProduct = 2001
	// lookPause is the pause between two looks at whether the service is ready.
	lookPause = 200 * time.Millisecond
)

// Demo is one sale to be played.
type Demo struct {
	Client  *client.Client // with the token of an operator; repeats nothing
	Console string         // address of the console, signed in; "" = there is none
	Shell   string         // what lets seckillctl call the service, for a shell
	Script  Script
	Out     io.Writer // where to say what there is to see

	// Push puts an entry into a stream past the gate.
	Push func(ctx context.Context, key string, fields ...any) error
}

// Role plays the sale once, when the service is ready, and then does nothing more.
func (d *Demo) Role() *role.Role {
	return role.New(func(ctx context.Context) {
		if _, err := d.Play(ctx); err != nil && ctx.Err() == nil {
			logx.Errorf("demo: %v", err)
		}
	})
}

// Play plays the sale and returns what it has come to.
func (d *Demo) Play(ctx context.Context) (rehearsal.Report, error) {
	for d.Client.Ready(ctx) != nil {
		if !role.Sleep(ctx, lookPause) {
			return rehearsal.Report{}, context.Cause(ctx)
		}
	}
	product, err := d.create(ctx)
	if err != nil {
		return rehearsal.Report{}, err
	}
	d.announce(product)
	if !role.Sleep(ctx, time.Until(product.StartsAt)-d.Script.Early) {
		return rehearsal.Report{}, context.Cause(ctx)
	}
	report, err := rehearsal.Sell(ctx, d.Client, d.plan(product.ProductID))
	if err == nil && ctx.Err() == nil {
		d.conclude(&report)
	}
	return report, err
}

// create registers the product, under the first number that is free.
func (d *Demo) create(ctx context.Context) (client.Product, error) {
	for productID := int64(firstProduct); ; productID++ {
		now := time.Now().Truncate(time.Second)
		product, err := d.Client.CreateProduct(ctx, client.NewProduct{
			ProductID: productID, Name: "Demo phone", StockTotal: &d.Script.Units,
			StartsAt: now.Add(d.Script.OpensIn), EndsAt: now.Add(time.Hour),
			PaymentWindowSeconds: int64(d.Script.Window.Seconds()),
		})
		if errors.Is(err, client.CodeProductExists) {
			continue
		}
		if err != nil {
			return product, err
		}
		return product, rehearsal.Opened(ctx, d.Client, productID)
	}
}

func (d *Demo) plan(productID int64) rehearsal.Plan {
	return rehearsal.Plan{
		ProductID: productID, Buyers: d.Script.buyers(), Arrival: d.Script.arrival, Act: d.Script.act, Raw: raw,
		Push: func(ctx context.Context, productID, userID int64) error {
			return d.Push(ctx, seckill.StreamKey(productID), "uid", userID, "ts", time.Now().UnixMilli())
		},
	}
}

// announce says what there is to see.
func (d *Demo) announce(p client.Product) {
	s := &d.Script
	d.sayf("\ndemo: product %d opens at %s: %d units for %d buyers, half of them past the gate\n",
		p.ProductID, p.StartsAt.Local().Format("15:04:05"), s.Units, s.buyers())
	if d.Console != "" {
		d.sayf("  see it burn down      %s\n                        and there the sale of product %d\n", d.Console, p.ProductID)
	}
	d.sayf("  or on a terminal      %s\n                        go run ./cmd/seckillctl sale watch %d\n", d.Shell, p.ProductID)
	d.sayf("  units that come back  orders that are not paid within %v expire, and are sold again\n", s.Window)
	d.sayf("  afterwards            go run ./cmd/seckillctl sale report %d\n\n", p.ProductID)
}

// conclude says what it has come to.
func (d *Demo) conclude(r *rehearsal.Report) {
	b := &r.Books
	d.sayf("\ndemo: %d of %d units are sold; orders: %s; balanced: %v\n", b.LiveOrders, *b.StockTotal, words(b.OrdersByStatus), b.Balanced)
	for _, finding := range r.Findings {
		d.sayf("demo: DOES NOT HOLD: %s\n", finding)
	}
	d.sayf("demo: it goes on serving until Ctrl-C; seckillctl sale report %d says the rest\n\n", r.ProductID)
}

func words(counts map[string]int64) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%d %s", counts[name], name))
	}
	return strings.Join(parts, ", ")
}

func (d *Demo) sayf(format string, args ...any) { _, _ = fmt.Fprintf(d.Out, format, args...) }
