// Command seckillctl is the command line of operators: it prepares, watches and mends sales
// over the HTTP API of the service.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"seckill/internal/ctl"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	return ctl.Run(ctx, ctl.SystemDeps(), os.Args[1:])
}
