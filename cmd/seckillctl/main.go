// Command seckillctl is the command line of operators: it prepares, watches and mends sales
// over the HTTP API of the service.
package main

import (
	"os"

	"seckill/internal/ctl"
)

func main() { os.Exit(run()) }

func run() int { return ctl.Main(os.Args[1:]) }
