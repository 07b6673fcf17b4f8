package ctl

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"seckill/docs"
	"seckill/internal/ctl/printer"
	"seckill/internal/preflight"
)

// explanation is what is known of a code.
type explanation struct {
	Name string `json:"name"`
	Kind string `json:"kind"` // error or check
	Text string `json:"text"` // Markdown
}

func (a *App) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain CODE",
		Short: "Say what an error code or a check of the pre-flight means, and what to do",
		Long: `Say what an error code or a check of the pre-flight means, and what to do. It needs no service; without
an argument it lists what can be explained.`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeExplained,
		RunE: func(_ *cobra.Command, args []string) error {
			all, err := explanations()
			if err != nil {
				return err
			}
			if len(args) == 0 {
				return listOwn(a, explanationKind, all)
			}
			for _, e := range all {
				if strings.EqualFold(e.Name, args[0]) {
					return a.showExplanation(e)
				}
			}
			return &exitError{ExitNotFound, fmt.Errorf("nothing is called %s; seckillctl explain lists what is", args[0])}
		},
	}
}

var explanationKind = printer.Kind[explanation]{
	Name: "explanation",
	ID:   func(e explanation) string { return e.Name },
	Columns: []printer.Column[explanation]{
		{Head: "name", Value: func(e explanation) string { return e.Name }},
		{Head: "kind", Value: func(e explanation) string { return e.Kind }},
	},
}

// showExplanation prints the text, which is Markdown that reads well as it is.
func (a *App) showExplanation(e explanation) error {
	p := a.printer()
	if !p.Format().People() {
		return showOwn(a, explanationKind, e)
	}
	return p.Text(e.Text)
}

// explanations returns what can be explained: codes of errors, then checks.
func explanations() ([]explanation, error) {
	errors, err := errorExplanations()
	if err != nil {
		return nil, err
	}
	return slices.Concat(errors, checkExplanations()), nil
}

// errorExplanations reads the table of error codes.
func errorExplanations() (all []explanation, err error) {
	page, err := docs.Errors.ReadFile("en/reference/errors.md")
	if err != nil {
		return nil, fmt.Errorf("read the reference of errors: %w", err)
	}
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if len(cells) != 3 || !strings.HasPrefix(cells[1], "`") {
			continue
		}
		name := strings.Trim(cells[1], "`")
		all = append(all, explanation{Name: name, Kind: "error", Text: fmt.Sprintf("# %s\n\nHTTP status %s: %s.\n",
			name, strings.TrimSpace(cells[0]), strings.ReplaceAll(strings.TrimSpace(cells[2]), `\|`, "|"))})
	}
	return all, nil
}

// checkExplanations makes a text of each check of the pre-flight.
func checkExplanations() []explanation {
	checks := preflight.Checks()
	all := make([]explanation, len(checks))
	for i, c := range checks {
		text := fmt.Sprintf("# %s: %s\n\nA check of %s before a sale; at worst it comes to `%s`.\n\n- expected: %s\n- if not: %s\n",
			c.Code, c.Name, c.Area, c.Level, c.Expected, c.Impact)
		if c.Action != "" {
			text += fmt.Sprintf("- what mends it: `%s`\n", c.Action)
		}
		if len(c.DependsOn) > 0 {
			text += fmt.Sprintf("- it means nothing before these are well: %s\n", strings.Join(c.DependsOn, ", "))
		}
		all[i] = explanation{Name: c.Code, Kind: "check", Text: text}
	}
	return all
}

// completeExplained completes a code.
func completeExplained(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	all, err := explanations()
	if err != nil || len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names := make([]cobra.Completion, len(all))
	for i, e := range all {
		names[i] = e.Name
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
