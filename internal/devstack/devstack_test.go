package devstack

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// parentEnv makes the test binary play a process that starts both servers on
// a data folder, prints where they are, and then waits to be killed.
const parentEnv = "DEVSTACK_TEST_PARENT_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(parentEnv); dir != "" {
		playParent(dir)
		return
	}
	goleak.VerifyTestMain(m)
}

func playParent(dir string) {
	ctx := context.Background()
	p, err := StartPostgres(ctx, Options{Dir: filepath.Join(dir, "postgres")})
	if err != nil {
		fmt.Println("error", err)
		return
	}
	r, err := StartRedis(ctx, Options{Dir: filepath.Join(dir, "redis")})
	if err != nil {
		fmt.Println("error", err)
		return
	}
	fmt.Println("ready", p.server.child.pid(), p.URL(""), r.Addr())
	select {}
}

// testContext ends before the test binary's own limit would.
func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// dataDir is a folder below which any user may look: t.TempDir is for ours alone.
func dataDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "devstack-test-") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// occupy listens on a port until the test ends.
func occupy(t *testing.T) (port int) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", address(0))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().(*net.TCPAddr).Port
}

func refused(t *testing.T, addr string) {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", addr)
	if err == nil {
		_ = conn.Close()
		t.Fatalf("%s still takes connections", addr)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantError(t *testing.T, err error, text string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), text) {
		t.Fatalf("error %v, want one that says %q", err, text)
	}
}
