package ctl

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// Main runs a command line of the process, without the program's name, until it ends or is
// interrupted, and returns the exit code. A second signal ends the process at once.
func Main(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return Run(ctx, SystemDeps(), args)
}
