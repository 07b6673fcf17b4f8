package reference

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// AlertGroup is the alerts that are evaluated together.
type AlertGroup struct {
	Name     string
	Interval string // how often they are evaluated
	Alerts   []Alert
	Records  string // a table of what is recorded for them, "" = nothing
}

// Alert is what goes by one name.
type Alert struct {
	Name, Panel, Impact string
	Rules               []AlertRule // several, where an alert has several pairs of windows
}

// AlertRule is one expression by which an alert fires.
type AlertRule struct {
	Severity string
	For      string // how long it has to hold, "" = not at all
	Window   string // the long one of a burn rate, "" = none
	Expr     string
}

// Alerts reads the rules of Prometheus.
func Alerts(root string) ([]AlertGroup, error) {
	text, err := os.ReadFile(filepath.Join(root, "deploy", "prometheus", "seckill.rules.yaml"))
	if err != nil {
		return nil, fmt.Errorf("read the rules: %w", err)
	}
	var file struct {
		Groups []struct {
			Name     string     `yaml:"name"`
			Interval string     `yaml:"interval"`
			Rules    []ruleText `yaml:"rules"`
		} `yaml:"groups"`
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("read the rules: %w", err)
	}
	groups := make([]AlertGroup, len(file.Groups))
	for i, g := range file.Groups {
		groups[i] = AlertGroup{Name: g.Name, Interval: g.Interval, Records: recordTable(g.Rules)}
		for _, r := range g.Rules {
			if r.Alert != "" {
				groups[i].add(r)
			}
		}
	}
	return groups, nil
}

// ruleText is a rule as it stands in the file.
type ruleText struct {
	Record      string            `yaml:"record"`
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

// add puts a rule to the others of its alert.
func (g *AlertGroup) add(r ruleText) {
	at := slices.IndexFunc(g.Alerts, func(a Alert) bool { return a.Name == r.Alert })
	if at < 0 {
		at = len(g.Alerts)
		g.Alerts = append(g.Alerts, Alert{Name: r.Alert, Panel: r.Annotations["panel"], Impact: r.Annotations["impact"]})
	}
	g.Alerts[at].Rules = append(g.Alerts[at].Rules, AlertRule{
		Severity: r.Labels["severity"], For: r.For, Window: r.Labels["window"], Expr: strings.TrimSpace(r.Expr),
	})
}

// recordTable makes a table of what is recorded.
func recordTable(rules []ruleText) string {
	var rows [][]string
	for _, r := range rules {
		if r.Record != "" {
			rows = append(rows, []string{quoted(r.Record), quoted(strings.Join(strings.Fields(r.Expr), " "))})
		}
	}
	if len(rows) == 0 {
		return ""
	}
	return tableOf([]string{"record", "expression"}, rows)
}
