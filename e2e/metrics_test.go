package e2e

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// sample is a line of the text format of Prometheus: a name, labels or none, a value.
var sample = regexp.MustCompile(`^([a-z_]+)((?:\{(?:[a-z_]+="[^"]*",?)+\})?) (\S+)$`)

// page is what /metrics shows of ours: help by name, values by name and labels.
type page struct {
	help   map[string]string
	values map[string]float64
}

// read parses /metrics.
func (p *process) read() page {
	p.t.Helper()
	all := page{help: map[string]string{}, values: map[string]float64{}}
	for line := range strings.Lines(p.scrape()) {
		line = strings.TrimSpace(line)
		if text, found := strings.CutPrefix(line, "# HELP seckill_"); found {
			name, help, _ := strings.Cut(text, " ")
			if all.help["seckill_"+name] != "" {
				p.t.Errorf("a second help text: %s", line)
			}
			all.help["seckill_"+name] = help
		}
		if !strings.HasPrefix(line, "seckill_") {
			continue
		}
		found := sample.FindStringSubmatch(line)
		if found == nil {
			p.t.Fatalf("no line of the format: %s", line)
		}
		value, err := strconv.ParseFloat(found[3], 64)
		if err != nil {
			p.t.Fatalf("%s: %v", line, err)
		}
		all.values[found[1]+strings.ReplaceAll(found[2], `"`, "")] = value
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
	p := s.start("", "Admission: {PerUserPerSecond: 4}")
	p.ready()
	p.sell(2, `"stockTotal": 2, "perUserLimit": 1, "paymentWindowSeconds": 3600, "startsAt": "2020-01-01T00:00:00Z", "endsAt": "2099-01-01T00:00:00Z"`)
	p.sell(3, `"stockTotal": 1, "startsAt": "2098-01-01T00:00:00Z"`)
	p.sell(4, `"stockTotal": 1, "endsAt": "2020-01-01T00:00:00Z"`)
	servertest.Eventually(t, "the counters are there before anything happened", func() bool {
		value, found := p.read().values["seckill_attempts_total{outcome=sold_out,product=2}"]
		return found && value == 0
	})

	ended := p.attempts()
	s.payments(p)
	s.carelessEntries()
	want := map[string]float64{
		"seckill_attempts_total{outcome=admitted,product=2}":      2,
		"seckill_attempts_total{outcome=repeated,product=2}":      1,
		"seckill_attempts_total{outcome=limit_reached,product=2}": 1,
		"seckill_attempts_total{outcome=sold_out,product=2}":      1,
		"seckill_attempts_total{outcome=not_started,product=3}":   1,
		"seckill_attempts_total{outcome=ended,product=4}":         float64(ended),
		"seckill_attempts_total{outcome=rate_limited,product=4}":  1,
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
		"seckill_redis_up":                                                 1,
		"seckill_postgres_up":                                              1,
	}
	p.shows(want)
	p.checkNames()
}

// shows waits until /metrics shows the given values.
func (p *process) shows(want map[string]float64) {
	p.t.Helper()
	var off string
	defer func() {
		if p.t.Failed() {
			p.t.Logf("not shown: %s", off)
		}
	}()
	servertest.Eventually(p.t, "everything is counted", func() bool {
		off = ""
		values := p.read().values
		for _, key := range slices.Sorted(maps.Keys(want)) {
			if got, found := values[key]; !found || got != want[key] {
				off += fmt.Sprintf("%s = %v (%v), want %v; ", key, got, found, want[key])
			}
		}
		return off == ""
	})
}

// checkNames looks for every metric that is promised, each with a help text of its own.
func (p *process) checkNames() {
	p.t.Helper()
	all, names := p.read(), map[string]bool{}
	for key, value := range all.values {
		name, _, _ := strings.Cut(key, "{")
		names[name] = true
		if counted, found := strings.CutSuffix(name, "_count"); found && value > 0 {
			names[counted] = true
		}
	}
	for _, name := range promised {
		if !names[name] || all.help[name] == "" {
			p.t.Errorf("%s: shown %v, help %q", name, names[name], all.help[name])
		}
	}
	texts := slices.Sorted(maps.Values(all.help))
	if len(slices.Compact(texts)) != len(all.help) {
		p.t.Errorf("%d metrics share help texts: %q", len(all.help), texts)
	}
}

// attempts has every outcome of the gate but those of an outage. It returns how often the
// sale of product 4 had ended.
func (p *process) attempts() (ended int) {
	p.t.Helper()
	expect := func(product, user int, request string, codes ...string) {
		p.t.Helper()
		if a := p.try(product, user, request); len(codes) == 0 && !a.admitted() || len(codes) > 0 && !a.refused(codes...) {
			p.t.Errorf("user %d of product %d: %+v, want %v", user, product, a, codes)
		}
	}
	expect(2, 1, "one")
	expect(2, 1, "one") // again
	expect(2, 1, "", "LIMIT_REACHED")
	expect(2, 2, "")
	expect(2, 3, "", "SOLD_OUT")
	expect(3, 4, "", "NOT_STARTED")
	ended = 0
	for a := p.try(4, 5, ""); !a.refused("RATE_LIMITED"); a = p.try(4, 5, "") {
		if ended++; !a.refused("ENDED") {
			p.t.Fatalf("%+v, want ENDED until it is too often", a)
		}
	}
	p.do("/3/pause", "")
	expect(3, 6, "", "PAUSED")
	return ended
}

// payments has the orders of product 2 paid twice, and cancelled and paid.
func (s *site) payments(p *process) {
	s.t.Helper()
	servertest.Eventually(s.t, "both have an order", func() bool {
		return s.count("SELECT count(*) FROM seckill_orders WHERE product_id = 2") == 2
	})
	paid, cancelled := s.orderOf(2, 1), s.orderOf(2, 2)
	pay := func(order int, reference string, want int) {
		s.t.Helper()
		status, answer := p.call("bff", http.MethodPost, fmt.Sprintf("/api/v1/orders/%d/pay", order), `{"paymentRef": "`+reference+`"}`)
		if status != want {
			s.t.Errorf("pay %s: %d %v", reference, status, answer)
		}
	}
	pay(paid, "a", http.StatusOK)
	pay(paid, "b", http.StatusConflict)
	if status := p.cancel(cancelled); status != http.StatusOK {
		s.t.Errorf("cancel: %d", status)
	}
	pay(cancelled, "c", http.StatusConflict)
}

// carelessEntries writes entries that break a rule each.
func (s *site) carelessEntries() {
	s.t.Helper()
	for _, fields := range [][]string{{"uid", "0"}, {"user", "7"}, {"uid", "7", "ts", "yesterday"}, {"uid", "7", "rid", "two words"}} {
		if err := s.client.XAdd(s.t.Context(), &redis.XAddArgs{Stream: seckill.StreamKey(2), Values: fields}).Err(); err != nil {
			s.t.Fatal(err)
		}
	}
}
