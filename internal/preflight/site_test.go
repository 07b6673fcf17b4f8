package preflight_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
	"github.com/zeromicro/go-zero/core/conf"
	"github.com/zeromicro/go-zero/core/logx"
	"github.com/zeromicro/go-zero/rest"
	"go.uber.org/goleak"

	"seckill/internal/admission"
	"seckill/internal/auth"
	"seckill/internal/books"
	"seckill/internal/config"
	"seckill/internal/consumer"
	"seckill/internal/devstack"
	"seckill/internal/handler"
	"seckill/internal/health"
	"seckill/internal/ledger"
	"seckill/internal/metrics"
	"seckill/internal/preflight"
	"seckill/internal/role"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
	"seckill/internal/stream"
	"seckill/internal/svc"
	"seckill/migrations"
	"seckill/model"
)

const (
	secret   = "0123456789abcdef0123456789abcdef"
	product  = 2001
	database = "sale"
	// claimIdle is long enough for a look at entries that are pending.
	claimIdle = 5 * time.Second
)

func TestMain(m *testing.M) {
	// What go-zero keeps for the life of a process.
	os.Exit(servertest.Run(m, goleak.IgnoreAnyFunction(
		"github.com/zeromicro/go-zero/core/executors.(*PeriodicalExecutor).backgroundFlush.func1")))
}

// site is one replica of the service, with servers of its own, as it runs before a sale.
type site struct {
	t        *testing.T // the present part of the test
	whole    *testing.T // the test, which the roles outlive no more than the servers
	postgres *devstack.Postgres
	redis    *devstack.Redis
	client   *redis.Client // an administrator's
	pool     *model.Pool
	clients  *stream.Clients
	ledger   *ledger.Ledger
	keeper   *books.Keeper
	flight   *preflight.Preflight
	config   config.Config
	url      string
	keeping  *running // the role that keeps the gates
}

// places is where a site finds its servers.
type places struct {
	redis      stream.ClientConfig
	dataSource string
}

// newSite starts a site on servers of its own, with a product whose sale begins in an hour.
func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, whole: t, postgres: servertest.Postgres(t), redis: servertest.Redis(t)}
	url, err := s.postgres.CreateDatabase(t.Context(), database, "")
	s.must(err)
	s.client = servertest.Client(t, s.redis)
	s.serve(places{redis: stream.ClientConfig{Addrs: []string{s.redis.Addr()}}, dataSource: url})
	s.must(migrations.Apply(t.Context(), s.pool.SQL()))
	s.begin()
	s.create()
	return s
}

// serve makes the parts of a replica, and its HTTP server; nothing works yet.
func (s *site) serve(at places) {
	s.t.Helper()
	s.must(conf.FillDefault(&s.config))
	s.config.Name, s.config.Auth.AccessSecret, s.config.DevServer.Enabled, s.config.Log.Stat = "seckill", secret, false, false
	s.config.Middlewares.Breaker, s.config.Middlewares.Shedding = false, false
	s.config.Consumer.ClaimIdle, s.config.Postgres.MaxConns = claimIdle, 8
	s.pool = servertest.Open(s.t, at.dataSource)
	at.redis.ReadTimeout, at.redis.WriteTimeout = 2*time.Second, 2*time.Second
	s.clients = stream.NewClients(at.redis)
	s.t.Cleanup(func() { _ = s.clients.Close() })
	gate := admission.NewGate(s.clients.Commands)
	streams := stream.NewInspector(s.clients.Commands, "g1", seckill.StreamKey)
	s.ledger = ledger.New(s.pool, metrics.New(prometheus.NewRegistry()))
	s.keeper = books.NewKeeper(s.pool, gate, streams, s.ledger)
	s.ledger.Tell(listener{s.keeper})
	reader := books.NewReader(s.pool, gate)
	s.flight = preflight.New(preflight.Settings{
		Run: "self", Group: "g1", Retention: s.config.Consumer.Retention, MaxConns: 8, Port: 8888, RedisUser: at.redis.Username,
	}, preflight.Sources{Pool: s.pool, Clients: s.clients, Gate: gate, Books: reader, Streams: streams})
	server, err := handler.NewServer(svc.NewServiceContext(s.config, svc.Deps{
		Conn: s.pool.Conn(), Ledger: s.ledger, Books: reader, Keeper: s.keeper, Streams: streams, Clock: streams, Preflight: s.flight,
	}))
	s.must(err)
	bound, err := rest.NewServerless(server)
	s.must(err)
	quiet() // the server has set up the log
	listener := httptest.NewServer(http.HandlerFunc(bound.Serve))
	s.t.Cleanup(listener.Close)
	s.url = listener.URL
}

func quiet() {
	if os.Getenv("SECKILL_TEST_LOG") == "" {
		logx.Disable()
	}
}

// listener tells the keeper alone.
type listener struct{ *books.Keeper }

func (listener) ResultsChanged(int64, []int64) {}

// begin starts the roles of a replica: consumers, the keeper of gates, the heartbeat.
func (s *site) begin() {
	s.t.Helper()
	supervisor := consumer.NewSupervisor(func(context.Context) error { return nil }, s.pool.ProductStates, s.loop)
	self := preflight.Self("a", "0011", 8, 65_536)
	self.Run = "self"
	s.run(supervisor)
	s.keeping = s.run(s.keeper.Role())
	s.run(preflight.Heartbeat(s.pool, self, health.Checks{
		{Name: "redis", Run: s.clients.Ping}, {Name: "postgres", Run: s.pool.Check}, {Name: "consumers", Run: supervisor.Check},
	}))
}

func (s *site) loop(productID int64) *consumer.Loop {
	reader := stream.NewReader(s.clients.Commands, s.clients.Blocking, seckill.StreamKey(productID), "g1",
		seckill.ConsumerName(productID, "a"))
	loop := consumer.NewLoop(productID, consumer.Config{Count: 50, Block: 100 * time.Millisecond, ClaimIdle: claimIdle, MaxDeliveries: 3},
		reader, s.ledger, metrics.New(prometheus.NewRegistry()))
	loop.Tell(admission.NewGate(s.clients.Commands))
	return loop
}

// starter is a role.
type starter interface {
	Start()
	Stop()
}

// running is a role that runs.
type running struct {
	starter

	done sync.WaitGroup
}

func (r *running) stop() {
	r.Stop()
	r.done.Wait()
}

func (s *site) run(r starter) *running {
	started := &running{starter: r}
	started.done.Go(r.Start)
	s.whole.Cleanup(started.stop)
	return started
}

// withoutKeeper does something while nobody keeps the gates, as when all replicas are
// busy with something else.
func (s *site) withoutKeeper(do func()) func() {
	s.keeping.stop()
	do()
	return func() { s.keeping = s.run(role.New(func(ctx context.Context) { s.runKeeper(ctx) })) }
}

func (s *site) runKeeper(ctx context.Context) {
	r := s.keeper.Role()
	stop := context.AfterFunc(ctx, r.Signal)
	defer stop()
	r.Start()
}

// create registers the product and waits until its sale can begin.
func (s *site) create() {
	s.t.Helper()
	s.sh(fmt.Sprintf(`curl -fsS -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" "$SECKILL_URL/admin/v1/products" -d '
		{"productId":%d,"name":"Phone","stockTotal":10,"startsAt":"'$(date -u -d '+1 hour' +%%FT%%TZ)'","endsAt":"'$(date -u -d '+2 hours' +%%FT%%TZ)'","paymentWindowSeconds":900}'`, product))
	s.eventually("go", func(r preflight.Report) bool { return r.Go })
}

func (s *site) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// exec runs statements in our database as an administrator, each for itself.
func (s *site) exec(statements ...string) {
	s.t.Helper()
	s.execIn(database, statements...)
}

func (s *site) execIn(database string, statements ...string) {
	s.t.Helper()
	for _, statement := range statements {
		s.sh("psql -qAt -v ON_ERROR_STOP=1 -d " + database + " -c '" + strings.ReplaceAll(statement, "'", `'\''`) + "'")
	}
}

// reconnect makes the service connect anew, so that defaults of the role hold.
const reconnect = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = 'sale' AND pid <> pg_backend_pid()"

// cli runs a command of Redis as an administrator.
func (s *site) cli(words ...any) {
	s.t.Helper()
	if err := s.client.Do(s.t.Context(), words...).Err(); err != nil && !errors.Is(err, redis.Nil) {
		s.t.Fatalf("%v: %v", words, err)
	}
}

// sh runs a command in the root of the repository as an operator would.
func (s *site) sh(command string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	token, err := auth.IssueToken(secret, "alice", "operator", time.Hour)
	s.must(err)
	shell := exec.CommandContext(ctx, "sh", "-c", command)
	shell.Dir = "../.."
	shell.Env = append(os.Environ(), "TOKEN="+token, "SECKILL_URL="+s.url, "PGUSER=postgres", "PGHOST=127.0.0.1",
		fmt.Sprintf("PGPORT=%d", s.postgres.Port()))
	if out, err := shell.CombinedOutput(); err != nil || strings.Contains(string(out), "ERR") {
		s.t.Fatalf("%s: %v\n%s", command, err, out)
	}
}

// eventually waits until a pre-flight has come to something, and returns it.
func (s *site) eventually(what string, is func(preflight.Report) bool) preflight.Report {
	s.t.Helper()
	var last preflight.Report
	defer func() {
		if s.t.Failed() {
			s.t.Log(describe(last))
		}
	}()
	servertest.Eventually(s.t, what, func() bool {
		var err error
		last, err = s.flight.Run(s.t.Context(), product)
		s.must(err)
		return is(last)
	})
	return last
}

// describe lists what is not well.
func describe(r preflight.Report) string {
	var lines []string
	for _, c := range r.Results {
		if c.Level != preflight.LevelOK {
			lines = append(lines, fmt.Sprintf("%s %s: %s [%s]", c.Level, c.Code, c.Message, c.Action))
		}
	}
	return strings.Join(lines, "\n")
}

// codes returns the codes of a report that are on a level.
func codes(r preflight.Report, level preflight.Level) []string {
	var all []string
	for _, c := range r.Results {
		if c.Level == level {
			all = append(all, c.Code)
		}
	}
	return all
}

// dependants returns the codes of the checks that depend on one, directly or not.
func dependants(code string) []string {
	all := []string{code}
	for _, c := range preflight.Checks() {
		if slices.ContainsFunc(c.DependsOn, func(on string) bool { return slices.Contains(all, on) }) {
			all = append(all, c.Code)
		}
	}
	return all[1:]
}

// result returns what a check of a report has come to.
func result(r preflight.Report, code string) preflight.Result {
	i := slices.IndexFunc(r.Results, func(c preflight.Result) bool { return c.Code == code })
	if i < 0 {
		return preflight.Result{}
	}
	return r.Results[i]
}
