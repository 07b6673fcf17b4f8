package preflight_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"seckill/internal/devstack"
	"seckill/internal/preflight"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/internal/stream"
)

// newSiteOn starts a site on a Redis that is there, with a database of its own.
func newSiteOn(t *testing.T, at stream.ClientConfig) *site {
	t.Helper()
	s := &site{t: t, whole: t}
	s.serve(places{redis: at, dataSource: servertest.Database(t)})
	s.begin()
	s.register()
	return s
}

// register writes the product, and waits until its sale can begin, as far as can be seen.
func (s *site) register() {
	s.t.Helper()
	_, err := s.ledger.CreateProduct(s.t.Context(), "alice", sale())
	s.must(err)
}

// sale is a product whose sale begins in an hour.
func sale() seckill.Product {
	units := int64(10)
	now := time.Now()
	return seckill.Product{
		ProductID: product, Name: "Phone", StockTotal: &units, PerUserLimit: 1,
		StartsAt: now.Add(time.Hour), EndsAt: now.Add(2 * time.Hour), PaymentWindow: 15 * time.Minute,
	}
}

// TestPreflightOnARedisCluster breaks a cluster for real: nobody serves some of its slots.
func TestPreflightOnARedisCluster(t *testing.T) {
	cluster := servertest.Cluster(t)
	s := newSiteOn(t, stream.ClientConfig{Addrs: cluster.Addrs(), Mode: stream.ModeCluster})
	s.eventually("go", func(r preflight.Report) bool { return r.Go })
	client := servertest.ClusterClient(t, cluster)
	slot := 0
	for slot == int(client.ClusterKeySlot(t.Context(), key).Val()) {
		slot++
	}
	for _, addr := range cluster.Addrs() { // nobody may know an owner any more
		out, err := redisCLI(addr, "CLUSTER", "DELSLOTS", fmt.Sprint(slot))
		if err != nil && !strings.Contains(out, "already unassigned") {
			t.Fatalf("%v: %s", err, out)
		}
	}
	b := breakage{"REDIS_CLUSTER", fail, "", nil}
	broken := s.eventually("REDIS_CLUSTER alone", func(r preflight.Report) bool { return isAlone(r, b, nil) })
	found := result(broken, "REDIS_CLUSTER")
	t.Logf("%s\n%s", found.Message, found.Action)
	if out, err := exec.CommandContext(t.Context(), "sh", "-c", found.Action).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", found.Action, err, out)
	}
	s.eventually("go again", func(r preflight.Report) bool { return r.Go })
}

func redisCLI(addr string, words ...string) (string, error) {
	host, port, _ := net.SplitHostPort(addr)
	out, err := exec.Command("redis-cli", append([]string{"-e", "-h", host, "-p", port}, words...)...).CombinedOutput()
	return string(out), err
}

// TestPreflightBehindAnACLWithoutConfigAndInfo: what Redis does not let us see is a warning.
func TestPreflightBehindAnACLWithoutConfigAndInfo(t *testing.T) {
	server := servertest.Redis(t)
	if out, err := redisCLI(server.Addr(), "ACL", "SETUSER", "seller", "on", ">word", "~*", "&*", "+@all", "-info", "-config"); err != nil {
		t.Fatal(out)
	}
	s := newSiteOn(t, stream.ClientConfig{Addrs: []string{server.Addr()}, Username: "seller", Password: "word"})
	r := s.eventually("go", func(r preflight.Report) bool { return r.Go })
	for _, code := range []string{"REDIS_INFO", "REDIS_EVICTION", "REDIS_MEMORY", "REDIS_PERSISTENCE", "REDIS_REPLICAS"} {
		found := result(r, code)
		if found.Level != warn || !strings.Contains(found.Message, "may not look") || strings.Contains(found.Message+found.Action, "word") {
			t.Errorf("%s is %s: %s [%s]", code, found.Level, found.Message, found.Action)
		}
	}
	for _, code := range []string{"REDIS_VERSION", "REDIS_MASTER", "REDIS_WRITES", "REDIS_SCRIPTS"} {
		if found := result(r, code); found.Level != preflight.LevelOK {
			t.Errorf("%s is %s: %s", code, found.Level, found.Message)
		}
	}
	// Where CONFIG alone is allowed, it says as much.
	if out, err := redisCLI(server.Addr(), "ACL", "SETUSER", "seller", "+config"); err != nil {
		t.Fatal(out)
	}
	r = s.eventually("the policy is seen", func(r preflight.Report) bool {
		return result(r, "REDIS_EVICTION").Level == preflight.LevelOK && result(r, "REDIS_PERSISTENCE").Level == preflight.LevelOK
	})
	if result(r, "REDIS_MEMORY").Level != warn {
		t.Errorf("the memory is seen without INFO: %s", describe(r))
	}
}

// hidden is what a role can be kept from that is needed to look at settings and at others.
const hidden = `REVOKE SELECT ON pg_settings, pg_stat_activity, pg_replication_slots, pg_prepared_xacts, pg_database FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION pg_show_all_settings(), pg_stat_get_activity(integer), pg_get_replication_slots() FROM PUBLIC`

// TestPreflightOnARoleWithoutRightsToSettings: what PostgreSQL does not let us see is a
// warning. The role has no more rights than the documents list.
func TestPreflightOnARoleWithoutRightsToSettings(t *testing.T) {
	s := newSite(t)
	s.exec("CREATE ROLE seller LOGIN", `DO $$ DECLARE r record; BEGIN
		FOR r IN SELECT oid::regclass AS name FROM pg_class WHERE relname LIKE 'seckill\_%' AND relkind = 'r' LOOP
			EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO seller', r.name);
		END LOOP; END $$`, "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO seller")
	url := strings.Replace(s.postgres.URL(database), "postgres@", "seller@", 1)
	look := &site{t: t, whole: t, postgres: s.postgres, redis: s.redis, client: s.client}
	look.serve(places{redis: stream.ClientConfig{Addrs: []string{s.redis.Addr()}}, dataSource: url})
	r := look.eventually("go", func(r preflight.Report) bool { return r.Go })
	if found := result(r, "POSTGRES_TRANSACTIONS"); found.Level != warn || !strings.Contains(found.Message, "may not look") {
		t.Errorf("transactions of others: %s %s", found.Level, found.Message)
	}
	s.exec(strings.Split(hidden, ";\n")...)
	r = look.eventually("go", func(r preflight.Report) bool { return r.Go })
	for _, code := range []string{
		"POSTGRES_DURABILITY", "POSTGRES_ISOLATION", "POSTGRES_TIMEOUTS", "POSTGRES_CONNECTIONS", "POSTGRES_TRANSACTIONS",
		"POSTGRES_SLOTS", "POSTGRES_LOG", "POSTGRES_COLLATION",
	} {
		if found := result(r, code); found.Level != warn || !strings.Contains(found.Message, "may not look") {
			t.Errorf("%s is %s: %s", code, found.Level, found.Message)
		}
	}
	// And what it lacks to work at all is named, with the grant.
	s.exec("REVOKE DELETE ON seckill_moves FROM seller")
	b := breakage{"POSTGRES_SCHEMA", fail, "", nil}
	broken := look.eventually("POSTGRES_SCHEMA alone", func(r preflight.Report) bool { return isAlone(r, b, nil) })
	look.sh(result(broken, "POSTGRES_SCHEMA").Action)
	look.eventually("go again", func(r preflight.Report) bool { return r.Go })
}

// TestItWritesNothing counts the changes of Redis, and the transactions of PostgreSQL that
// have written: some of the server's own may come in between.
func TestItWritesNothing(t *testing.T) {
	s := &site{t: t, whole: t, redis: servertest.Redis(t)}
	s.client = servertest.Client(t, s.redis)
	s.serve(places{redis: stream.ClientConfig{Addrs: []string{s.redis.Addr()}}, dataSource: servertest.Database(t)})
	s.register()
	s.must(s.keeper.Bring(t.Context(), product))
	counts := func() string {
		var changes string
		for line := range strings.Lines(s.client.Info(t.Context(), "persistence").Val()) {
			if strings.HasPrefix(line, "rdb_changes_since_last_save:") {
				changes = line
			}
		}
		return changes + fmt.Sprint(servertest.Count(t, s.pool, "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"))
	}
	servertest.Eventually(t, "a pre-flight after which nothing has changed", func() bool {
		before := counts()
		r, err := s.flight.Run(t.Context(), product)
		s.must(err)
		return len(r.Results) > 0 && counts() == before
	})
}

// TestServersThatAreAway: nothing is an error.
func TestServersThatAreAway(t *testing.T) {
	s := newSite(t)
	s.must(s.redis.Pause(t.Context()))
	r := s.eventually("Redis is away", func(r preflight.Report) bool { return !r.Go })
	if got := codes(r, fail); !slices.Equal(got, []string{"REDIS_ANSWERS"}) {
		t.Errorf("without Redis these fail: %v", got)
	}
	s.must(s.postgres.Pause(t.Context()))
	r = s.eventually("both are away", func(r preflight.Report) bool { return len(codes(r, fail)) == 2 })
	if got := codes(r, fail); !slices.Equal(got, []string{"REDIS_ANSWERS", "POSTGRES_ANSWERS"}) {
		t.Errorf("without both these fail: %v", got)
	}
}

// TestAClockThatIsWrong gives Redis one.
func TestAClockThatIsWrong(t *testing.T) {
	server := fakedRedis(t, "+3s")
	s := newSiteOn(t, stream.ClientConfig{Addrs: []string{server.Addr()}})
	b := breakage{"SERVICE_CLOCKS", fail, "", nil}
	r := s.eventually("SERVICE_CLOCKS alone", func(r preflight.Report) bool { return isAlone(r, b, nil) })
	if found := result(r, "SERVICE_CLOCKS"); !strings.Contains(found.Observed, "Redis at "+server.Addr()+" is 3s ahead") && !strings.Contains(found.Observed, "is 2.9") {
		t.Errorf("observed: %s", found.Observed)
	}
}

func fakedRedis(t *testing.T, offset string) *devstack.Redis {
	t.Helper()
	server, err := devstack.StartRedis(t.Context(), devstack.Options{Env: []string{
		// jemalloc asks for the time before libfaketime can answer; libc's own malloc does not.
		"LD_PRELOAD=" + faketime(t) + " libc.so.6", "FAKETIME=" + offset, "FAKETIME_DONT_FAKE_MONOTONIC=1",
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop(context.Background()) })
	return server
}

// faketime finds the library that gives a program a wrong clock.
func faketime(t *testing.T) string {
	t.Helper()
	for _, pattern := range []string{"/usr/lib/*/faketime/libfaketime.so.1", "/usr/lib*/faketime/libfaketime.so.1"} {
		if found, err := filepath.Glob(pattern); err == nil && len(found) > 0 {
			return found[0]
		}
	}
	const missing = "there is no libfaketime: tools/setup-servers.sh installs it where apt-get may"
	if os.Getenv("CI") == "true" {
		t.Fatal(missing)
	}
	t.Skip(missing)
	return ""
}

// TestReadyIsTheVerdictAlone is what the gauge seckill_preflight_ready will be made of.
func TestReadyIsTheVerdictAlone(t *testing.T) {
	server := servertest.Redis(t)
	s := newSiteOn(t, stream.ClientConfig{Addrs: []string{server.Addr()}})
	s.eventually("go", func(r preflight.Report) bool { return r.Go })
	if ready, err := s.flight.Ready(t.Context(), product); err != nil || !ready {
		t.Errorf("ready = %v, %v", ready, err)
	}
	_, err := s.ledger.MoveProduct(t.Context(), "alice", product, seckill.ProductPaused, sale().StartsAt)
	s.must(err)
	if ready, err := s.flight.Ready(t.Context(), product); err != nil || ready {
		t.Errorf("of a paused product: ready = %v, %v", ready, err)
	}
	if _, err := s.flight.Ready(t.Context(), 404); seckill.ErrorCode(err) != seckill.CodeProductNotFound {
		t.Errorf("of no product: %v", err)
	}
}
