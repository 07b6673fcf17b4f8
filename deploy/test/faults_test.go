package test

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"seckill/client"
	"seckill/internal/devstack"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

const product = 2001

// scene is a deployment with the product on sale, in which something is broken and mended.
type scene struct {
	*site

	postgres *devstack.Postgres
	a, b     *replica // b is nil unless the fault needs two
	held     pgx.Tx   // a transaction of somebody else
}

// fault is how an invariant is hurt.
type fault struct {
	alert  string
	also   []string            // alerts that may come with it
	own    bool                // it needs a PostgreSQL of its own
	begins time.Duration       // the sale begins so much later; 0 = it is on
	second func(s *scene) ways // how a second replica reaches its servers; nil = there is none
	hurt   func(s *scene)
	mend   func(s *scene)
}

// always is that a second replica is like the first.
func always(*scene) ways { return ways{} }

// faults are those of all invariants but the watchdog, which needs none.
var faults = []fault{{
	alert: "SeckillBooksDrift",
	hurt:  func(s *scene) { s.cli("HINCRBY", gateKey, "left", 1) },
	mend:  func(s *scene) { s.repair() },
}, {
	alert: "SeckillEntriesLost", also: []string{"SeckillReplicaDown", "SeckillSettlementStalled"}, second: always,
	hurt: (*scene).loseEntries,
	mend: func(s *scene) { s.a.run() },
}, {
	alert: "SeckillNoConsumer", also: []string{"SeckillSettlementStalled", "SeckillRedisDown"},
	hurt: func(s *scene) {
		s.cli("ACL", "SETUSER", "default", "-xreadgroup", "-xgroup", "-xautoclaim")
		s.push(3)
	},
	mend: func(s *scene) { s.cli("ACL", "SETUSER", "default", "+@all") },
}, {
	alert: "SeckillSettlementStalled",
	hurt: func(s *scene) {
		s.hold("SELECT 1 FROM seckill_products WHERE product_id = 2001 FOR UPDATE")
		s.push(3)
	},
	mend: (*scene).release,
}, {
	alert: "SeckillGateClosed", also: []string{"SeckillMovesOld"},
	hurt: func(s *scene) { s.cli("SET", gateKey, "no gate") },
	mend: func(s *scene) { s.cli("DEL", gateKey) },
}, {
	alert: "SeckillUnitsInFlight",
	hurt: func(s *scene) {
		s.cli("HINCRBY", gateKey, "left", -1)
		s.cli("HSET", flightKey, "9999999999999-0", 7)
	},
	mend: func(s *scene) {
		s.cli("HDEL", flightKey, "9999999999999-0")
		s.repair()
	},
}, {
	alert: "SeckillRedisDown",
	hurt:  func(s *scene) { s.must(s.redis.Pause(context.WithoutCancel(s.t.Context()))) },
	mend:  func(s *scene) { s.must(s.redis.Resume(s.t.Context())) },
}, {
	alert: "SeckillRedisDownOnReplica",
	second: func(s *scene) ways {
		s.cli("ACL", "SETUSER", "second", "on", ">secret", "~*", "&*", "+@all")
		return ways{redis: fmt.Sprintf("{Addr: %q, Username: second, Password: secret}", s.redis.Addr())}
	},
	hurt: func(s *scene) {
		s.cli("ACL", "SETUSER", "second", "off")
		s.cli("CLIENT", "KILL", "USER", "second")
	},
	mend: func(s *scene) { s.cli("ACL", "SETUSER", "second", "on") },
}, {
	alert: "SeckillPostgresDown", own: true,
	hurt: func(s *scene) { s.must(s.postgres.Pause(s.t.Context())) },
	mend: func(s *scene) { s.must(s.postgres.Resume(s.t.Context())) },
}, {
	alert: "SeckillPostgresDownOnReplica",
	second: func(s *scene) ways {
		s.exec("CREATE ROLE second LOGIN SUPERUSER PASSWORD 'secret'")
		return ways{postgres: asUser(s.t, s.url, "second", "secret")}
	},
	hurt: func(s *scene) {
		s.exec("ALTER ROLE second NOLOGIN")
		s.exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'second'")
	},
	mend: func(s *scene) { s.exec("ALTER ROLE second LOGIN") },
}, {
	alert: "SeckillReplicaDown", second: always,
	hurt: func(s *scene) { s.b.kill() },
	mend: func(s *scene) { s.b.run() },
}, {
	alert: "SeckillMetricsStale",
	hurt:  func(s *scene) { s.hold("LOCK TABLE seckill_orders IN ACCESS EXCLUSIVE MODE") },
	mend:  (*scene).release,
}, {
	alert: "SeckillPreflightNotReady", own: true, begins: 20 * time.Minute,
	hurt: func(s *scene) { s.cli("CONFIG", "SET", "maxmemory-policy", "allkeys-lru") },
	mend: func(s *scene) { s.cli("CONFIG", "SET", "maxmemory-policy", "noeviction") },
}}

// calm is the job of a deployment in which nothing is broken, while it sells.
const calm = "calm"

// jobOf is the name of the deployment that a fault is made in.
func (f *fault) job() string { return strings.TrimPrefix(f.alert, "Seckill") }

const (
	// courseTime bounds a fault, from where it is made to where its alert is gone; it is no
	// measure. The longest window is two minutes, and pre-flights are made every minute.
	courseTime = 8 * time.Minute
	// lookPause is the pause between two looks at the alerts.
	lookPause = 300 * time.Millisecond
)

// TestEveryInvariantThatIsHurtIsTold breaks each thing for real, on a deployment of its own,
// all at the same time, and all watched by one Prometheus: the alert becomes pending and
// fires, and it resolves when the thing is mended. No other alert fires, and none where
// nothing is broken.
func TestEveryInvariantThatIsHurtIsTold(t *testing.T) {
	program(t, "prometheus")
	var courses []*course
	jobs := map[string][]*replica{}
	for i := range faults {
		c := &course{fault: &faults[i], scene: newScene(t, &faults[i]), fired: map[string]bool{}}
		courses, jobs[c.job()] = append(courses, c), c.replicas()
	}
	peace := newScene(t, &fault{second: always})
	jobs[calm] = peace.replicas()
	w := watch(t, jobs)
	w.isQuiet(jobs)
	stop := peace.sellOn()
	for _, c := range courses {
		c.hurt(c.scene)
	}
	for deadline := time.Now().Add(courseTime); slices.ContainsFunc(courses, (*course).goesOn); time.Sleep(lookPause) {
		alerts := w.alerts()
		for _, c := range courses {
			c.look(alerts[c.job()])
		}
		if time.Now().After(deadline) {
			break
		}
	}
	stop()
	for _, c := range courses {
		c.check()
	}
	if fired := w.value(`count(count_over_time(ALERTS{job="calm",alertstate="firing"}[1h]))`); fired != "" {
		t.Errorf("%s alerts fired where nothing was broken", fired)
	}
}

// isQuiet waits until all replicas are scraped and no alert is active but the watchdog.
func (w *watcher) isQuiet(jobs map[string][]*replica) {
	w.t.Helper()
	n := 0
	for _, replicas := range jobs {
		n += len(replicas)
	}
	servertest.Eventually(w.t, "all is well", func() bool {
		alerts := w.alerts()
		return len(alerts) == 1 && len(alerts[""]) == 1 && alerts[""][watchdog].State == firing && w.value("sum(up)") == fmt.Sprint(n)
	})
}

// course is a fault on its way.
type course struct {
	*fault
	*scene

	wasPending, isMended, isOver bool
	fired                        map[string]bool // alerts of the deployment
}

func (c *course) goesOn() bool { return !c.isOver }

// look takes notice of the alerts of the deployment, and mends what is told.
func (c *course) look(now active) {
	for name, a := range now {
		c.fired[name] = c.fired[name] || a.State == firing
		if strings.Contains(fmt.Sprint(a.Annotations), "error expanding") {
			c.t.Errorf("%s: %v", name, a.Annotations)
		}
	}
	state := now[c.alert].State
	c.wasPending = c.wasPending || state == pending
	switch {
	case c.isOver:
	case !c.isMended && state == firing:
		c.mend(c.scene)
		c.isMended = true
	case c.isMended && state == "":
		c.isOver = true
		c.t.Logf("%s is over", c.alert)
	}
}

// check fails unless the alert came and went, and came alone.
func (c *course) check() {
	c.t.Helper()
	if !c.isOver {
		c.t.Errorf("%s: pending %v, fired %v, mended %v, over %v", c.alert, c.wasPending, c.fired[c.alert], c.isMended, c.isOver)
	}
	if !c.wasPending && hasFor(c.t, c.alert) {
		c.t.Errorf("%s was never pending", c.alert)
	}
	for name, fired := range c.fired {
		if fired && name != c.alert && !slices.Contains(c.also, name) {
			c.t.Errorf("%s fired beside %s", name, c.alert)
		}
	}
}

// hasFor reports whether an alert waits before it fires.
func hasFor(t *testing.T, name string) bool {
	t.Helper()
	return slices.ContainsFunc(readRules(t), func(r rule) bool { return r.Alert == name && r.For != "" })
}

var (
	gateKey   = seckill.CompanionKey(product, "gate")
	flightKey = seckill.CompanionKey(product, "inflight")
)

// newScene starts the deployment for a fault.
func newScene(t *testing.T, f *fault) *scene {
	t.Helper()
	s := &scene{}
	if f.own {
		s.postgres = servertest.Postgres(t)
		s.site = newSiteOn(t, s.postgres.URL(""))
	} else {
		s.site = newSite(t)
	}
	s.a = s.start("a", ways{})
	if f.second != nil {
		s.b = s.start("b", f.second(s))
	}
	stock := int64(1_000_000)
	from := time.Now().Add(-time.Minute)
	if f.begins > 0 {
		from = time.Now().Add(f.begins)
	}
	s.a.sell(client.NewProduct{
		ProductID: product, StockTotal: &stock, PerUserLimit: new(int64(1)), StartsAt: from, EndsAt: from.Add(2 * time.Hour),
		PaymentWindowSeconds: 900,
	})
	return s
}

func (s *scene) replicas() []*replica {
	if s.b == nil {
		return []*replica{s.a}
	}
	return []*replica{s.a, s.b}
}

func (s *scene) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// hold runs a statement in a transaction that stays open.
func (s *scene) hold(sql string) {
	s.t.Helper()
	tx, err := s.pool.Begin(s.t.Context())
	s.must(err)
	_, err = tx.Exec(s.t.Context(), sql)
	s.must(err)
	s.held = tx
}

// release ends the transaction that hold has begun.
func (s *scene) release() {
	s.t.Helper()
	s.must(s.held.Rollback(s.t.Context()))
}

// push adds raw entries, as a BFF does.
func (s *scene) push(n int) {
	s.t.Helper()
	for i := range n {
		s.cli("XADD", seckill.StreamKey(product), "*", "uid", 1000+i)
	}
}

func (s *scene) repair() {
	s.t.Helper()
	_, err := s.a.api("operator").RepairBooks(s.t.Context(), product)
	s.must(err)
}

// loseEntries deletes entries that one replica has been given and not stored when it dies. The
// others are settled late, and are too few to say that for it: of ten the budget would burn.
func (s *scene) loseEntries() {
	s.t.Helper()
	s.hold("LOCK TABLE seckill_logs IN ACCESS EXCLUSIVE MODE")
	s.push(5)
	var ids []string
	servertest.Eventually(s.t, "some are delivered", func() bool {
		pending, err := s.commands.XPendingExt(s.t.Context(), &redis.XPendingExtArgs{
			Stream: seckill.StreamKey(product), Group: "g1", Start: "-", End: "+", Count: 100,
		}).Result()
		for _, entry := range pending {
			ids = append(ids, entry.ID)
		}
		return err == nil && len(ids) > 0
	})
	s.a.kill()
	s.b.kill()
	s.must(s.commands.XDel(s.t.Context(), seckill.StreamKey(product), ids...).Err())
	s.release()
	s.b.run()
}

// asUser is the URL of a database for another role.
func asUser(t *testing.T, dataSource, user, password string) string {
	t.Helper()
	parsed, err := url.Parse(dataSource)
	if err != nil {
		t.Fatal(err)
	}
	parsed.User = url.UserPassword(user, password)
	return parsed.String()
}

// sellOn has users buy, one after another, until it is stopped.
func (s *scene) sellOn() (stop func()) {
	ctx, cancel := context.WithCancel(s.t.Context())
	var done sync.WaitGroup
	done.Go(func() {
		api := s.a.api("bff")
		for user := int64(1); ctx.Err() == nil; user++ {
			if _, err := api.Attempt(ctx, product, user, ""); err != nil && ctx.Err() == nil {
				s.t.Errorf("user %d: %v", user, err)
				return
			}
			time.Sleep(5 * time.Millisecond) // a rate, not a wait for an outcome
		}
	})
	return func() { cancel(); done.Wait() }
}

func TestEveryInvariantHasAFault(t *testing.T) {
	hurt := map[string]bool{watchdog: true}
	for _, f := range faults {
		hurt[f.alert] = true
	}
	var invariants []string
	for _, group := range readGroups(t) {
		if group.Name != "seckill-invariants" {
			continue
		}
		for _, r := range group.Rules {
			invariants = append(invariants, r.Alert)
		}
	}
	slices.Sort(invariants)
	if named := slices.Sorted(maps.Keys(hurt)); !slices.Equal(invariants, named) {
		t.Errorf("invariants %q, faults %q", invariants, named)
	}
}
