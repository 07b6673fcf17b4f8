package ctl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/zeromicro/go-zero/core/logx"

	"seckill/client"
	"seckill/internal/ctl/printer"
)

// Deps is what a run takes from outside, so that tests can put something else in its place.
type Deps struct {
	Stdin  io.Reader
	Stdout io.Writer // data
	Stderr io.Writer // everything else

	// Getenv returns a variable of the environment.
	Getenv func(name string) string

	// HTTP makes the calls; nil is the client's own.
	HTTP *http.Client

	// Terminal reports whether one of the streams above is a terminal.
	Terminal func(stream any) bool

	// Browse opens an address in the user's browser.
	Browse func(ctx context.Context, address string) error

	// Now is the clock.
	Now func() time.Time
}

// SystemDeps is what a process has.
func SystemDeps() Deps {
	return Deps{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Getenv: os.Getenv, Terminal: isTerminal, Browse: browse, Now: time.Now,
	}
}

func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && (isatty.IsTerminal(file.Fd()) || isatty.IsCygwinTerminal(file.Fd()))
}

// App is one run of seckillctl.
type App struct {
	Deps
	options options

	begun  bool           // the command itself has begun: what fails then is no usage
	target *target        // what is called, once it is known
	client *client.Client // of target, once it is made
}

// options are the flags of every command.
type options struct {
	output    string
	context   string
	address   string
	tokenFile string
	timeout   time.Duration
	yes       bool
	confirm   string
}

// Run runs the command line args and returns the code to end with.
func Run(ctx context.Context, deps Deps, args []string) int {
	logx.SetWriter(logx.NewWriter(deps.Stderr))
	logx.SetLevel(logx.ErrorLevel) // go-zero, which comes with the configuration, would tell of itself
	logx.DisableStat()
	a := &App{Deps: deps}
	root := a.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if a.client != nil {
		a.client.Close()
	}
	if err != nil && !a.begun {
		err = usagef("%w", err)
	}
	if err != nil && !errors.Is(err, errSilent) {
		_, _ = fmt.Fprintln(a.Stderr, "seckillctl:", printer.CleanLines(explain(err)))
	}
	return exitCode(err)
}

// explain says what an error means in the words of whoever typed the command.
func explain(err error) string {
	if own, ok := errors.AsType[*exitError](err); ok {
		return own.Error() // without the call that it came up in
	}
	e, ok := errors.AsType[*client.Error](err)
	switch {
	case !ok:
		return err.Error()
	case e.Code == client.CodeNoAnswer:
		return e.Error()
	default:
		return fmt.Sprintf("%s (%s)", e.Message, e.Code)
	}
}

// notef tells the user something that is no data.
func (a *App) notef(format string, args ...any) {
	_, _ = fmt.Fprintln(a.Stderr, printer.CleanLines(fmt.Sprintf(format, args...)))
}

// printer returns what prints data in the format that was asked for.
func (a *App) printer() *printer.Printer {
	return printer.New(a.Stdout, printer.Format(a.options.output), a.colour(a.Stdout))
}

// colour reports whether a stream gets colours (https://no-color.org).
func (a *App) colour(stream any) bool {
	return a.Getenv("NO_COLOR") == "" && a.Getenv("TERM") != "dumb" && a.Terminal(stream)
}
