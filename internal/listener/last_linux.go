package listener

import (
	"errors"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// takeLast takes the connections that wait to be accepted and ends the listening, without
// anything in between: the kernel resets what waits in the queue of a listener that is
// closed, and a proxy has sent its request by then.
func takeLast(l net.Listener) []net.Conn {
	tcp, ok := l.(*net.TCPListener)
	if !ok {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil
	}
	var taken []int
	_ = raw.Control(func(fd uintptr) { // fails of a listener that is closed
		for {
			conn, _, err := unix.Accept4(int(fd), unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
			if errors.Is(err, unix.EINTR) || errors.Is(err, unix.ECONNABORTED) {
				continue
			}
			if err != nil {
				break
			}
			taken = append(taken, conn)
		}
		_ = unix.Shutdown(int(fd), unix.SHUT_RDWR)
	})
	conns := make([]net.Conn, 0, len(taken))
	for _, fd := range taken {
		file := os.NewFile(uintptr(fd), "")
		conn, err := net.FileConn(file) // of a copy
		_ = file.Close()
		if err == nil {
			conns = append(conns, conn)
		}
	}
	return conns
}
