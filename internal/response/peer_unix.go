//go:build unix && !linux

package response

import (
	"errors"
	"syscall"
)

// stateOf looks at what can be read, without taking it. An end behind bytes that nobody has
// read is not seen: such a client counts as there until it is answered.
func stateOf(fd uintptr) peer {
	var one [1]byte
	n, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	switch {
	case errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.EINTR), n > 0:
		return peerThere
	case err != nil:
		return peerGone
	default:
		return peerSilent
	}
}
