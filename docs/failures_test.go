package docs

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	testFunction = regexp.MustCompile(`(?m)^func (Test\w+)\(\w \*testing\.[TM]\)`)
	testName     = regexp.MustCompile("`(Test[A-Z]\\w*)(?:/[^`]*)?`")
	alertLink    = regexp.MustCompile(`^(?:\[Seckill\w+\](?:, |、)?)*$`)
)

// testNames are the tests of the repository, those of other modules in it too.
func testNames(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && path != root && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		for _, found := range testFunction.FindAllStringSubmatch(string(text), -1) {
			names[found[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestTestsThatPagesNameExist(t *testing.T) {
	names := testNames(t)
	for _, p := range pages(t) {
		if p.path == "CHANGELOG.md" { // tells of what was
			continue
		}
		for _, l := range p.prose {
			for _, found := range testName.FindAllStringSubmatch(l.text, -1) {
				if !names[found[1]] {
					t.Errorf("%s:%d: there is no test %s", p.path, l.number, found[1])
				}
			}
		}
	}
}

// failure is a row of the failure matrix: what proves it, and the alert whose runbook helps.
type failure struct {
	line          int
	tests, alerts []string
	problem       string
}

// failures reads the rows of the tables that say which test proves what.
func (p *page) failures() []failure {
	var all []failure
	tests, alerts := -1, -1 // columns
	for _, l := range p.prose {
		if !strings.HasPrefix(l.text, "|") {
			tests = -1
			continue
		}
		cells := cellsOf(l.text)
		switch {
		case tests < 0:
			tests = slices.IndexFunc(cells, func(c string) bool { return c == "test" || c == "测试" })
			alerts = slices.IndexFunc(cells, func(c string) bool { return c == "alert" || c == "告警" })
			if tests < 0 {
				tests = len(cells) // a table of something else
			}
		case tests < len(cells) && !delimiter.MatchString(l.text):
			all = append(all, readFailure(l.number, cells, tests, alerts))
		}
	}
	return all
}

// cellsOf splits a row of a table at the bars that are not within code.
func cellsOf(row string) []string {
	row = code.ReplaceAllStringFunc(row, func(c string) string { return strings.ReplaceAll(c, "|", "¦") })
	cells := strings.Split(strings.TrimSuffix(strings.TrimPrefix(row, "|"), "|"), "|")
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
	}
	return cells
}

func readFailure(number int, cells []string, tests, alerts int) failure {
	f := failure{line: number}
	for _, found := range testName.FindAllStringSubmatch(cells[tests], -1) {
		f.tests = append(f.tests, found[1])
	}
	for i, cell := range cells {
		switch {
		case i == alerts && !alertLink.MatchString(cell):
			f.problem = fmt.Sprintf("the alert %q is no link to its runbook", cell)
		case cell == "" && i != alerts:
			f.problem = fmt.Sprintf("cell %d is empty", i+1)
		}
	}
	if alerts >= 0 {
		f.alerts = strings.FieldsFunc(cells[alerts], func(r rune) bool { return strings.ContainsRune("[], 、", r) })
	}
	if len(f.tests) == 0 {
		f.problem = "no test proves it"
	}
	return f
}

// matrix are the pages that say what happens when a part fails.
var matrix = []string{"failure-matrix", "failures-of-redis", "failures-of-postgresql"}

// TestEveryFailureHasATest: in both languages the same ones. That they exist is
// TestTestsThatPagesNameExist, that runbooks are there TestLinksLeadSomewhere.
func TestEveryFailureHasATest(t *testing.T) {
	all := pages(t)
	for _, name := range matrix {
		en, zh := find(all, "docs/en/explanation/"+name+".md"), find(all, "docs/zh/explanation/"+name+".md")
		if en == nil || zh == nil {
			t.Errorf("there is no page %s in both languages", name)
			continue
		}
		rows, others := en.failures(), zh.failures()
		if len(rows) == 0 || len(rows) != len(others) {
			t.Errorf("%s has %d rows, in Chinese %d", name, len(rows), len(others))
			continue
		}
		for i, f := range rows {
			if f.problem != "" {
				t.Errorf("%s:%d: %s", en.path, f.line, f.problem)
			}
			if others[i].problem != "" {
				t.Errorf("%s:%d: %s", zh.path, others[i].line, others[i].problem)
			}
			if !slices.Equal(f.tests, others[i].tests) || !slices.Equal(f.alerts, others[i].alerts) {
				t.Errorf("%s:%d names %q and %q, line %d in Chinese %q and %q", en.path, f.line, f.tests, f.alerts, others[i].line, others[i].tests, others[i].alerts)
			}
		}
	}
}

func TestFailuresWithoutATestAreFound(t *testing.T) {
	const head = "| failure | test | alert |\n|---|---|---|\n"
	for row, good := range map[string]bool{
		"| it dies | `TestItDies` | [SeckillReplicaDown] |":            true,
		"| it dies | `TestItDies`, `TestItLives` | |":                  true,
		"| it says `a \\| b` | `TestItSays/en` | |":                    true,
		"| it dies | TestItDies | |":                                   false,
		"| it dies | | [SeckillReplicaDown] |":                         false,
		"| | `TestItDies` | |":                                         false,
		"| it dies | `TestItDies` | SeckillReplicaDown |":              false,
		"| it dies | `TestItDies` | [SeckillA], [SeckillB] |":          true,
		"| 它停止 | `TestItDies`、`TestItLives` | [SeckillA]、[SeckillB] |": true,
	} {
		p := parse("docs/en/x.md", "# A\n\n| a | b |\n|---|---|\n| 1 | |\n\n"+head+row+"\n")
		rows := p.failures()
		if len(rows) != 1 {
			t.Errorf("%s: %d rows", row, len(rows))
		} else if (rows[0].problem == "") != good {
			t.Errorf("%s: %q", row, rows[0].problem)
		}
	}
}
