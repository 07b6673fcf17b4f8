package ctl

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"seckill/internal/ctl/printer"
)

// defaultTimeout bounds one try of a call, beside what it was asked to wait.
const defaultTimeout = 10 * time.Second

// Tree returns the commands, with what cobra adds to them, for whoever describes them.
func Tree() *cobra.Command {
	root := (&App{Deps: SystemDeps()}).root()
	root.InitDefaultCompletionCmd("completion")
	return root
}

// root makes the tree of commands.
func (a *App) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "seckillctl",
		Short:         "Prepare, watch and mend flash sales",
		Args:          cobra.NoArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(a.Stdin)
	root.SetOut(a.Stdout)
	root.SetErr(a.Stderr)
	a.addOptions(root)
	root.AddCommand(
		a.contextCommand(),
		a.tokenCommand(),
		a.productCommand(),
		a.preflightCommand(),
		a.booksCommand(),
		a.orderCommand(),
		a.attemptCommand(),
		a.streamCommand(),
		a.letterCommand(),
		a.auditCommand(),
		a.saleCommand(),
		a.loadCommand(),
		a.explainCommand(),
		a.consoleCommand(),
		a.migrateCommand(),
		a.versionCommand(),
	)
	for _, cmd := range root.Commands() {
		a.prepare(cmd)
	}
	return root
}

// addOptions adds the flags of every command.
func (a *App) addOptions(root *cobra.Command) {
	o, flags := &a.options, root.PersistentFlags()
	flags.StringVarP(&o.output, "output", "o", string(printer.Table), "format of the data: "+printer.Formats())
	flags.StringVarP(&o.context, "context", "c", "", "context to use instead of the current one ($SECKILL_CONTEXT)")
	flags.StringVar(&o.address, "address", "", "address of the service, instead of a context ($SECKILL_ADDR)")
	flags.StringVar(&o.tokenFile, "token-file", "", "file with the token ($SECKILL_TOKEN is the token itself)")
	flags.DurationVar(&o.timeout, "timeout", defaultTimeout, "how long one call may take")
	flags.BoolVarP(&o.yes, "yes", "y", false, "ask nothing, except in a production")
	flags.StringVar(&o.confirm, "confirm", "", "answer to what would be asked, in a production too")
}

// prepare looks after a command and those below it: what fails once a command runs is no
// longer a matter of usage, and a group by itself does nothing.
func (a *App) prepare(cmd *cobra.Command) {
	for _, below := range cmd.Commands() {
		a.prepare(below)
	}
	if cmd.RunE == nil {
		cmd.RunE = a.nothingToDo
		return
	}
	if fits := cmd.Args; fits != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if err := fits(cmd, args); err != nil {
				return usagef("%w; the command is: %s", err, cmd.UseLine())
			}
			return nil
		}
	}
	run := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if !printer.Format(a.options.output).Known() {
			return usagef("-o %s: the formats are %s", a.options.output, printer.Formats())
		}
		a.begun = true
		return run(cmd, args)
	}
}

// nothingToDo is the run of a group.
func (a *App) nothingToDo(cmd *cobra.Command, args []string) error {
	var names []string
	for _, below := range cmd.Commands() {
		if below.IsAvailableCommand() {
			names = append(names, below.Name())
		}
	}
	slices.Sort(names)
	if len(args) > 0 {
		return usagef("%s has no command %q; it has %s", cmd.CommandPath(), args[0], strings.Join(names, ", "))
	}
	return usagef("%s what? One of %s", cmd.CommandPath(), strings.Join(names, ", "))
}

// positive reads an ID of the command line.
func positive(what, text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		return 0, usagef("%s %q is no positive number", what, text)
	}
	return id, nil
}
