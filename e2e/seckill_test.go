package e2e

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// TestTheGuidesWalkThrough is the main job: what redis-cli pushes, psql shows and
// the REST API answers.
func TestTheGuidesWalkThrough(t *testing.T) {
	s := newSite(t)
	p := s.start("", "")
	p.ready()
	if line := "seckill stream server started: productID=1 stream=stream:seckill:1 group=g1 consumer=seckill-consumer-1"; !strings.Contains(p.output.String(), line) {
		t.Errorf("the log lacks %q", line)
	}
	id, err := s.client.Do(t.Context(), "XADD", "stream:seckill:1", "*", "uid", "123", "ts", "1234567890").Text()
	if err != nil {
		t.Fatal(err)
	}
	s.drained(1)
	status, result := p.call("bff", http.MethodGet, "/api/v1/products/1/users/123/result", "")
	if status != http.StatusOK || result["streamId"] != id || result["status"] != "PROCESSING" {
		t.Errorf("%d %v", status, result)
	}
	status, changed := p.call("operator", http.MethodPut, "/admin/v1/logs/status",
		fmt.Sprintf(`{"items": [{"productId": 1, "streamId": %q, "status": "SUCCESS"}]}`, id))
	if status != http.StatusOK || !strings.Contains(fmt.Sprint(changed), "UPDATED") {
		t.Errorf("%d %v", status, changed)
	}
	if _, result = p.call("bff", http.MethodGet, "/api/v1/products/1/users/123/result", ""); result["status"] != "SUCCESS" {
		t.Errorf("%v", result)
	}
	if n := servertest.Count(t, s.pool, "SELECT count(*) FROM seckill_audit WHERE actor = 'tester' AND action = 'logs.status'"); n != 1 {
		t.Errorf("%d audit rows", n)
	}
	checkMetrics(t, p)
}

// checkMetrics looks for every metric of the pipeline on the DevServer.
func checkMetrics(t *testing.T, p *process) {
	t.Helper()
	servertest.Eventually(t, "every metric of the pipeline is there", func() bool {
		text := p.scrape()
		for _, name := range []string{
			`seckill_entries_total{outcome="stored",product="1"} 1`, `seckill_logs_total{product="1",reason="",status="PROCESSING"} 1`,
			`seckill_logs_total{product="1",reason="",status="SUCCESS"} 1`,
			"seckill_entry_seconds_count 1", "seckill_batch_entries_count 1", "seckill_store_seconds_count 1",
			`seckill_stream_lag{product="1"} 0`, `seckill_stream_pending{product="1"} 0`,
			`seckill_stream_oldest_pending_seconds{product="1"} 0`, `seckill_consumers_up{product="1"} 1`,
			`seckill_dead_letters_open{product="1"} 0`, "seckill_redis_up 1", "seckill_postgres_up 1",
		} {
			if !strings.Contains(text, name+"\n") {
				return false
			}
		}
		return true
	})
}

func TestKilledFiveTimesWhileDraining(t *testing.T) {
	const entries, kills = 100_000, 5
	s := newSite(t)
	s.push(1, 1, entries)
	for kill := 1; kill <= kills; kill++ {
		p := s.start("", "")
		goal := kill * entries / (kills + 1)
		servertest.Eventually(t, fmt.Sprintf("%d entries are stored", goal), func() bool { return s.logs() >= goal })
		p.kill()
	}
	s.start("", "")
	s.drained(entries)
	if n := servertest.Count(t, s.pool, "SELECT count(*) FROM seckill_dead_letters"); n != 0 {
		t.Errorf("%d dead letters: a crash counted as a refusal", n)
	}
}

func TestAReplicaThatIsKilledIsReplaced(t *testing.T) {
	const entries = 30_000
	s := newSite(t)
	s.push(1, 1, entries)
	a, _ := s.start("a", ""), s.start("b", "")
	servertest.Eventually(t, "the replicas are at work", func() bool { return s.logs() > entries/10 })
	a.kill()
	s.drained(entries)
}

func TestTerminatedUnderLoad(t *testing.T) {
	const entries = 50_000
	s := newSite(t)
	s.push(1, 1, entries)
	p := s.start("", "")
	servertest.Eventually(t, "the service is at work", func() bool { return s.logs() > entries/10 })
	if code := p.terminate(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	groups, err := s.client.XInfoGroups(t.Context(), seckill.StreamKey(1)).Result()
	if err != nil || groups[0].Pending != 0 || groups[0].EntriesRead != int64(s.logs()) {
		t.Errorf("%d logs stored, of the group %+v, %v", s.logs(), groups, err)
	}
	s.start("", "")
	s.drained(entries)
}

func TestAReadyServiceTellsWhatIsAway(t *testing.T) {
	s := newSite(t)
	p := s.start("", "")
	p.ready()
	if err := s.redis.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	servertest.Eventually(t, "readyz names redis and the consumers", func() bool {
		status, answer := p.call("bff", http.MethodGet, "/readyz", "")
		message := fmt.Sprint(answer["message"])
		return status == http.StatusServiceUnavailable && answer["code"] == "UNAVAILABLE" &&
			strings.Contains(message, "redis") && strings.Contains(message, "consumers") && !strings.Contains(message, "postgres")
	})
	if status, _ := p.call("bff", http.MethodGet, "/healthz", ""); status != http.StatusOK {
		t.Errorf("healthz answers %d", status)
	}
	if err := s.redis.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.ready()
}

func TestAServiceThatCannotStartSaysWhy(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = busy.Close() }()
	_, port, _ := net.SplitHostPort(busy.Addr().String())
	const base = "Redis: {Addr: 'localhost:1'}\nPostgres: {DataSource: 'postgres://localhost:1/x'}\n"
	for name, tt := range map[string]struct{ configuration, want string }{
		"unknown key":           {base + "Auth: {AccessSecret: '" + secret + "'}\nConsumer: {Cuont: 5}\n", "Consumer.Cuont"},
		"value out of range":    {base + "Auth: {AccessSecret: '" + secret + "'}\nConsumer: {Count: 0}\n", "Consumer.Count"},
		"no secret":             {base + "Auth: {AccessSecret: short}\n", "Auth.AccessSecret"},
		"a folder that is none": {base + "Auth: {AccessSecret: '" + secret + "'}\nLog: {Mode: file, Path: /dev/null/logs}\n", "Log.Path: "},
		"a volume that is none": {base + "Auth: {AccessSecret: '" + secret + "'}\nLog: {Mode: volume, Path: /dev/null/logs}\n", "Log.Path: "},
		"port in use":           {base + "Auth: {AccessSecret: '" + secret + "'}\nHost: 127.0.0.1\nPort: " + port + "\n", "Port: listen tcp 127.0.0.1:" + port},
		"metrics port in use": {base + "Auth: {AccessSecret: '" + secret + "'}\nHost: 127.0.0.1\nPort: " + strconv.Itoa(servertest.FreePort(t)) +
			"\nDevServer: {Port: " + port + "}\n", "DevServer.Port: listen tcp 127.0.0.1:" + port},
	} {
		t.Run(name, func(t *testing.T) {
			p := startProcess(t, 1, 1, tt.configuration)
			if code := p.exit(); code != 1 {
				t.Errorf("exit code %d", code)
			}
			if !strings.Contains(p.output.String(), tt.want) || strings.Count(p.output.String(), "\n") != 1 {
				t.Errorf("says %s", p.output)
			}
		})
	}
}

// TestTheServiceMayStartBeforeItsServers: it waits for them by itself.
func TestTheServiceMayStartBeforeItsServers(t *testing.T) {
	s := newSite(t)
	if err := s.redis.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := s.start("", "")
	servertest.Eventually(t, "the service answers", func() bool {
		response, err := http.Get(p.address + "/healthz")
		if err != nil {
			return false
		}
		return response.Body.Close() == nil && response.StatusCode == http.StatusOK
	})
	if err := s.redis.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.ready()
	s.push(1, 1, 10)
	s.drained(10)
}

// TestDevelopmentKeepsItsData runs the service as `make run` does, twice.
func TestDevelopmentKeepsItsData(t *testing.T) {
	dir, err := os.MkdirTemp("", "seckill-dev-*") //nolint:usetesting // PostgreSQL must reach it as another user
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	var bearer string
	for run := range 2 {
		port, dev := servertest.FreePort(t), servertest.FreePort(t)
		p := startProcess(t, port, dev, fmt.Sprintf(
			"Host: 127.0.0.1\nPort: %d\nMode: dev\nDevStack: {Dir: %q}\nProducts: [1001]\nDevServer: {Port: %d}\nLog: {Encoding: plain, Stat: false}\nShutdown: {Drain: 0s}\n",
			port, filepath.Join(dir, ".dev"), dev))
		// Whoever asks /readyz before that makes a line of its own in the log.
		servertest.Eventually(t, "the service is at work", func() bool {
			return strings.Contains(p.output.String(), "seckill stream server started: productID=1001")
		})
		said := p.output.String()
		if bearer == "" {
			bearer = regexp.MustCompile(`Bearer (\S+)'`).FindStringSubmatch(said)[1]
			pushWith(t, regexp.MustCompile(`redis-cli -h (\S+) -p (\d+) XADD`).FindStringSubmatch(said))
		}
		servertest.Eventually(t, fmt.Sprintf("the result is there in run %d", run), func() bool {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.address+"/api/v1/products/1001/users/123/result", http.NoBody)
			if err != nil {
				return false
			}
			request.Header.Set("Authorization", "Bearer "+bearer) // of the first run, in the second too
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				return false
			}
			return response.Body.Close() == nil && response.StatusCode == http.StatusOK
		})
		if code := p.terminate(); code != 0 {
			t.Errorf("exit code %d", code)
		}
		if strings.Contains(p.output.String(), "\t error \t") {
			t.Errorf("run %d, which nothing disturbs, logs an error", run)
		}
	}
}
