package test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/redis/go-redis/v9"

	"seckill/client"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// ofPrometheus are labels and series that Prometheus makes itself.
var ofPrometheus = []string{"job", "instance", "up", "ALERTS"}

// series are those that a service exports, by the name of the metric.
type series map[string][]map[string]string

var (
	sampleLine = regexp.MustCompile(`^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? \S+$`)
	aLabel     = regexp.MustCompile(`(\w+)="((?:[^"\\]|\\.)*)"`)
)

// parseSeries reads the text format of Prometheus.
func parseSeries(text string) series {
	all := series{}
	for line := range strings.Lines(text) {
		found := sampleLine.FindStringSubmatch(strings.TrimSpace(line))
		if found == nil {
			continue
		}
		one := map[string]string{}
		for _, label := range aLabel.FindAllStringSubmatch(found[2], -1) {
			one[label[1]] = label[2]
		}
		all[found[1]] = append(all[found[1]], one)
	}
	return all
}

// missing says what a selector names that is not exported: the metric, or one of the label
// values. Of alternatives each has to be there.
func (s series) missing(selector *parser.VectorSelector, recorded []string) []string {
	if slices.Contains(ofPrometheus, selector.Name) || slices.Contains(recorded, selector.Name) {
		return nil
	}
	if len(s[selector.Name]) == 0 {
		return []string{"metric " + selector.Name}
	}
	var all []string
	for _, want := range alternatives(selector.LabelMatchers) {
		if !slices.ContainsFunc(s[selector.Name], func(one map[string]string) bool { return includes(one, want) }) {
			all = append(all, fmt.Sprintf("%s with %v", selector.Name, want))
		}
	}
	return all
}

// alternatives are the sets of labels that matchers name.
func alternatives(matchers []*labels.Matcher) []map[string]string {
	all := []map[string]string{{}}
	for _, m := range matchers {
		if m.Name == model.MetricNameLabel || slices.Contains(ofPrometheus, m.Name) {
			continue
		}
		var next []map[string]string
		for value := range strings.SplitSeq(m.Value, "|") {
			for _, one := range all {
				with := maps.Clone(one)
				with[m.Name] = value
				next = append(next, with)
			}
		}
		all = next
	}
	return all
}

// includes reports whether a series has the wanted labels. A variable of a dashboard stands
// for any value.
func includes(one, want map[string]string) bool {
	for name, value := range want {
		if got, found := one[name]; !found || got != value && !strings.HasPrefix(value, "$") {
			return false
		}
	}
	return true
}

// has reports whether the series of a metric have a label.
func (s series) has(metric, label string) bool {
	return slices.Contains(ofPrometheus, label) || slices.Contains(ofPrometheus, metric) ||
		slices.ContainsFunc(s[metric], func(one map[string]string) bool { _, found := one[label]; return found })
}

// unknown says what an expression names that is not exported.
func (s series) unknown(expr parser.Expr, recorded []string) []string {
	var all []string
	grouped := func(of parser.Node, names []string) {
		for _, selector := range selectors(of) {
			for _, name := range names {
				if !slices.Contains(recorded, selector.Name) && !s.has(selector.Name, name) {
					all = append(all, fmt.Sprintf("label %s of %s", name, selector.Name))
				}
			}
		}
	}
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		switch n := node.(type) {
		case *parser.VectorSelector:
			all = append(all, s.missing(n, recorded)...)
		case *parser.AggregateExpr:
			grouped(n.Expr, n.Grouping)
		case *parser.BinaryExpr:
			if n.VectorMatching != nil {
				grouped(n.RHS, n.VectorMatching.MatchingLabels)
			}
		}
		return nil
	})
	return all
}

// selectors are those within a node.
func selectors(of parser.Node) []*parser.VectorSelector {
	var all []*parser.VectorSelector
	parser.Inspect(of, func(node parser.Node, _ []parser.Node) error {
		if selector, ok := node.(*parser.VectorSelector); ok {
			all = append(all, selector)
		}
		return nil
	})
	return all
}

// inTemplate finds the labels that an annotation names.
var inTemplate = regexp.MustCompile(`\$labels\.(\w+)`)

func TestWhatRulesNameIsExported(t *testing.T) {
	_, text := everyOutcome(t)
	exported, recorded := parseSeries(text), recordedSeries(t)
	for _, r := range readRules(t) {
		expr, err := parser.NewParser(parser.Options{}).ParseExpr(r.Expr)
		if err != nil {
			t.Fatalf("%s%s: %v", r.Alert, r.Record, err)
		}
		for _, what := range exported.unknown(expr, recorded) {
			t.Errorf("%s%s: there is no %s", r.Alert, r.Record, what)
		}
		for _, text := range r.Annotations {
			for _, found := range inTemplate.FindAllStringSubmatch(text, -1) {
				if !slices.ContainsFunc(selectors(expr), func(v *parser.VectorSelector) bool { return exported.has(v.Name, found[1]) }) {
					t.Errorf("%s: %q names a label that its series do not have", r.Alert, text)
				}
			}
		}
	}
}

// recordedSeries are those that the rules make.
func recordedSeries(t *testing.T) []string {
	t.Helper()
	var recorded []string
	for _, r := range readRules(t) {
		recorded = append(recorded, r.Record)
	}
	return recorded
}

func TestWhatIsNotExportedIsFound(t *testing.T) {
	exported := parseSeries("# HELP a_total of a\na_total{product=\"1\",outcome=\"x\"} 1\na_total{product=\"1\",outcome=\"y\"} 0\nb 2\n")
	for text, good := range map[string]bool{
		`a_total`:                                      true,
		`c_total`:                                      false,
		`a_total{outcome="x"}`:                         true,
		`a_total{outcome="z"}`:                         false,
		`a_total{product="$product"}`:                  true,
		`b{product="$product"}`:                        false,
		`rate(a_total{outcome=~"x|y"}[1m])`:            true,
		`rate(a_total{outcome=~"x|z"}[1m])`:            false,
		`sum by (job, product) (a_total)`:              true,
		`sum by (stock) (a_total)`:                     false,
		`b and on (job) a_total`:                       true,
		`a_total and on (job, product) b`:              false,
		`job:recorded:rate1m and on (product) a_total`: true,
		`up == 0`: true,
	} {
		expr, err := parser.NewParser(parser.Options{}).ParseExpr(text)
		if err != nil {
			t.Fatal(err)
		}
		if unknown := exported.unknown(expr, []string{"job:recorded:rate1m"}); (len(unknown) == 0) != good {
			t.Errorf("%s: unknown = %q", text, unknown)
		}
	}
}

// everyOutcome has a service sell, and much go wrong, and returns it with what it shows then:
// what a sale does, a sale that begins within a day, a dead letter, a group of somebody else
// that has not read for long, and a Redis with a bound.
func everyOutcome(t *testing.T) (r *replica, text string) {
	t.Helper()
	s := newSite(t)
	s.cli("CONFIG", "SET", "maxmemory", "1gb")
	r = s.start("a", ways{})
	ten := int64(10)
	r.sell(client.NewProduct{ProductID: 2001, StockTotal: &ten, StartsAt: time.Now().Add(-time.Hour), EndsAt: time.Now().Add(time.Hour), PaymentWindowSeconds: 600})
	r.sell(client.NewProduct{ProductID: 2002, StockTotal: &ten, StartsAt: time.Now().Add(time.Hour), EndsAt: time.Now().Add(2 * time.Hour)})
	r.sell(client.NewProduct{ProductID: 2003, StockTotal: &ten})
	if _, err := r.api("operator").PauseProduct(t.Context(), 2003); err != nil {
		t.Fatal(err)
	}
	if _, err := r.api("bff").Buy(t.Context(), 2001, 7, "", time.Minute); err != nil {
		t.Fatal(err)
	}
	key := seckill.StreamKey(2001)
	s.cli("XADD", key, "*", "uid", "nobody")
	s.foreignGroup(seckill.StreamKey(2003))

	r.kill()
	r.run() // the pre-flights of a sale are asked for at once
	servertest.Eventually(t, "everything is shown", func() bool {
		text = r.scrape()
		for _, late := range []string{"seckill_preflight_ready{", "seckill_stream_trim_held_seconds{", "seckill_redis_memory_max_bytes{", `place="in_flight"`, "seckill_stream_lag{"} {
			if !strings.Contains(text, late) {
				return false
			}
		}
		return true
	})
	return r, text
}

// foreignGroup makes a group that stands before entries of three hours ago.
func (s *site) foreignGroup(key string) {
	s.t.Helper()
	old := time.Now().Add(-3 * time.Hour).UnixMilli()
	if err := s.commands.Del(s.t.Context(), key).Err(); err != nil {
		s.t.Fatal(err)
	}
	for n := range 300 {
		id := seckill.StreamID{Ms: uint64(old), Seq: uint64(n)}.String()
		if err := s.commands.XAdd(s.t.Context(), &redis.XAddArgs{Stream: key, ID: id, Values: []string{"uid", "1"}}).Err(); err != nil {
			s.t.Fatal(err)
		}
	}
	s.cli("XGROUP", "CREATE", key, "g1", "$")
	s.cli("XGROUP", "CREATE", key, "analytics", "0")
}
