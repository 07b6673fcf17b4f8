package test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql/parser"

	"seckill/internal/servertest"
)

// dashboardJSON is what the tests here need of a dashboard of Grafana; that it is a sound
// one is tested beside what writes it, in deploy/grafana/generate.
type dashboardJSON struct {
	Title      string      `json:"title"`
	Panels     []panelJSON `json:"panels"`
	Templating struct {
		List []struct {
			Name  string `json:"name"`
			Type  string `json:"type"`
			Query any    `json:"query"`
		} `json:"list"`
	} `json:"templating"`
	Annotations struct {
		List []target `json:"list"`
	} `json:"annotations"`
}

// panelJSON is a panel of Grafana; a row that is folded holds its panels itself.
type panelJSON struct {
	Title   string      `json:"title"`
	Panels  []panelJSON `json:"panels"`
	Targets []target    `json:"targets"`
}

// target is a query of a panel or of an annotation.
type target struct {
	Expr   string `json:"expr"`
	Legend string `json:"legendFormat"`
}

// readDashboards reads those of deploy/grafana.
func readDashboards(t *testing.T) []dashboardJSON {
	t.Helper()
	files, err := filepath.Glob(root + "/deploy/grafana/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no dashboards: %v", err)
	}
	all := make([]dashboardJSON, len(files))
	for i, file := range files {
		text, err := os.ReadFile(file)
		if err == nil {
			err = json.Unmarshal(text, &all[i])
		}
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
	return all
}

func titles(panels []panelJSON) []string {
	var all []string
	for _, p := range panels {
		all = append(append(all, p.Title), titles(p.Panels)...)
	}
	return all
}

// question is a query of a dashboard, and where it stands.
type question struct {
	where string
	target
}

// questions are those of all dashboards.
func questions(t *testing.T) []question {
	t.Helper()
	var all []question
	for _, d := range readDashboards(t) {
		for _, a := range d.Annotations.List {
			if a.Expr != "" {
				all = append(all, question{d.Title + " / annotation", a})
			}
		}
		for _, p := range d.Panels {
			for _, one := range slices.Concat(p.Targets, targets(p.Panels)) {
				all = append(all, question{d.Title + " / " + p.Title, one})
			}
		}
	}
	return all
}

func targets(panels []panelJSON) []target {
	var all []target
	for _, p := range panels {
		all = append(all, p.Targets...)
	}
	return all
}

// ranged puts in the durations that Grafana knows.
var ranged = strings.NewReplacer("$__rate_interval", "1m", "$__range", "15m")

// asked is the query as Grafana sends it, with a product chosen.
func (q question) asked(product string) string {
	return strings.NewReplacer("$job", "seckill", "$product", product).Replace(ranged.Replace(q.Expr))
}

// parsed is the query with its variables of labels in it.
func (q question) parsed(t *testing.T) parser.Expr {
	t.Helper()
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(ranged.Replace(q.Expr))
	if err != nil {
		t.Fatalf("%s: %s: %v", q.where, q.Expr, err)
	}
	return expr
}

// nothingIsWrong are queries that find nothing as long as all is well, or nobody buys.
var nothingIsWrong = []string{"Sale / Sold out in"}

// TestWhatDashboardsAskIsAnswered: each metric, label and value is one that the service
// exports, and a real Prometheus that has watched it answers each query with what its legend
// names.
func TestWhatDashboardsAskIsAnswered(t *testing.T) {
	r, text := everyOutcome(t)
	exported, recorded, all := parseSeries(text), recordedSeries(t), questions(t)
	for _, q := range all {
		for _, what := range exported.unknown(q.parsed(t), recorded) {
			t.Errorf("%s: there is no %s", q.where, what)
		}
	}
	exported.variables(t)
	w := watch(t, map[string][]*replica{"seckill": {r}})
	servertest.Eventually(t, "Prometheus has looked", func() bool { return w.value("seckill_build_info") != "" })
	if _, err := r.api("bff").Buy(t.Context(), 2001, 8, "", time.Minute); err != nil { // a rise, for what is a rate
		t.Fatal(err)
	}
	for _, q := range all {
		if slices.Contains(nothingIsWrong, q.where) {
			w.answers(q) // fails on what Prometheus does not understand
			continue
		}
		servertest.Eventually(t, q.where+" is answered: "+q.Expr, func() bool { return w.answers(q) })
	}
}

// inLegend finds the labels that a legend names.
var inLegend = regexp.MustCompile(`{{(\w+)}}`)

// answers reports whether Prometheus has an answer to a query, for one of the products, that
// has the labels of its legend.
func (w *watcher) answers(q question) bool {
	w.t.Helper()
	for _, product := range []string{"2001", "2002", "2003"} {
		var data struct {
			Result []struct {
				Metric map[string]string `json:"metric"`
			} `json:"result"`
		}
		w.get("/api/v1/query", url.Values{"query": {q.asked(product)}}, &data)
		for _, one := range data.Result {
			if !slices.ContainsFunc(inLegend.FindAllStringSubmatch(q.Legend, -1), func(label []string) bool { return one.Metric[label[1]] == "" && label[1] != "reason" }) {
				return true
			}
		}
	}
	return false
}

// labelValues is how a variable asks for its values.
var labelValues = regexp.MustCompile(`^label_values\((\w+)(?:\{.*\})?, (\w+)\)$`)

// variables checks that those of the dashboards have values to choose from.
func (s series) variables(t *testing.T) {
	t.Helper()
	for _, d := range readDashboards(t) {
		for _, v := range d.Templating.List {
			if v.Type != "query" {
				continue
			}
			found := labelValues.FindStringSubmatch(fmt.Sprint(v.Query))
			if found == nil || !s.has(found[1], found[2]) {
				t.Errorf("%s: variable %s asks for %v, which nobody exports", d.Title, v.Name, v.Query)
			}
		}
	}
}
