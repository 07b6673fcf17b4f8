package stream_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"seckill/internal/devstack"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/internal/stream"
)

func mkdir(t *testing.T, path string) {
	t.Helper()
	if err := os.MkdirAll(path, 0o700); err != nil {
		t.Fatal(err)
	}
}

func nothing() []int64 { return nil }

// says fails the test unless the check fails with a reason that has the given words.
func says(t *testing.T, client redis.UniversalClient, words string) {
	t.Helper()
	var last error
	servertest.Eventually(t, "the check says "+words, func() bool {
		last = stream.NewWriteCheck(client, nothing).Run(t.Context())
		return last != nil
	})
	if seckill.ErrorCode(last) != seckill.CodeUnavailable || !strings.Contains(last.Error(), words) {
		t.Errorf("%v, want a reason with %q", last, words)
	}
	if !stream.Away(last) {
		t.Errorf("%v does not count as away", last)
	}
}

func TestAServerThatTakesNoWritesFailsItsCheck(t *testing.T) {
	server := servertest.Redis(t)
	client := servertest.Client(t, server)
	set := func(name, value string) {
		t.Helper()
		if err := client.ConfigSet(t.Context(), name, value).Err(); err != nil {
			t.Fatal(err)
		}
	}
	healthy := func() {
		t.Helper()
		servertest.Eventually(t, "it takes writes again", func() bool {
			return stream.NewWriteCheck(client, nothing).Run(t.Context()) == nil
		})
	}
	healthy()
	if ttl := client.TTL(t.Context(), "{seckill}:write").Val(); ttl <= 0 {
		t.Errorf("the key of the check stays for ever: %s", ttl)
	}

	set("maxmemory", "1mb")
	says(t, client, "maxmemory")
	set("maxmemory", "0")
	healthy()

	set("min-replicas-to-write", "1")
	says(t, client, "min-replicas-to-write")
	set("min-replicas-to-write", "0")
	healthy()

	master := servertest.Redis(t)
	host, port, _ := strings.Cut(master.Addr(), ":")
	client.ReplicaOf(t.Context(), host, port)
	says(t, client, "replica")
	client.ReplicaOf(t.Context(), "NO", "ONE")
	healthy()
}

// TestAServerThatCannotSaveFailsItsCheck breaks the saving of a snapshot: MISCONF.
func TestAServerThatCannotSaveFailsItsCheck(t *testing.T) {
	server, err := devstack.StartRedis(t.Context(), devstack.Options{Args: []string{
		"--appendonly", "no", "--save", "3600 100000", "--dbfilename", "taken",
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop(context.Background()) })
	client := servertest.Client(t, server)
	folder := client.ConfigGet(t.Context(), "dir").Val()["dir"]
	// A folder in the place of the file cannot be replaced by it.
	mkdir(t, folder+"/taken/inside")
	client.Set(t.Context(), "a", "b", 0)
	servertest.Eventually(t, "a snapshot has failed", func() bool {
		client.BgSave(t.Context())
		return strings.Contains(client.Info(t.Context(), "persistence").Val(), "rdb_last_bgsave_status:err")
	})
	says(t, client, "cannot save")
}
