package ctl

import (
	"errors"
	"path/filepath"

	"github.com/spf13/cobra"

	"seckill/client"
	"seckill/internal/ctl/contexts"
	"seckill/internal/ctl/printer"
)

// known is a context as it is shown: without its token.
type known struct {
	Name       string `json:"name"`
	Current    bool   `json:"current"`
	Address    string `json:"address"`
	Production bool   `json:"production"`
	Token      string `json:"token"` // where it is: here, file, command; "" = none
}

var contextKind = printer.Kind[known]{
	Name: "context",
	ID:   func(k known) string { return k.Name },
	Columns: []printer.Column[known]{
		{Head: "current", Value: func(k known) string { return map[bool]string{true: "*", false: " "}[k.Current] }},
		{Head: "name", Value: func(k known) string { return k.Name }},
		{Head: "address", Value: func(k known) string { return k.Address }},
		{Head: "production", Value: func(k known) string { return printer.YesNo(k.Production) }, Paint: func(k known) printer.Paint {
			if k.Production {
				return printer.Warn
			}
			return printer.Plain
		}},
		{Head: "token", Value: func(k known) string { return k.Token }},
	},
}

func knownOf(c contexts.Context, current string) known {
	k := known{Name: c.Name, Current: c.Name == current, Address: c.Address, Production: c.Production}
	switch {
	case c.Token != "":
		k.Token = "here"
	case c.TokenFile != "":
		k.Token = "file " + c.TokenFile
	case c.TokenCommand != "":
		k.Token = "command " + c.TokenCommand
	}
	return k
}

func (a *App) contextCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "context",
		Short: "Services, and how they are called",
		Long: `Services, and how they are called. They are kept in seckillctl/contexts.yaml in your configuration folder
($SECKILL_CONTEXTS names another file), which nobody else can read.

The service of a command is that of --address, else of --context, else of $SECKILL_ADDR, of
$SECKILL_CONTEXT, or of the current context. A token in $SECKILL_TOKEN or --token-file goes before that of
the context.`,
	}
	cmd.AddCommand(a.contextAdd(), a.contextUse(), a.contextList(), a.contextRemove())
	return cmd
}

// changeContexts changes the file of the contexts.
func (a *App) changeContexts(change func(f *contexts.File) error) error {
	path, err := contexts.Path(a.Getenv("SECKILL_CONTEXTS"))
	if err != nil {
		return usagef("%w", err)
	}
	file, err := a.loadContexts()
	if err != nil {
		return err
	}
	if err := change(&file); err != nil {
		return err
	}
	if err := contexts.Save(path, file); err != nil {
		return usagef("%w", err)
	}
	return nil
}

func (a *App) contextAdd() *cobra.Command {
	var c contexts.Context
	cmd := &cobra.Command{
		Use:   "add NAME --address URL",
		Short: "Add a context, or replace it; the first one is the current one",
		Long: `Add a context, or replace it; the first one is the current one. Its token is that of --token-file or of
--token-command, which are asked at each run, else that of $SECKILL_TOKEN, which is kept in the file of
the contexts, else none.`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			c.Name = args[0]
			return a.addContext(c)
		},
	}
	cmd.Flags().StringVar(&c.TokenCommand, "token-command", "", "command of the shell that prints the token")
	cmd.Flags().BoolVar(&c.Production, "production", false, "mark it: what cannot be taken back is asked even with --yes")
	return cmd
}

// addContext keeps a context, with what the flags of every command say of it.
func (a *App) addContext(c contexts.Context) error {
	c.Address, c.TokenFile = a.options.address, a.options.tokenFile
	switch {
	case c.TokenFile != "" && c.TokenCommand != "":
		return usagef("a token is in a file, or comes from a command: not both")
	case c.Address == "":
		return usagef("--address is needed")
	case c.TokenFile == "" && c.TokenCommand == "":
		c.Token = a.Getenv("SECKILL_TOKEN")
	}
	if _, err := client.New(client.Config{URL: c.Address}); err != nil {
		return usagef("%w", err)
	}
	if c.TokenFile != "" { // it is read from wherever a command runs
		path, err := filepath.Abs(c.TokenFile)
		if err != nil {
			return usagef("%w", err)
		}
		c.TokenFile = path
	}
	var current string
	err := a.changeContexts(func(f *contexts.File) error {
		if err := f.Put(c); err != nil {
			return usagef("%w", err)
		}
		current = f.Current
		return nil
	})
	if err != nil {
		return err
	}
	a.notef("context %s is kept", c.Name)
	return showOwn(a, contextKind, knownOf(c, current))
}

func (a *App) contextUse() *cobra.Command {
	return &cobra.Command{
		Use:               "use NAME",
		Short:             "Make a context the current one",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeContext,
		RunE: func(_ *cobra.Command, args []string) error {
			err := a.changeContexts(func(f *contexts.File) error {
				if _, found := f.Find(args[0]); !found {
					return noContext(args[0])
				}
				f.Current = args[0]
				return nil
			})
			if err == nil {
				a.notef("context %s is the current one", args[0])
			}
			return err
		},
	}
}

func noContext(name string) error {
	return &exitError{ExitNotFound, errors.New("there is no context " + name)}
}

func (a *App) contextList() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the contexts",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			file, err := a.loadContexts()
			if err != nil {
				return err
			}
			all := make([]known, len(file.Contexts))
			for i, c := range file.Contexts {
				all[i] = knownOf(c, file.Current)
			}
			a.noteMore(a.printer(), "", len(all))
			return listOwn(a, contextKind, all)
		},
	}
}

func (a *App) contextRemove() *cobra.Command {
	return &cobra.Command{
		Use:               "remove NAME",
		Short:             "Remove a context",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeContext,
		RunE: func(_ *cobra.Command, args []string) error {
			err := a.changeContexts(func(f *contexts.File) error {
				if !f.Remove(args[0]) {
					return noContext(args[0])
				}
				return nil
			})
			if err == nil {
				a.notef("context %s is removed", args[0])
			}
			return err
		},
	}
}
