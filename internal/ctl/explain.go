package ctl

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"seckill/client"
	"seckill/docs"
	"seckill/internal/ctl/printer"
	"seckill/internal/runbook"
)

// explanation is what is known of a name.
type explanation struct {
	Name  string `json:"name"`
	Kind  string `json:"kind"` // error, alert or check
	Title string `json:"title"`
	Text  string `json:"text,omitempty"` // Markdown
}

const kindError = "error"

var explanationKind = printer.Kind[explanation]{
	Name: "explanation",
	ID:   func(e explanation) string { return e.Name },
	Columns: []printer.Column[explanation]{
		{Head: "name", Value: func(e explanation) string { return e.Name }},
		{Head: "kind", Value: func(e explanation) string { return e.Kind }},
		{Head: "title", Value: func(e explanation) string { return e.Title }},
	},
}

func (a *App) explainCommand() *cobra.Command {
	var language string
	var ask bool
	cmd := &cobra.Command{
		Use:   "explain [CODE|ALERT]",
		Short: "Say what an error code, an alert or a check of the pre-flight means, and what to do",
		Long: `Say what an error code, an alert or a check of the pre-flight means, and what to do. The texts are in
seckillctl itself; with --ask they are those of the service, which may be of another version. Without a
name it lists what can be explained.`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeExplained,
		RunE: func(cmd *cobra.Command, args []string) error {
			var from library = own{a.language(language)}
			if ask {
				c, err := a.api()
				if err != nil {
					return err
				}
				from = asked{c, a.language(language)}
			}
			if len(args) == 0 {
				all, err := from.list(cmd.Context())
				if err != nil {
					return err
				}
				return listOwn(a, explanationKind, all)
			}
			return a.explainOne(cmd.Context(), from, args[0])
		},
	}
	cmd.Flags().StringVar(&language, "lang", "", "en or zh; by default that of the environment")
	cmd.Flags().BoolVar(&ask, "ask", false, "ask the service")
	return cmd
}

// language returns the language that is given, else that of the environment.
func (a *App) language(given string) string {
	if given != "" {
		return given
	}
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if value := a.Getenv(name); value != "" {
			return map[bool]string{true: runbook.Chinese, false: runbook.English}[strings.HasPrefix(value, "zh")]
		}
	}
	return runbook.English
}

// explainOne prints the text of a name, which is Markdown and reads well as it is.
func (a *App) explainOne(ctx context.Context, from library, name string) error {
	all, err := from.list(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(e explanation) bool { return strings.EqualFold(e.Name, name) })
	if i < 0 {
		return &exitError{ExitNotFound, fmt.Errorf("nothing is called %s; seckillctl explain lists what is", name)}
	}
	found := all[i]
	if found.Text, err = from.text(ctx, found); err != nil {
		return err
	}
	p := a.printer()
	if !p.Format().People() {
		return showOwn(a, explanationKind, found)
	}
	return p.Text(printer.CleanLines(strings.TrimSpace(found.Text)) + "\n")
}

// library is where explanations are.
type library interface {
	// list returns what can be explained, without texts.
	list(ctx context.Context) ([]explanation, error)
	// text returns the text of one.
	text(ctx context.Context, e explanation) (string, error)
}

// own is what seckillctl has itself: codes of errors, and runbooks.
type own struct{ language string }

func (o own) list(context.Context) ([]explanation, error) {
	all, err := errorCodes(o.language)
	if err != nil {
		return nil, err
	}
	runbooks, err := runbook.List(o.language)
	if err != nil {
		return nil, err
	}
	for _, r := range runbooks {
		all = append(all, explanation{Name: r.Name, Kind: string(r.Kind), Title: withoutName(r.Name, r.Title)})
	}
	return all, nil
}

func (o own) text(_ context.Context, e explanation) (string, error) {
	if e.Kind == kindError {
		return fmt.Sprintf("# %s\n\n%s", e.Name, e.Title), nil
	}
	return runbook.Text(o.language, e.Name)
}

// withoutName takes the name off that a title begins with.
func withoutName(name, title string) string {
	return strings.TrimLeft(strings.TrimPrefix(title, name), ":： ")
}

// errorCodes reads the table of the reference of errors.
func errorCodes(language string) (all []explanation, err error) {
	page, err := docs.Errors.ReadFile(language + "/reference/errors.md")
	if err != nil {
		return nil, usagef("--lang %s: the languages are en and zh", language)
	}
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if len(cells) != 3 || !strings.HasPrefix(cells[1], "`") {
			continue
		}
		all = append(all, explanation{
			Name: strings.Trim(cells[1], "`"), Kind: kindError,
			Title: fmt.Sprintf("HTTP status %s: %s", strings.TrimSpace(cells[0]), strings.ReplaceAll(strings.TrimSpace(cells[2]), `\|`, "|")),
		})
	}
	if len(all) == 0 {
		return nil, errors.New("the reference of errors has no codes")
	}
	return all, nil
}

// asked is what the service has: runbooks.
type asked struct {
	client   *client.Client
	language string
}

func (s asked) list(ctx context.Context) ([]explanation, error) {
	runbooks, err := s.client.Runbooks(ctx, s.language)
	all := make([]explanation, len(runbooks))
	for i, r := range runbooks {
		all[i] = explanation{Name: r.Name, Kind: string(r.Kind), Title: withoutName(r.Name, r.Title)}
	}
	return all, err
}

func (s asked) text(ctx context.Context, e explanation) (string, error) {
	return s.client.Runbook(ctx, e.Name, s.language)
}

// completeExplained completes a name.
func completeExplained(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	all, err := own{runbook.English}.list(cmd.Context())
	if err != nil || len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names := make([]cobra.Completion, len(all))
	for i, e := range all {
		names[i] = cobra.CompletionWithDesc(e.Name, e.Title)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
