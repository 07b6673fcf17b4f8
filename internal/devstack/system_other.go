//go:build !unix

package devstack

import (
	"errors"
	"os"
	"syscall"
)

// Elsewhere the service builds and runs, on servers that its configuration
// names, and miniredis is there; private servers are not: locking their data
// folder, the first step of every start, says so.

var errNoPrivateServers = errors.New("private servers need Linux, macOS or a BSD: name running ones in the configuration")

type owner struct{}

func unprivileged(string) (*owner, error) { return nil, errNoPrivateServers }

func (*owner) take(string) error { return nil }

func (*owner) reaches(string) error { return nil }

func lockFile(string) (*os.File, error) { return nil, errNoPrivateServers }

func sysProcAttr(command) *syscall.SysProcAttr { return nil }

func commandLine(int) string { return "" }

func alive(int) bool { return false }

func interrupt(int) error { return errNoPrivateServers }
