package servertest

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/redis/go-redis/v9"

	"seckill/internal/devstack"
)

// MasterName is by what name the Sentinels of tests know their master.
const MasterName = "sale"

// Sentinels starts three Sentinels that watch a master which has replicas already, and
// returns their addresses once they agree on all of it. They end with the test.
func Sentinels(tb testing.TB, master *devstack.Redis) []string {
	tb.Helper()
	host, port, err := net.SplitHostPort(master.Addr())
	if err != nil {
		tb.Fatal(err)
	}
	var addrs []string
	for range 3 {
		own := FreePort(tb)
		dir := tb.TempDir()
		file := filepath.Join(dir, "sentinel.conf")
		text := fmt.Sprintf(`port %d
bind 127.0.0.1
dir %s
sentinel monitor %[3]s %[4]s %[5]s 2
sentinel down-after-milliseconds %[3]s 1000
sentinel failover-timeout %[3]s 5000
`, own, dir, MasterName, host, port)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			tb.Fatal(err)
		}
		startSentinel(tb, file)
		addrs = append(addrs, fmt.Sprintf("127.0.0.1:%d", own))
	}
	for _, addr := range addrs {
		client := redis.NewSentinelClient(&redis.Options{Addr: addr})
		tb.Cleanup(func() { _ = client.Close() })
		Eventually(tb, "the Sentinels know each other and a replica", func() bool {
			facts, err := client.Master(context.Background(), MasterName).Result()
			return err == nil && facts["num-other-sentinels"] == "2" && facts["num-slaves"] == "1"
		})
	}
	return addrs
}

func startSentinel(tb testing.TB, file string) {
	tb.Helper()
	command := exec.Command("redis-server", file, "--sentinel") //nolint:gosec,noctx // it ends with the test, whose file it is
	if err := command.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGKILL)
		_ = command.Wait()
	})
}

// Replicate makes one Redis follow another, and waits until it does.
func Replicate(tb testing.TB, master, replica *devstack.Redis) {
	tb.Helper()
	if err := Client(tb, master).ConfigSet(tb.Context(), "repl-diskless-sync-delay", "0").Err(); err != nil {
		tb.Fatal(err)
	}
	host, port, _ := net.SplitHostPort(master.Addr())
	follower := Client(tb, replica)
	if err := follower.ReplicaOf(tb.Context(), host, port).Err(); err != nil {
		tb.Fatal(err)
	}
	Eventually(tb, "the replica follows", func() bool {
		return strings.Contains(follower.Info(tb.Context(), "replication").Val(), "master_link_status:up")
	})
}

// KillRedis ends a Redis as a crash would, by its process ID.
func KillRedis(tb testing.TB, server *devstack.Redis) {
	tb.Helper()
	info := Client(tb, server).InfoMap(tb.Context(), "server")
	var pid int
	if _, err := fmt.Sscan(info.Item("Server", "process_id"), &pid); err != nil {
		tb.Fatalf("process ID of Redis: %v", err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		tb.Fatal(err)
	}
}
