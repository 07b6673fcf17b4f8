package devstack

import (
	"bytes"
	"fmt"
	"os"
	"syscall"
)

// sysProcAttr puts the child into its own process group, and ties its life to ours.
func sysProcAttr(c command) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: c.deathSignal, Credential: c.owner.credential()}
}

// commandLine returns the arguments of a process, separated by spaces, "" if
// there is no such process.
func commandLine(pid int) string {
	args, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return ""
	}
	return string(bytes.ReplaceAll(args, []byte{0}, []byte{' '}))
}
