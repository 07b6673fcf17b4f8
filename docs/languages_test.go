package docs

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// pairs are the pages of both languages, English first.
func pairs(t *testing.T) [][2]*page {
	t.Helper()
	all := pages(t)
	var made [][2]*page
	for i := range all {
		path := all[i].path
		other := strings.Replace(path, "docs/en/", "docs/zh/", 1)
		switch {
		case path == "README.md":
			other = "README-cn.md"
		case strings.HasPrefix(path, "docs/zh/"):
			if find(all, strings.Replace(path, "docs/zh/", "docs/en/", 1)) == nil {
				t.Errorf("%s has no page in English", path)
			}
			continue
		case !strings.HasPrefix(path, "docs/en/"):
			continue
		}
		if p := find(all, other); p != nil {
			made = append(made, [2]*page{&all[i], p})
		} else {
			t.Errorf("%s has no page in Chinese", path)
		}
	}
	return made
}

func TestBothLanguagesAreAlike(t *testing.T) {
	for _, pair := range pairs(t) {
		for _, problem := range differences(pair[0], pair[1]) {
			t.Errorf("%s and %s: %s", pair[0].path, pair[1].path, problem)
		}
	}
}

// differences says in what the structure of two pages differs.
func differences(a, b *page) []string {
	var problems []string
	if len(a.headings) != len(b.headings) {
		problems = append(problems, fmt.Sprintf("%d and %d headings", len(a.headings), len(b.headings)))
	}
	for i := range min(len(a.headings), len(b.headings)) {
		if a.headings[i].level != b.headings[i].level {
			problems = append(problems, fmt.Sprintf("levels of %q and %q", a.headings[i].text, b.headings[i].text))
		}
	}
	if len(a.blocks) != len(b.blocks) {
		problems = append(problems, fmt.Sprintf("%d and %d code blocks", len(a.blocks), len(b.blocks)))
	}
	for i := range min(len(a.blocks), len(b.blocks)) {
		if !a.blocks[i].like(&b.blocks[i]) {
			problems = append(problems, fmt.Sprintf("the blocks at lines %d and %d", a.blocks[i].line, b.blocks[i].line))
		}
	}
	if len(a.tables) != len(b.tables) {
		problems = append(problems, fmt.Sprintf("%d and %d tables", len(a.tables), len(b.tables)))
	}
	for i := range min(len(a.tables), len(b.tables)) {
		if x, y := a.tables[i], b.tables[i]; x.columns != y.columns || x.rows != y.rows {
			problems = append(problems, fmt.Sprintf("the tables at lines %d (%d×%d) and %d (%d×%d)", x.line, x.columns, x.rows, y.line, y.columns, y.rows))
		}
	}
	return problems
}

// like reports whether two blocks are the same but for comments, and for the words in a
// picture or a plain text.
func (b *block) like(other *block) bool {
	if b.info != other.info || b.hidden != other.hidden {
		return false
	}
	if b.info == "mermaid" || b.info == "text" || b.info == "" {
		return strings.Count(b.text, "\n") == strings.Count(other.text, "\n")
	}
	return slices.Equal(b.withoutComments(), other.withoutComments())
}

// withoutComments are the lines of a block without their comments.
func (b *block) withoutComments() []string {
	var lines []string
	for text := range strings.Lines(b.text) {
		if b.info != "console" {
			for _, mark := range []string{"#", "//", "--"} {
				if strings.HasPrefix(strings.TrimSpace(text), mark) {
					text = ""
				} else if at := strings.Index(text, " "+mark+" "); at >= 0 {
					text = text[:at]
				}
			}
		}
		lines = append(lines, strings.TrimSpace(text))
	}
	return lines
}

func TestDifferencesBetweenLanguagesAreFound(t *testing.T) {
	en := "# A\n\n## B\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```bash\nmake run # to run\n```\n"
	for name, c := range map[string]struct {
		zh   string
		same bool
	}{
		"the same":           {strings.NewReplacer("A", "甲", "B", "乙", "to run", "运行").Replace(en), true},
		"a heading less":     {strings.Replace(en, "## B", "", 1), false},
		"a heading too deep": {strings.Replace(en, "## B", "### B", 1), false},
		"a column less":      {strings.Replace(en, "|---|---|", "|---|", 1), false},
		"a row more":         {strings.Replace(en, "| 1 | 2 |", "| 1 | 2 |\n| 3 | 4 |", 1), false},
		"another command":    {strings.Replace(en, "make run", "make", 1), false},
		"another kind":       {strings.Replace(en, "bash", "yaml", 1), false},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := parse("docs/en/x.md", en), parse("docs/zh/x.md", c.zh)
			if problems := differences(&a, &b); (len(problems) == 0) != c.same {
				t.Errorf("differences = %q", problems)
			}
		})
	}
}
