package ctl

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"seckill/internal/ctl/printer"
)

// completionTime bounds what a completion may ask the service: somebody waits at a prompt.
const completionTime = 2 * time.Second

// completeProduct completes the number of a product.
func (a *App) completeProduct(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), completionTime)
	defer cancel()
	c, err := a.api()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	page, err := c.Products().Page(ctx, "", pageLimit)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	completions := make([]cobra.Completion, len(page.Items))
	for i, p := range page.Items {
		completions[i] = cobra.CompletionWithDesc(printer.Number(p.ProductID), printer.Clean(p.Name+" "+string(p.Status)))
	}
	return completions, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}

// completeContext completes the name of a context.
func (a *App) completeContext(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	file, err := a.loadContexts()
	if err != nil || len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	completions := make([]cobra.Completion, len(file.Contexts))
	for i, c := range file.Contexts {
		completions[i] = cobra.CompletionWithDesc(c.Name, printer.Clean(c.Address))
	}
	return completions, cobra.ShellCompDirectiveNoFileComp
}
