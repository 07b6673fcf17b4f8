package reference

import (
	"embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"
)

//go:embed text/zh/cli.yaml
var commandTexts embed.FS

// CommandGroup is a group of commands of seckillctl, or a command that stands alone.
type CommandGroup struct {
	Name     string
	Commands string // table
	Flags    string // table; "" when it has none of its own
}

// chineseCommands returns what each command does, in Chinese, by its path without the name
// of the program.
func chineseCommands() (map[string]string, error) {
	text, err := commandTexts.ReadFile("text/zh/cli.yaml")
	if err != nil {
		return nil, fmt.Errorf("read the Chinese texts of commands: %w", err)
	}
	var texts map[string]string
	if err := yaml.Unmarshal(text, &texts); err != nil {
		return nil, fmt.Errorf("read the Chinese texts of commands: %w", err)
	}
	return texts, nil
}

// commandGroups describes the commands of seckillctl in a language: by the words of the
// tree itself in English, by texts in Chinese.
func commandGroups(tree *cobra.Command, language string) ([]CommandGroup, error) {
	texts := map[string]string{}
	if language == "zh" {
		var err error
		if texts, err = chineseCommands(); err != nil {
			return nil, err
		}
	}
	var groups []CommandGroup
	for _, cmd := range tree.Commands() {
		if cmd.Name() == "help" {
			continue
		}
		group, err := commandGroup(cmd, language, texts)
		if err != nil {
			return nil, err
		}
		groups = append(groups, group)
	}
	return groups, nil
}

func commandGroup(group *cobra.Command, language string, texts map[string]string) (CommandGroup, error) {
	made := CommandGroup{Name: group.Name()}
	var rows [][]string
	for _, cmd := range leavesOf(group) {
		what := cmd.Short
		if language == "zh" {
			if what = texts[pathOf(cmd)]; what == "" {
				return made, fmt.Errorf("internal/reference/text/zh/cli.yaml has no text for %s", pathOf(cmd))
			}
		}
		rows = append(rows, []string{quoted(usageOf(cmd)), what})
	}
	made.Commands = tableOf([]string{"command", "what it does"}, rows)
	made.Flags = flagTable(leavesOf(group))
	return made, nil
}

// leavesOf returns the commands of a group, or a command that stands alone. What completes a
// shell stands for all shells.
func leavesOf(group *cobra.Command) []*cobra.Command {
	if !group.HasSubCommands() || group.Name() == "completion" {
		return []*cobra.Command{group}
	}
	return group.Commands()
}

func pathOf(cmd *cobra.Command) string {
	_, path, _ := strings.Cut(cmd.CommandPath(), " ")
	return path
}

func usageOf(cmd *cobra.Command) string {
	if cmd.Name() == "completion" {
		return cmd.CommandPath() + " bash|zsh|fish|powershell"
	}
	return strings.TrimSuffix(cmd.UseLine(), " [flags]")
}

// flagOf is a flag, and the commands that have it.
type flagOf struct {
	flag *pflag.Flag
	of   []string
}

// flagTable describes the flags of commands, each once.
func flagTable(commands []*cobra.Command) string {
	found := map[string]*flagOf{}
	for _, cmd := range commands {
		note := func(f *pflag.Flag) {
			key := f.Name + " " + f.Usage
			if f.Name == "help" || f.Hidden {
				return
			}
			if found[key] == nil {
				found[key] = &flagOf{flag: f}
			}
			found[key].of = append(found[key].of, quoted(cmd.Name()))
		}
		cmd.LocalNonPersistentFlags().VisitAll(note)
		if group := cmd.Parent(); group.HasParent() {
			group.PersistentFlags().VisitAll(note)
		}
	}
	if len(found) == 0 {
		return ""
	}
	var rows [][]string
	for _, key := range slices.Sorted(maps.Keys(found)) {
		f := found[key]
		rows = append(rows, append([]string{flagName(f.flag), strings.Join(f.of, ", ")}, flagCells(f.flag)...))
	}
	return tableOf([]string{"flag", "of", "default", "meaning"}, rows)
}

// commonFlags describes the flags of every command.
func commonFlags(tree *cobra.Command) string {
	var rows [][]string
	tree.PersistentFlags().VisitAll(func(f *pflag.Flag) {
		rows = append(rows, append([]string{flagName(f)}, flagCells(f)...))
	})
	return tableOf([]string{"flag", "default", "meaning"}, rows)
}

func flagName(f *pflag.Flag) string {
	name := quoted("--" + f.Name)
	if f.Shorthand != "" {
		name += ", " + quoted("-"+f.Shorthand)
	}
	return name
}

// flagCells returns the default of a flag and its meaning.
func flagCells(f *pflag.Flag) []string {
	preset := f.DefValue
	if slices.Contains([]string{"[]", "false", "0", "0s"}, preset) { // nothing
		preset = ""
	}
	return []string{quoted(preset), f.Usage}
}
