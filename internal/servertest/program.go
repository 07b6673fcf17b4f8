package servertest

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
)

// BuildProgram builds the program itself into a folder and returns the path of the binary,
// for tests that run it as a process of its own: to kill it, or to see it as its users do.
// It has the race detector when the test has it, and then all but the linking is in Go's
// build cache.
func BuildProgram(ctx context.Context, folder string) (string, error) {
	path := filepath.Join(folder, "seckill")
	args := []string{"build", "-o", path}
	if withRace() {
		args = append(args, "-race")
	}
	out, err := exec.CommandContext(ctx, "go", append(args, "seckill")...).CombinedOutput() //nolint:gosec // words of our own
	if err != nil {
		return "", fmt.Errorf("build the program: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return path, nil
}

// withRace reports whether this test was built with the race detector.
func withRace() bool {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return false
	}
	for _, setting := range info.Settings {
		if setting.Key == "-race" {
			return setting.Value == "true"
		}
	}
	return false
}
