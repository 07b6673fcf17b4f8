package ctl

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/cobra"
)

func (a *App) consoleCommand() *cobra.Command {
	var only bool
	cmd := &cobra.Command{
		Use:   "console",
		Short: "Open the console in the browser, signed in",
		Long: `Open the console in the browser, signed in: the token stands in the fragment of the address,
which no browser sends to a server. Without a browser the address is printed; whoever has it is signed in.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			address, err := a.consoleAddress(cmd.Context())
			if err != nil {
				return err
			}
			if !only {
				if err = a.Browse(cmd.Context(), address); err == nil {
					a.notef("the console of %s is open in the browser", a.target)
					return nil
				}
				a.notef("there is no browser to open (%v); whoever opens this is signed in:", err)
			}
			_, err = fmt.Fprintln(a.Stdout, address)
			return err
		},
	}
	cmd.Flags().BoolVar(&only, "print", false, "print the address, and open nothing")
	return cmd
}

// consoleAddress returns the address of the console, with the token in its fragment.
func (a *App) consoleAddress(ctx context.Context) (string, error) {
	t, err := a.resolve()
	if err != nil {
		return "", err
	}
	if t.token == nil {
		return "", usagef("a token is needed: $SECKILL_TOKEN, --token-file, or that of a context")
	}
	token, err := t.token(ctx)
	if err != nil {
		return "", err
	}
	return strings.TrimRight(t.address, "/") + "/console/#token=" + url.QueryEscape(token), nil
}
