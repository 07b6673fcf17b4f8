//go:build unix && !linux

package devstack

import (
	"context"
	"os/exec"
	"strconv"
	"syscall"
)

// sysProcAttr puts the child into its own process group. These systems have no
// signal for a parent's death: the next start on the data folder cleans up.
func sysProcAttr(c command) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Credential: c.owner.credential()}
}

// commandLine returns the arguments of a process, separated by spaces, "" if
// there is no such process.
func commandLine(pid int) string {
	args, err := exec.CommandContext(context.Background(), "ps", "-ww", "-o", "args=", "-p", strconv.Itoa(pid)).Output() //nolint:gosec // a number
	if err != nil {
		return ""
	}
	return string(args)
}
