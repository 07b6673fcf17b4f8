package reference

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"seckill/internal/metrics"
)

// Metric is a metric of the service.
type Metric struct {
	Name, Labels, Kind, Meaning string
}

// recorder is a registerer that keeps what is registered.
type recorder struct {
	prometheus.Registerer
	collectors []prometheus.Collector
}

// MustRegister implements prometheus.Registerer.
func (r *recorder) MustRegister(all ...prometheus.Collector) {
	r.collectors = append(r.collectors, all...)
	r.Registerer.MustRegister(all...)
}

// described is how client_golang writes a description; it has no other way to read one.
var described = regexp.MustCompile(`fqName: "([^"]+)", help: "((?:[^"\\]|\\.)*)", .*constLabels: \{\}, variableLabels: \{([^}]*)\}`)

// Metrics returns all metrics that the service registers, in that order.
func Metrics() ([]Metric, error) {
	r := &recorder{Registerer: prometheus.NewRegistry()}
	metrics.New(r)
	var all []Metric
	for _, collector := range r.collectors {
		descriptions := make(chan *prometheus.Desc, 8)
		collector.Describe(descriptions)
		close(descriptions)
		for description := range descriptions {
			found := described.FindStringSubmatch(description.String())
			if found == nil {
				return nil, fmt.Errorf("cannot read %s", description)
			}
			all = append(all, Metric{found[1], found[3], kindOf(collector), strings.TrimSuffix(found[2], ".")})
		}
	}
	return all, nil
}

func kindOf(collector prometheus.Collector) string {
	switch collector.(type) {
	case *prometheus.CounterVec, prometheus.Counter:
		if _, gauge := collector.(prometheus.Gauge); gauge { // a gauge has the methods of a counter
			return "gauge"
		}
		return "counter"
	case *prometheus.GaugeVec:
		return "gauge"
	default:
		return "histogram"
	}
}

func metricTable(all []Metric) string {
	var rows [][]string
	for _, m := range all {
		name := m.Name
		if m.Labels != "" {
			name += "{" + m.Labels + "}"
		}
		rows = append(rows, []string{quoted(name), m.Kind, m.Meaning})
	}
	return tableOf([]string{"metric", "kind", "meaning"}, rows)
}
