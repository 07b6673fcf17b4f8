package e2e

import (
	"fmt"
	"strings"
	"testing"

	"seckill/internal/servertest"
)

// TestALogFolderThatCannotBeMadeIsNamed starts where nobody may write, not even root, as in a
// container with a read-only root, with Log.Path as it is by default.
func TestALogFolderThatCannotBeMadeIsNamed(t *testing.T) {
	for _, mode := range []string{"file", "volume"} {
		t.Run(mode, func(t *testing.T) {
			p := startProcess(t, servertest.FreePort(t), servertest.FreePort(t), fmt.Sprintf(`
Redis: {Addr: 'localhost:1'}
Postgres: {DataSource: 'postgres://localhost:1/x'}
Auth: {AccessSecret: %q}
Log: {Mode: %s}
`, secret, mode), "sh", "-c", `cd /proc && exec "$0" "$@"`)
			if code := p.exit(); code != 1 {
				t.Errorf("exit code %d", code)
			}
			if text := p.output.String(); !strings.Contains(text, "Log.Path: mkdir logs") || strings.Count(text, "\n") != 1 {
				t.Errorf("says %s", text)
			}
		})
	}
}
