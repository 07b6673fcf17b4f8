package listener

import (
	"net"

	"golang.org/x/sys/unix"
)

// deaf drops the packets that begin a connection (SYN), and lets everything else through:
// a classic BPF program over the TCP header, whose flags are in byte 13.
var deaf = []unix.SockFilter{
	{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: 13},
	{Code: unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K, K: 0x02, Jt: 0, Jf: 1},
	{Code: unix.BPF_RET | unix.BPF_K, K: 0},
	{Code: unix.BPF_RET | unix.BPF_K, K: 0xffffffff},
}

// quiesce has a listener take no new connection, while those that have begun can still be
// accepted: the kernel resets what waits in the queue of a listener that is closed, and a
// proxy has sent its request by then. Who knocks meanwhile knocks again a second later, and
// is refused, as by a listener that is closed. It reports whether it could.
func quiesce(l net.Listener) bool {
	tcp, ok := l.(*net.TCPListener)
	if !ok {
		return false
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return false
	}
	program := unix.SockFprog{Len: uint16(len(deaf)), Filter: &deaf[0]} //nolint:gosec // four
	var attached error
	err = raw.Control(func(fd uintptr) {
		attached = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &program)
	})
	return err == nil && attached == nil
}
