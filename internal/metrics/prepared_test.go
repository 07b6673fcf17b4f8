package metrics

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"seckill/internal/health"
	"seckill/internal/seckill"
	"seckill/model"
)

// TestASchemaInTheMakingIsNoError: on the first start there is no table while the migrations
// run. The gauge says so; the log, which a newcomer reads, must not call it an error.
func TestASchemaInTheMakingIsNoError(t *testing.T) {
	missing := seckill.Errorf(seckill.CodeUnavailable, "missing: table seckill_logs")
	away := errors.New("connection refused")
	for name, tt := range map[string]struct {
		prepared bool
		err      error
		logged   bool
		up       float64
	}{
		"no table while the schema is made":    {false, missing, false, 0},
		"no table after it was made":           {true, missing, true, 0},
		"no server while the schema is made":   {false, away, true, 0},
		"no server after it was made":          {true, away, true, 0},
		"all is there, and is told very soon":  {false, nil, false, 1},
		"all is there, after the schema is so": {true, nil, false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			prepared := make(chan struct{})
			if tt.prepared {
				close(prepared)
			}
			registry := prometheus.NewRegistry()
			c := &collector{Metrics: New(registry), Sources: Sources{
				Redis:    health.Check{Run: func(context.Context) error { return nil }},
				Postgres: health.Check{Run: func(context.Context) error { return tt.err }},
				Prepared: prepared,
				Database: noTables{},
			}}
			if err := c.collect(t.Context()); (err != nil) != tt.logged {
				t.Errorf("collect = %v", err)
			}
			if up := valueOf(t, registry, "seckill_postgres_up"); up != tt.up {
				t.Errorf("seckill_postgres_up = %v, want %v", up, tt.up)
			}
		})
	}
}

// TestASchemaThatIsMadeDuringTheCheckIsNoError: what the check has seen is of before.
func TestASchemaThatIsMadeDuringTheCheckIsNoError(t *testing.T) {
	prepared := make(chan struct{})
	c := &collector{Metrics: New(prometheus.NewRegistry()), Sources: Sources{
		Redis: health.Check{Run: func(context.Context) error { return nil }},
		Postgres: health.Check{Run: func(context.Context) error {
			close(prepared)
			return seckill.Errorf(seckill.CodeUnavailable, "missing: table seckill_logs")
		}},
		Prepared: prepared,
		Database: noTables{},
	}}
	if err := c.collect(t.Context()); err != nil {
		t.Error(err)
	}
}

// soonOnSale is a database with one product, whose sale begins within a day.
type soonOnSale struct{ noTables }

func (soonOnSale) WatchedProducts(context.Context, time.Duration) ([]model.WatchedProduct, error) {
	starts := time.Now().Add(time.Hour)
	return []model.WatchedProduct{{ProductID: 1, Status: string(seckill.ProductActive), Drained: true, StartsAt: &starts}}, nil
}

// TestPreflightsAreAskedForAsSoonAsThereAreTables: else nobody would know of a sale for a
// minute after each start.
func TestPreflightsAreAskedForAsSoonAsThereAreTables(t *testing.T) {
	prepared, asked := make(chan struct{}), make(chan int64, 1)
	fine := health.Check{Run: func(context.Context) error { return nil }}
	collector := New(prometheus.NewRegistry()).Collector(Sources{
		Redis: fine, Postgres: fine, Prepared: prepared, Database: soonOnSale{},
		Ready: func(_ context.Context, productID int64) (bool, error) { asked <- productID; return true, nil },
	})
	done := make(chan struct{})
	go func() { collector.Start(); close(done) }()
	close(prepared)
	select {
	case <-asked:
	case <-time.After(preflightInterval / 2):
		t.Error("nobody has asked for the product")
	}
	collector.Stop()
	<-done
}

// valueOf returns the value of a gauge without labels.
func valueOf(t *testing.T, r *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	t.Fatalf("there is no %s", name)
	return 0
}

// noTables is a database that nobody has made tables in.
type noTables struct{}

func (noTables) WatchedProducts(context.Context, time.Duration) ([]model.WatchedProduct, error) {
	return nil, nil
}

func (noTables) OpenDeadLetters(context.Context) (map[int64]model.Tally, error) {
	return map[int64]model.Tally{}, nil
}

func (noTables) PendingMoves(context.Context) (map[int64]model.Tally, error) {
	return map[int64]model.Tally{}, nil
}

func (noTables) OverdueOrders(context.Context) (map[int64]model.Tally, error) {
	return map[int64]model.Tally{}, nil
}
