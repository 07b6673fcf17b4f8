package docs

import (
	"slices"
	"testing"
)

func TestConsoleBlocksAreReadAsCommandsAndOutput(t *testing.T) {
	p := parse("docs/en/how-to/x.md", "# X\n\n<!-- console\n$ A=1\n-->\n\n1. One\n\n   ```console\n   $ echo $A\n   1\n   $ cat > f <<END\n   > Port: 1\n   >\n   > END\n   $ cat f\n   > quoted\n\n   ```\n\n```bash\n$ never run\n```\n")
	steps := p.steps(t)
	want := []step{
		{line: 4, command: "A=1"},
		{line: 10, command: "echo $A", output: []string{"1"}, shown: true},
		{line: 12, command: "cat > f <<END\nPort: 1\n\nEND", shown: true},
		{line: 16, command: "cat f\nquoted", shown: true},
	}
	if !slices.EqualFunc(steps, want, func(a, b step) bool { return a.line == b.line && a.shown == b.shown && sameStep(a, b) }) {
		t.Errorf("steps = %+v\nwant    %+v", steps, want)
	}
	if !p.isRun() {
		t.Error("the page is not run")
	}
}

func TestLinksAndTablesAreReadOutsideOfCode(t *testing.T) {
	p := parse("x.md", "# A\n\n[a](b.md#c) and `[no](link.md)`\n\n```bash\n[no](link.md)\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n")
	if len(p.links) != 1 || p.links[0] != (link{3, "b.md#c"}) {
		t.Errorf("links = %+v", p.links)
	}
	if len(p.tables) != 1 || p.tables[0] != (table{10, 2, 2}) {
		t.Errorf("tables = %+v", p.tables)
	}
}
