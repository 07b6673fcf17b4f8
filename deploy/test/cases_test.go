package test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// kinds are the cases that every alert has. The name of a case begins with those of the
// alert and of its kind.
var kinds = []string{"fires", "does not fire", "stays just below", "resolves"}

// watchdog is the alert that fires always.
const watchdog = "SeckillWatchdog"

// ruleCase is a test of promtool.
type ruleCase struct {
	Name  string `yaml:"name"`
	Looks []struct {
		Expr    string `yaml:"expr"`
		Samples []any  `yaml:"exp_samples"`
	} `yaml:"promql_expr_test"`
}

// of returns the alert and the kind of a case; "" = none that is known.
func (c *ruleCase) of() (alert, kind string) {
	alert, rest, _ := strings.Cut(c.Name, " ")
	i := slices.IndexFunc(kinds, func(kind string) bool { return strings.HasPrefix(rest, kind) })
	if i < 0 {
		return alert, ""
	}
	return alert, kinds[i]
}

// shown says of each look in the case whether the alert is expected to be there.
func (c *ruleCase) shown(alert string) []bool {
	var shown []bool
	for _, look := range c.Looks {
		if strings.Contains(look.Expr, `alertname="`+alert+`"`) {
			shown = append(shown, len(look.Samples) > 0)
		}
	}
	return shown
}

// fits reports whether a case expects what its kind says.
func fits(kind string, shown []bool) bool {
	switch {
	case len(shown) == 0:
		return false
	case kind == "fires":
		return slices.Contains(shown, true)
	case kind == "resolves":
		return shown[0] && !shown[len(shown)-1]
	default:
		return kind != "" && !slices.Contains(shown, true)
	}
}

func caseFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(prometheus + "/tests/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	return files
}

func TestEveryAlertHasACaseOfEachKind(t *testing.T) {
	found := map[string]bool{}
	for _, file := range caseFiles(t) {
		var cases struct {
			Tests []ruleCase `yaml:"tests"`
		}
		readYAML(t, file, &cases)
		for _, c := range cases.Tests {
			alert, kind := c.of()
			if alert != watchdog && !fits(kind, c.shown(alert)) {
				t.Errorf("%s: %q does not expect what it says: %v", file, c.Name, c.shown(alert))
			}
			found[alert+" "+kind] = true
		}
	}
	for _, alert := range alertNames(t) {
		for _, kind := range kinds {
			if !found[alert+" "+kind] {
				t.Errorf("there is no case in which %s %s", alert, kind)
			}
		}
	}
}

func TestAlertsDoWhatTheirCasesSay(t *testing.T) {
	for _, file := range caseFiles(t) {
		name := filepath.Base(file)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			promtool(t, "promtool", "test", "rules", "tests/"+name)
		})
	}
}
