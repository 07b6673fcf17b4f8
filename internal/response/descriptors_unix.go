//go:build unix

package response

import (
	"math"
	"syscall"
)

// Descriptors is how many files and connections the process may have open.
func Descriptors() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return math.MaxInt32
	}
	return int(min(uint64(limit.Cur), math.MaxInt32)) //nolint:unconvert // it is below 2^31; some systems have it signed
}
