package devstack

import (
	"bufio"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/redis/go-redis/v9"
)

// playedParent is the test binary as a process of its own, with two servers.
type playedParent struct {
	cmd         *exec.Cmd
	postgresPID int
	url, addr   string
}

func startParent(t *testing.T, dir string) *playedParent {
	t.Helper()
	cmd := exec.CommandContext(testContext(t), os.Args[0])
	cmd.Env = append(os.Environ(), parentEnv+"="+dir)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	must(t, err)
	words := strings.Fields(line)
	if words[0] != "ready" {
		t.Fatal(line)
	}
	pid, err := strconv.Atoi(words[1])
	must(t, err)
	return &playedParent{cmd: cmd, postgresPID: pid, url: words[2], addr: words[3]}
}

func (p *playedParent) kill() {
	_ = p.cmd.Process.Signal(syscall.SIGKILL)
	_ = p.cmd.Wait()
}

// A killed parent takes its servers with it, and the next start on the same
// folders, right after the kill, finds the data.
func TestServersDieWithAKilledParentAndTheNextStartTakesOver(t *testing.T) {
	dir, ctx := dataDir(t), testContext(t)
	parent := startParent(t, dir)
	exec1(t, connect(t, parent.url), "CREATE TABLE t AS SELECT 'kept' AS v")
	c := redis.NewClient(&redis.Options{Addr: parent.addr, DisableIdentity: true})
	must(t, c.Set(ctx, "k", "kept", 0).Err())
	must(t, c.Close())
	parent.kill()

	p := startPostgres(t, Options{Dir: filepath.Join(dir, "postgres")})
	r := startRedis(t, Options{Dir: filepath.Join(dir, "redis")})
	if got := queryText(t, connect(t, p.URL("")), "SELECT v FROM t"); got != "kept" {
		t.Errorf("read %q from PostgreSQL", got)
	}
	if got := client(t, r).Get(ctx, "k").Val(); got != "kept" {
		t.Errorf("read %q from Redis", got)
	}
	if alive(parent.postgresPID) && serves(parent.postgresPID, p.server.folder.data()) {
		t.Error("the former PostgreSQL still runs")
	}
	refused(t, parent.addr)
}

// Without a second start: the kernel alone ends them.
func TestServersDieWithAKilledParent(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("this system has no signal for a parent's death")
	}
	dir, ctx := dataDir(t), testContext(t)
	parent := startParent(t, dir)
	parent.kill()
	data := filepath.Join(dir, "postgres", "data")
	must(t, poll(ctx, func() (bool, error) { return !serves(parent.postgresPID, data), nil }))
	_, port, err := net.SplitHostPort(parent.addr)
	must(t, err)
	number, err := strconv.Atoi(port)
	must(t, err)
	must(t, poll(ctx, func() (bool, error) { return dial(ctx, number) != nil, nil }))
}

// A server whose parent was killed where no signal follows: here it is set free
// by hand, started as the launcher starts it but with no tie to our life.
func TestOrphansAreStoppedByTheNextStart(t *testing.T) {
	dir, ctx := dataDir(t), testContext(t)
	p := startPostgres(t, Options{Dir: filepath.Join(dir, "postgres")})
	r := startRedis(t, Options{Dir: filepath.Join(dir, "redis")})
	must(t, p.server.folder.lock.Close()) // as after our death
	server := r.engine.(*redisServer)
	must(t, server.folder.lock.Close())
	startPostgres(t, Options{Dir: filepath.Join(dir, "postgres")})
	startRedis(t, Options{Dir: filepath.Join(dir, "redis")})
	for _, ch := range []*child{p.server.child, server.child} {
		select {
		case <-ch.done:
		case <-ctx.Done():
			t.Fatal(context.Cause(ctx))
		}
	}
}
