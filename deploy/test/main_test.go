package test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"seckill/internal/servertest"
)

// root is the folder of the repository, seen from this package.
const root = "../.."

// buildTime bounds the building of the program.
const buildTime = 10 * time.Minute

// serviceBinary is the service as it is shipped: built by the Makefile, as in the image, with
// the dependencies of its own go.mod.
var serviceBinary string

// What the binary says of itself.
const (
	builtVersion  = "v9.8.7"
	builtRevision = "0123456789abcdef0123456789abcdef01234567"
)

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

// runTests builds the program and runs the tests on it.
func runTests(m *testing.M) int {
	folder, err := os.MkdirTemp("", "seckill-deploy")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(folder) }()
	serviceBinary = filepath.Join(folder, "seckill")
	ctx, cancel := context.WithTimeout(context.Background(), buildTime)
	defer cancel()
	build := exec.CommandContext(ctx, "make", "--no-print-directory", "build", "BIN="+folder, "VERSION="+builtVersion, "REVISION="+builtRevision)
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build the program: %v: %s\n", err, out)
		return 1
	}
	return servertest.Run(m)
}

// program returns the path of a program that a test needs. Where it is not installed the test
// is skipped, or fails where CI=true.
func program(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	switch {
	case err == nil:
		return path
	case os.Getenv("CI") == "true":
		t.Fatalf("there is no %s; tools/setup-servers.sh installs it", name)
	default:
		t.Skipf("there is no %s; tools/setup-servers.sh installs it where it may", name)
	}
	return ""
}
