package e2e

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// page is what /metrics shows: values by name and labels, as Prometheus writes them.
type page struct {
	help   map[string]string
	values map[string]float64
}

// read parses /metrics as Prometheus does. Of a histogram it has the count.
func (p *process) read() page {
	p.t.Helper()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(p.scrape()))
	if err != nil {
		p.t.Fatalf("parse /metrics: %v", err)
	}
	all := page{help: map[string]string{}, values: map[string]float64{}}
	for name, f := range families {
		if !strings.HasPrefix(name, "seckill_") {
			continue
		}
		all.help[name] = f.GetHelp()
		for _, m := range f.GetMetric() {
			labels := make([]string, 0, len(m.GetLabel()))
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetName()+"="+l.GetValue())
			}
			key := name + "{" + strings.Join(labels, ",") + "}"
			all.values[key] = m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return all
}

// promised are the metrics of contract section 7 and of operations.md section 4, but
// seckill_preflight_ready, which a sale has that starts within a day.
var promised = []string{
	"seckill_entries_total", "seckill_logs_total", "seckill_entry_seconds", "seckill_batch_entries", "seckill_store_seconds",
	"seckill_stream_lag", "seckill_stream_pending", "seckill_stream_oldest_pending_seconds", "seckill_stream_lost_entries_total",
	"seckill_consumers_up", "seckill_attempts_total", "seckill_stock", "seckill_books_drift", "seckill_orders_total",
	"seckill_dead_letters_open", "seckill_redis_up", "seckill_postgres_up",
	"seckill_collected_timestamp_seconds", "seckill_stream_delay_seconds", "seckill_admission_delay_seconds",
	"seckill_admission_seconds", "seckill_gate_open", "seckill_moves_pending", "seckill_moves_oldest_seconds",
	"seckill_orders_overdue", "seckill_late_payments_total", "seckill_dead_letters_total",
	"seckill_dead_letters_oldest_open_seconds", "seckill_product_info", "seckill_sale_start_timestamp_seconds",
	"seckill_sale_end_timestamp_seconds", "seckill_build_info",
}

// TestTheMetricsOfASaleWithEveryOutcome has a shop, a user and a careless BFF do everything
// that a sale can answer, and finds all of it on /metrics.
func TestTheMetricsOfASaleWithEveryOutcome(t *testing.T) {
	s := newSite(t)
	p := s.start("", "Admission: {PerUserPerSecond: 2}")
	p.ready()
	p.sell(2, `"stockTotal": 2, "perUserLimit": 1, "paymentWindowSeconds": 3600, "startsAt": "2020-01-01T00:00:00Z", "endsAt": "2099-01-01T00:00:00Z"`)
	p.sell(3, `"stockTotal": 1, "startsAt": "2098-01-01T00:00:00Z"`)
	p.sell(4, `"stockTotal": 1, "endsAt": "2020-01-01T00:00:00Z"`)
	servertest.Eventually(t, "the counters are there before anything happened", func() bool {
		value, found := p.read().values["seckill_attempts_total{outcome=sold_out,product=2}"]
		return found && value == 0
	})

	p.attempts(t)
	s.payments(t, p)
	s.carelessEntries()
	want := map[string]float64{
		"seckill_attempts_total{outcome=admitted,product=2}":      2,
		"seckill_attempts_total{outcome=repeated,product=2}":      1,
		"seckill_attempts_total{outcome=limit_reached,product=2}": 1,
		"seckill_attempts_total{outcome=sold_out,product=2}":      1,
		"seckill_attempts_total{outcome=not_started,product=3}":   1,
		"seckill_attempts_total{outcome=ended,product=4}":         1,
		"seckill_attempts_total{outcome=paused,product=3}":        1,
		"seckill_attempts_total{outcome=overloaded,product=2}":    0,
		"seckill_attempts_total{outcome=not_loaded,product=2}":    0,
		"seckill_attempts_total{outcome=unavailable,product=2}":   0,

		"seckill_logs_total{product=2,reason=,status=SUCCESS}":             2,
		"seckill_logs_total{product=2,reason=SOLD_OUT,status=FAILED}":      0,
		"seckill_logs_total{product=3,reason=NOT_STARTED,status=FAILED}":   0,
		"seckill_orders_total{product=2,status=PENDING_PAYMENT}":           2,
		"seckill_orders_total{product=2,status=PAID}":                      1,
		"seckill_orders_total{product=2,status=CANCELLED}":                 1,
		"seckill_orders_total{product=2,status=EXPIRED}":                   0,
		"seckill_late_payments_total{product=2}":                           1,
		"seckill_surplus_payments_total{kind=second,product=2}":            1,
		"seckill_dead_letters_total{product=2,reason=INVALID_UID}":         2,
		"seckill_dead_letters_total{product=2,reason=INVALID_TS}":          1,
		"seckill_dead_letters_total{product=2,reason=INVALID_RID}":         1,
		"seckill_dead_letters_total{product=2,reason=TOO_MANY_DELIVERIES}": 0,
		"seckill_dead_letters_open{product=2}":                             4,
		"seckill_entries_total{outcome=dead,product=2}":                    4,
		"seckill_stock{place=total,product=2}":                             2,
		"seckill_stock{place=sold,product=2}":                              1,
		"seckill_stock{place=left,product=2}":                              1,
		"seckill_stock{place=redis,product=2}":                             1,
		"seckill_stock{place=in_flight,product=2}":                         0,
		"seckill_books_drift{product=2}":                                   0,
		"seckill_gate_open{product=2}":                                     1,
		"seckill_product_info{mode=SETTLE,product=2,status=ACTIVE}":        1,
		"seckill_product_info{mode=SETTLE,product=3,status=PAUSED}":        1,
		"seckill_product_info{mode=RECORD,product=1,status=ACTIVE}":        1,
		"seckill_consumers_up{product=2}":                                  1,
		"seckill_redis_up{}":                                               1,
		"seckill_postgres_up{}":                                            1,
	}
	servertest.Eventually(t, "everything is counted", func() bool {
		values := p.read().values
		for key, value := range want {
			if got, found := values[key]; !found || got != value {
				return false
			}
		}
		return true
	}, func() string { return p.missing(want) })
	p.checkNames(t)
}
