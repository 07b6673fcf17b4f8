package devstack

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
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

// FreePort returns a port of the loopback interface on which nobody listens, and that no
// other caller is given, of this process or of another, for as long as this process lives:
// what is started on it later, or again, finds it free.
func FreePort() (int, error) { return reserve(firstPort, lastPort) }

// reservations are held until the process ends, however it ends.
var reservations struct {
	sync.Mutex
	held []net.PacketConn
}

// reserve finds a port from first up to, but not including, last. The mark of who has a port
// is its UDP twin: TCP stays free for whoever is to listen, and nothing is left of a process
// that is killed. The mark comes first, for to listen, however briefly, on a port that
// another has would get in the way of its server's start.
func reserve(first, last int) (int, error) {
	var err error
	for range 100 {
		port := first + rand.IntN(last-first) //nolint:gosec // no secret
		var mark net.PacketConn
		if mark, err = new(net.ListenConfig).ListenPacket(context.Background(), "udp", address(port)); err != nil {
			continue
		}
		var l net.Listener
		if l, err = new(net.ListenConfig).Listen(context.Background(), "tcp", address(port)); err != nil {
			_ = mark.Close()
			continue
		}
		reservations.Lock()
		reservations.held = append(reservations.held, mark)
		reservations.Unlock()
		return port, l.Close()
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
