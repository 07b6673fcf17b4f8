package response

import (
	"encoding/binary"
	"syscall"
)

// The states of a TCP connection (tcp_states.h) in which the other side sends no more, and
// in which there is no connection any more.
const (
	tcpClose     = 7
	tcpCloseWait = 8
)

// stateOf asks the system for the state of a connection. Unlike a look at what can be read,
// that sees an end behind bytes that nobody has read, and a reset behind an end.
func stateOf(fd uintptr) peer {
	// The first bytes of struct tcp_info: the state is the first of all.
	info, err := syscall.GetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_INFO)
	if err != nil {
		return peerThere
	}
	var bytes [4]byte
	binary.NativeEndian.PutUint32(bytes[:], uint32(info)) //nolint:gosec // bits, not numbers
	switch bytes[0] {
	case tcpClose:
		return peerGone
	case tcpCloseWait:
		return peerSilent
	default:
		return peerThere
	}
}
