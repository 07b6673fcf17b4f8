package response

import (
	"net"
	"syscall"
)

// peerOf tells how the other side of a connection stands, without reading from it, and
// without waiting. Of a connection that cannot be asked nothing is known.
func peerOf(conn net.Conn) peer {
	if under, ok := conn.(interface{ NetConn() net.Conn }); ok { // TLS
		conn = under.NetConn()
	}
	socket, ok := conn.(syscall.Conn)
	if !ok {
		return peerThere
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return peerThere
	}
	state := peerThere
	if err := raw.Control(func(fd uintptr) { state = stateOf(fd) }); err != nil {
		return peerThere // it has been closed by us
	}
	return state
}
