package test

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"seckill/internal/runbook"
)

// prometheus is the folder of what Prometheus needs.
const prometheus = root + "/deploy/prometheus"

// rulesFile is the file of all rules.
const rulesFile = prometheus + "/seckill.rules.yaml"

// rule is a rule of Prometheus: an alert, or a record.
type rule struct {
	Record      string            `yaml:"record"`
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

// ruleGroup is the rules that are evaluated together.
type ruleGroup struct {
	Name  string `yaml:"name"`
	Rules []rule `yaml:"rules"`
}

func readGroups(t *testing.T) []ruleGroup {
	t.Helper()
	var file struct {
		Groups []ruleGroup `yaml:"groups"`
	}
	readYAML(t, rulesFile, &file)
	return file.Groups
}

// readRules returns the rules of all groups.
func readRules(t *testing.T) []rule {
	t.Helper()
	var all []rule
	for _, group := range readGroups(t) {
		all = append(all, group.Rules...)
	}
	return all
}

// alertNames returns the names of all alerts, sorted, each once.
func alertNames(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, r := range readRules(t) {
		if r.Alert != "" {
			names = append(names, r.Alert)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func readYAML(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		err = yaml.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func TestTheFilesOfPrometheusAreValid(t *testing.T) {
	for _, words := range [][]string{
		{"promtool", "check", "rules", "seckill.rules.yaml"},
		{"promtool", "check", "config", "prometheus.yaml"},
		{"amtool", "check-config", "alertmanager.yaml"},
	} {
		t.Run(strings.Join(words, " "), func(t *testing.T) { promtool(t, words...) })
	}
}

// promtool runs a command in the folder of the rules.
func promtool(t *testing.T, words ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), program(t, words[0]), words[1:]...)
	command.Dir = prometheus
	if out, err := command.CombinedOutput(); err != nil {
		t.Errorf("%v: %v\n%s", words, err, out)
	}
}

func TestEveryAlertSaysWhatToDo(t *testing.T) {
	panels := map[string][]string{}
	for _, d := range readDashboards(t) {
		panels[d.Title] = titles(d.Panels)
	}
	for _, r := range readRules(t) {
		if r.Alert == "" {
			continue
		}
		if !slices.Contains([]string{"page", "ticket", "none"}, r.Labels["severity"]) {
			t.Errorf("%s: severity %q", r.Alert, r.Labels["severity"])
		}
		for _, name := range []string{"summary", "description", "impact", "panel", "runbook_url"} {
			if r.Annotations[name] == "" {
				t.Errorf("%s has no %s", r.Alert, name)
			}
		}
		if want := "{{ $externalLabels.seckill_url }}/admin/v1/runbooks/" + r.Alert; r.Annotations["runbook_url"] != want {
			t.Errorf("%s: runbook_url %q", r.Alert, r.Annotations["runbook_url"])
		}
		for _, language := range []string{runbook.English, runbook.Chinese} {
			if _, err := runbook.Text(language, r.Alert); err != nil {
				t.Errorf("%s has no runbook in %s", r.Alert, language)
			}
		}
		dashboard, panel, _ := strings.Cut(r.Annotations["panel"], " / ")
		if !slices.Contains(panels[dashboard], panel) {
			t.Errorf("%s: there is no panel %q", r.Alert, r.Annotations["panel"])
		}
	}
}

func TestEveryRunbookIsOfAnAlert(t *testing.T) {
	named, err := runbook.Alerts()
	if err != nil {
		t.Fatal(err)
	}
	if alerts := alertNames(t); !slices.Equal(alerts, named) {
		t.Errorf("alerts %q, runbooks %q", alerts, named)
	}
}
