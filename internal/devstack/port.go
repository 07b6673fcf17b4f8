package devstack

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// errPortTaken marks a start that failed because somebody else has the port.
var errPortTaken = errors.New("port is taken")

// Ports are chosen below the ranges that systems hand out on their own (from
// 32768 on Linux, from 49152 on BSD and macOS): a paused server's port is then
// not given to some client connection before the server resumes.
const (
	firstPort = 15000
	lastPort  = 32000
)

// FreePort returns a port of the loopback interface on which nobody listens at the moment.
func FreePort() (int, error) {
	var err error
	for range 100 {
		port := firstPort + rand.IntN(lastPort-firstPort) //nolint:gosec // no secret
		var l net.Listener
		l, err = new(net.ListenConfig).Listen(context.Background(), "tcp", address(port))
		if err == nil {
			return port, l.Close()
		}
	}
	return 0, fmt.Errorf("find a free port: %w", err)
}

// dial returns nil if somebody listens on the port. It spares the log of
// go-redis, which complains of every refused connection.
func dial(ctx context.Context, port int) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address(port))
	if err != nil {
		return err
	}
	return conn.Close()
}

func address(port int) string { return net.JoinHostPort(loopback, strconv.Itoa(port)) }
