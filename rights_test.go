package main

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// newSellersSite is a site whose service comes as a role that has no more than the given
// rights; the pool of the test is the owner's.
func newSellersSite(t *testing.T, role string, rights []string) *site {
	t.Helper()
	s := newSite(t)
	for _, statement := range append([]string{
		"CREATE ROLE " + role + " LOGIN", "REVOKE ALL ON SCHEMA public FROM PUBLIC",
		"REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC",
	}, rights...) {
		s.exec(statement)
	}
	s.url = servertest.As(s.url, role)
	return s
}

func (s *site) exec(statement string) {
	s.t.Helper()
	if _, err := s.pool.Exec(s.t.Context(), statement); err != nil {
		s.t.Fatalf("%s: %v", statement, err)
	}
}

// readyz returns what /readyz says.
func (p *process) readyz() (status int, text string) {
	response, err := http.Get(p.address + "/readyz")
	if err != nil {
		return 0, ""
	}
	defer func() { _ = response.Body.Close() }()
	body, _ := io.ReadAll(response.Body)
	return response.StatusCode, string(body)
}

// unready waits until /readyz is 503 and names the reason, as the log does.
func (p *process) unready(reason string) {
	p.t.Helper()
	var last string
	defer func() {
		if p.t.Failed() {
			p.t.Logf("last of /readyz: %s", last)
		}
	}()
	servertest.Eventually(p.t, "/readyz names: "+reason, func() bool {
		var status int
		status, last = p.readyz()
		return status == http.StatusServiceUnavailable && strings.Contains(last, reason)
	})
	servertest.Eventually(p.t, "the log names: "+reason, func() bool { return strings.Contains(p.output.String(), reason) })
}

// TestLeastRightsAreEnough: everything that the service does, by a role that could not
// migrate, and need not; then what becomes of it when a right goes.
func TestLeastRightsAreEnough(t *testing.T) {
	s := newSellersSite(t, "least_seller", servertest.LeastRights("least_seller"))
	replicas := s.replicas("", "a", "b")
	c := &calls{t: t}
	s.recordsByHand(c, replicas)
	s.sellsAndExpires(c, replicas)
	s.push(1, 2000, 2000)
	if err := s.client.XAdd(t.Context(), &redis.XAddArgs{Stream: seckill.StreamKey(1), Values: []string{"uid", "nobody"}}).Err(); err != nil {
		t.Fatal(err)
	}
	servertest.Eventually(t, "a dead letter is stored", func() bool { return s.count("SELECT count(*) FROM seckill_dead_letters") == 1 })
	for _, p := range replicas {
		c.everyRead(p)
		if line := lineWith(p.output.String(), "SQLSTATE"); line != "" {
			t.Errorf("something has failed, if only for a while: %s", line)
		}
		p.kill()
	}

	s.exec("REVOKE USAGE ON SEQUENCE seckill_logs_id_seq FROM least_seller")
	s.exec("REVOKE INSERT ON seckill_logs FROM least_seller")
	p := s.start("c", "")
	p.unready("the role lacks: INSERT on seckill_logs, USAGE on sequence seckill_logs_id_seq")
	s.exec("GRANT INSERT ON seckill_logs TO least_seller")
	p.unready("the role lacks: USAGE on sequence seckill_logs_id_seq")
	s.exec("GRANT USAGE ON SEQUENCE seckill_logs_id_seq TO least_seller")
	p.ready()
}

// TestMigrationsGoTheirOwnWay: the service's role may not migrate, another may.
func TestMigrationsGoTheirOwnWay(t *testing.T) {
	s := newSellersSite(t, "other_seller", servertest.LeastRights("other_seller"))
	owner := strings.Replace(s.url, "://other_seller@", "://postgres@", 1)
	s.exec("DELETE FROM seckill_migrations WHERE version_id >= 4")
	s.exec("DROP TABLE seckill_moves")
	s.startsWithout(", Migrate: false", "there is no table seckill_moves; pending migrations: 004_open_the_gate.sql")
	s.startsWithout(", Migrate: true", "the role may not apply the migrations that are pending (004_open_the_gate.sql")
	p := s.startWith(", Migrate: true, MigrateSource: '" + owner + "'")
	p.unready("the role lacks: SELECT on seckill_moves, INSERT on seckill_moves, DELETE on seckill_moves")
	s.exec("GRANT SELECT, INSERT, DELETE ON seckill_moves TO other_seller")
	p.ready()
	p.kill()
	s.exec("REVOKE SELECT ON seckill_migrations FROM other_seller")
	s.startWith(", Migrate: false").ready()
	s.startsWithout(", Migrate: true", "the role lacks: SELECT on seckill_migrations")
}

// startWith starts the service with more of the section Postgres.
func (s *site) startWith(postgres string) *process {
	s.t.Helper()
	s.postgres = postgres
	defer func() { s.postgres = "" }()
	return s.start("", "")
}

// startsWithout starts the service, waits for what it says that it lacks, and ends it.
func (s *site) startsWithout(postgres, reason string) {
	s.t.Helper()
	p := s.startWith(postgres)
	p.unready(reason)
	p.kill()
}
