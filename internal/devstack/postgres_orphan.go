package devstack

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// stopOrphan stops the server that a killed run may have left on this data
// folder. The folder's lock is ours, so no living owner has one there. The
// process is signalled only when its command line names this very folder; a
// number in postmaster.pid proves nothing, as numbers are used again.
func stopOrphan(ctx context.Context, data string) error {
	path := filepath.Join(data, "postmaster.pid")
	pid, err := readPID(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	if !alive(pid) {
		return nil // PostgreSQL clears its own stale files, and looks for orphaned backends
	}
	if !serves(pid, data) {
		// Somebody else got the number: PostgreSQL cannot tell and would refuse.
		if err := os.Remove(path); err != nil {
			return fmt.Errorf("remove stale lock: %w", err)
		}
		return nil
	}
	if err := interrupt(pid); err != nil {
		return fmt.Errorf("stop orphaned PostgreSQL %d: %w", pid, err)
	}
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	if err := poll(ctx, func() (bool, error) { return !serves(pid, data), nil }); err != nil {
		return fmt.Errorf("wait for orphaned PostgreSQL %d to end: %w", pid, err)
	}
	return nil
}

func serves(pid int, data string) bool {
	line := commandLine(pid)
	return strings.Contains(line, "postgres") && strings.Contains(line, "-D "+data+" ")
}

// readPID reads the first line of postmaster.pid.
func readPID(path string) (int, error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer file.Close() //nolint:errcheck // only read
	lines := bufio.NewScanner(file)
	lines.Scan()
	pid, err := strconv.Atoi(strings.TrimSpace(lines.Text()))
	return pid, errors.Join(err, lines.Err())
}

func combinedOutput(cmd *exec.Cmd) ([]byte, error) {
	cmd.Stdout, cmd.Stderr = nil, nil
	return cmd.CombinedOutput()
}
