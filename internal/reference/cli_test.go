package reference

import (
	"strings"
	"testing"

	"seckill/internal/ctl"
)

// TestEveryCommandIsDescribedInBothLanguages holds for the tree as it is: a command without
// a Chinese text is an error of the page.
func TestEveryCommandIsDescribedInBothLanguages(t *testing.T) {
	texts, err := chineseCommands()
	if err != nil {
		t.Fatal(err)
	}
	commands := 0
	for _, group := range ctl.Tree().Commands() {
		if group.Name() == "help" {
			continue
		}
		for _, cmd := range leavesOf(group) {
			commands++
			if cmd.Short == "" || strings.HasSuffix(cmd.Short, ".") {
				t.Errorf("%s: what it does is %q", pathOf(cmd), cmd.Short)
			}
			if texts[pathOf(cmd)] == "" {
				t.Errorf("text/zh/cli.yaml has no text for %s", pathOf(cmd))
			}
		}
	}
	if commands < 45 {
		t.Errorf("the tree has only %d commands", commands)
	}
}

func TestFlagsAreDescribedOnce(t *testing.T) {
	groups, err := commandGroups(ctl.Tree(), "en")
	if err != nil {
		t.Fatal(err)
	}
	for _, group := range groups {
		rows := map[string]bool{}
		for row := range strings.SplitSeq(group.Flags, "\n") {
			if rows[row] || strings.HasSuffix(row, "| |") {
				t.Errorf("%s: %s", group.Name, row)
			}
			rows[row] = true
		}
	}
	if !strings.Contains(commonFlags(ctl.Tree()), "| `--timeout` | `10s` |") {
		t.Errorf("the flags of every command are\n%s", commonFlags(ctl.Tree()))
	}
}
