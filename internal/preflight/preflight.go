package preflight

import (
	"context"
	"errors"
	"sync"
	"time"

	"seckill/internal/admission"
	"seckill/internal/books"
	"seckill/internal/seckill"
	"seckill/internal/stream"
	"seckill/migrations"
	"seckill/model"
)

const (
	// runTimeout bounds one pre-flight, whatever the servers do.
	runTimeout = 5 * time.Second
	// booksTimeout bounds what is asked of PostgreSQL, so that time is left for the product.
	booksTimeout = 4 * time.Second
	// saleWithin is how soon a sale must be for its memory to be counted.
	saleWithin = 24 * time.Hour
	// salesAtMost is the most sales that are counted.
	salesAtMost = 100
)

// Sources are what the facts are gathered from.
type Sources struct {
	Pool    *model.Pool
	Clients *stream.Clients
	Gate    *admission.Gate
	Books   *books.Reader
	Streams *stream.Inspector
}

// Preflight checks what a sale will stand on. It is safe for concurrent use.
type Preflight struct {
	settings Settings
	from     Sources
	old      time.Duration // from when on a transaction is old
	verdicts sync.Map      // by product ID: verdict
}

// New makes a Preflight.
func New(settings Settings, from Sources) *Preflight {
	return &Preflight{settings: settings, from: from, old: oldTransaction}
}

// Run checks everything that a product's sale will stand on; without a product (0) all but
// the product. It takes five seconds at most and writes nothing. What is wrong with the
// servers is in the report; the only error is seckill.CodeProductNotFound.
func (p *Preflight) Run(ctx context.Context, productID int64) (Report, error) {
	began := time.Now()
	facts := p.gather(ctx, productID)
	if facts.Product != nil && errors.Is(facts.Product.SaleErr, model.ErrNotFound) {
		return Report{}, seckill.Errorf(seckill.CodeProductNotFound, "there is no product %d", productID)
	}
	report := Judge(facts)
	report.Took = time.Since(began)
	return report, nil
}

// Ready reports whether a pre-flight of a product says go. It fails as Run does.
func (p *Preflight) Ready(ctx context.Context, productID int64) (bool, error) {
	report, err := p.Run(ctx, productID)
	if err == nil {
		p.remember(productID, report.Go)
	}
	return report.Go, err
}

// gather asks both servers at the same time, and then what takes both.
func (p *Preflight) gather(ctx context.Context, productID int64) *Facts {
	ctx, cancel := context.WithTimeout(ctx, runTimeout)
	defer cancel()
	f := &Facts{RanAt: time.Now(), Settings: p.settings}
	if productID != 0 {
		f.Product = &ProductFacts{ProductID: productID}
	}
	var asking sync.WaitGroup
	asking.Go(func() { f.Redis = p.from.Clients.Facts(ctx) })
	asking.Go(func() { p.askBooks(ctx, f) })
	asking.Wait()
	if !f.redisServes() {
		return f
	}
	asking.Go(func() { p.askHolds(ctx, f) })
	asking.Go(func() { p.askProduct(ctx, f) })
	asking.Wait()
	return f
}

// askBooks asks PostgreSQL, one question after another: requests need its connections too.
func (p *Preflight) askBooks(ctx context.Context, f *Facts) {
	ctx, cancel := context.WithTimeout(ctx, booksTimeout)
	defer cancel()
	if f.Postgres = p.from.Pool.Facts(ctx, p.old); f.Postgres.Err != nil {
		if f.Product != nil {
			f.Product.SaleErr = f.Postgres.Err
		}
		return
	}
	f.Standby = p.from.Pool.Reads().Facts(ctx)
	f.Migrations, f.MigrationsErr = migrations.Pending(ctx, p.from.Pool.SQL())
	f.Replicas, f.ReplicasErr = p.from.Pool.Replicas(ctx)
	f.Sales, f.SalesErr = p.from.Pool.SalesWithin(ctx, saleWithin, salesAtMost)
	if f.Product != nil {
		f.Product.Sale, f.Product.SaleErr = p.from.Pool.SaleFacts(ctx, f.Product.ProductID)
	}
}

// redisServes reports whether more questions to Redis are of use: one that is silent, or
// that holds back writes and scripts, costs a timeout for each.
func (f *Facts) redisServes() bool {
	for i := range f.Redis {
		s := &f.Redis[i]
		if s.Err != nil || s.WriteErr != nil && !stream.Refused(s.WriteErr) {
			return false
		}
	}
	return true
}

func (p *Preflight) askHolds(ctx context.Context, f *Facts) {
	ids := make([]int64, 0, len(f.Sales)+1)
	for _, sale := range f.Sales {
		ids = append(ids, sale.ProductID)
	}
	if f.Product != nil {
		ids = append(ids, f.Product.ProductID)
	}
	f.Holds, f.HoldsErr = p.from.Streams.ForeignHolds(ctx, ids, f.Settings.Retention)
}

func (p *Preflight) askProduct(ctx context.Context, f *Facts) {
	if f.Product == nil || f.Product.SaleErr != nil {
		return
	}
	f.Product.Stream, f.Product.StreamErr = p.from.Streams.Facts(ctx, f.Product.ProductID)
	if f.Product.Sale.StockTotal == nil {
		return
	}
	if f.Product.Gate, f.Product.GateErr = p.from.Gate.State(ctx, f.Product.ProductID); f.Product.GateErr != nil {
		return
	}
	f.Product.Account, f.Product.AccountErr = p.from.Books.Gate(ctx, f.Product.ProductID)
}
