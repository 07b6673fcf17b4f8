package devmode

import (
	"os/exec"
	"testing"

	"github.com/alicebob/miniredis/v2"
)

// TestThePrintedCommandWorksWithoutRedisCLI runs what is printed on a machine that
// has no redis-cli, against the Redis of such a machine.
func TestThePrintedCommandWorksWithoutRedisCLI(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Fatal(err)
	}
	server := miniredis.RunT(t)
	t.Setenv("PATH", t.TempDir())
	command := addCommand(server.Addr(), "stream:seckill:1001")
	t.Setenv("PATH", "/usr/bin:/bin")
	if out, err := exec.CommandContext(t.Context(), bash, "-c", command).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
	entries, err := server.Stream("stream:seckill:1001")
	if err != nil || len(entries) != 1 || len(entries[0].Values) != 4 || entries[0].Values[1] != "123" {
		t.Errorf("%v, %v", entries, err)
	}
}
