// Command seckill is the backend of a flash sale: it consumes purchase attempts
// from Redis streams, stores them in PostgreSQL, and answers for them over HTTP.
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/zeromicro/go-zero/core/logx"
	"github.com/zeromicro/go-zero/core/proc"
	"github.com/zeromicro/go-zero/core/service"
	"github.com/zeromicro/go-zero/core/stores/sqlx"

	"seckill/internal/admission"
	"seckill/internal/books"
	"seckill/internal/config"
	"seckill/internal/consumer"
	"seckill/internal/ctl"
	"seckill/internal/devmode"
	"seckill/internal/handler"
	"seckill/internal/health"
	"seckill/internal/ledger"
	"seckill/internal/listener"
	"seckill/internal/live"
	"seckill/internal/metrics"
	"seckill/internal/notify"
	"seckill/internal/preflight"
	"seckill/internal/response"
	"seckill/internal/role"
	"seckill/internal/seckill"
	"seckill/internal/stream"
	"seckill/internal/svc"
	"seckill/internal/tracing"
	"seckill/migrations"
	"seckill/model"
)

// openAPI is the contract of the HTTP API, generated from seckill.api.
//
//go:embed openapi.json
var openAPI []byte

// stopTimeout bounds the stop of the private servers of development.
const stopTimeout = 30 * time.Second

func main() {
	if len(os.Args) > 1 && os.Args[1] == "ctl" { // seckillctl, in an image that has one program
		os.Exit(ctl.Main(os.Args[2:]))
	}
	file := flag.String("f", "etc/seckill.yaml", "the configuration file")
	showVersion := flag.Bool("version", false, "show what the program was built from, and end")
	var probe listener.Probe
	flag.Var(&probe, "healthcheck", "ask the process that runs with this configuration whether it is `live` (the default) or ready, and end with 0 or 1")
	flag.Parse()
	act := run
	switch {
	case *showVersion:
		fmt.Println("seckill", health.ReadBuild(), runtime.Version())
		return
	case probe != "":
		act = func(file string) error { return ask(file, probe) }
	}
	if err := act(*file); err != nil {
		fmt.Fprintln(os.Stderr, "seckill:", err)
		os.Exit(1)
	}
}

// ask asks the process that runs with a configuration how it is.
func ask(file string, probe listener.Probe) error {
	c, err := config.Load(file)
	if err != nil {
		return err
	}
	return probe.Ask(context.Background(), c)
}

// run serves until the process is told to stop, then closes what it opened.
func run(file string) (err error) {
	c, err := config.Load(file)
	if err != nil {
		return err
	}
	if err := setUpLog(c); err != nil {
		return err
	}
	if err := listener.Check(c); err != nil {
		return err
	}
	setUpTracing(&c)
	stack, err := devmode.Start(context.Background(), &c)
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
		defer cancel()
		err = errors.Join(err, stack.Stop(ctx))
	}()
	return serve(c, stack)
}

// setUpLog does what go-zero would do later, with an error that names no key.
func setUpLog(c config.Config) error {
	if c.Log.ServiceName == "" {
		c.Log.ServiceName = c.Name
	}
	if err := logx.SetUp(c.Log); err != nil {
		return fmt.Errorf("Log.Path: %w (Log.Mode %s writes files there; console writes none)", err, c.Log.Mode)
	}
	return nil
}

// setUpTracing does what go-zero would do later, but for requests that are sampled and sent
// nowhere, or with the IDs of users.
func setUpTracing(c *config.Config) {
	if c.Telemetry.Name == "" {
		c.Telemetry.Name = c.Name
	}
	tracing.SetUp(c.Telemetry, c.Consumer.Instance)
	c.Telemetry.Disabled = true
}

// serve runs the service on servers that the configuration names.
func serve(c config.Config, stack *devmode.Stack) error {
	sqlx.DisableStmtLog()
	pool, err := model.NewPool(context.Background(), c.Postgres.DataSource, c.Postgres.MaxConns)
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := pool.ReadFrom(context.Background(), c.Postgres.ReadSource, c.Postgres.MaxConns); err != nil {
		return err
	}
	clients, err := newClients(c.Redis)
	if err != nil {
		return err
	}
	defer func() { _ = clients.Close() }()
	group, err := assemble(c, pool, clients, stack.MadeSecret())
	if err != nil {
		return err
	}
	if err := stack.Announce(os.Stdout, c); err != nil {
		return err
	}
	demo, err := stack.Demo(os.Stdout, c, clients.Push)
	if err != nil {
		return err
	}
	if demo != nil {
		group.Add(demo)
	}
	select {
	case <-proc.Done(): // the signal came before the group could hear of it
		return nil
	default:
	}
	group.Start() // returns when every service has stopped; only then the pools are closed
	return nil
}

// newClients makes the clients of Redis.
func newClients(c config.Redis) (*stream.Clients, error) {
	secured, err := c.TLS.Config()
	if err != nil {
		return nil, err
	}
	return stream.NewClients(stream.ClientConfig{
		Addrs: c.Addrs(), Mode: c.Mode, MasterName: c.MasterName, DB: c.DB, TLS: secured,
		Username: c.Username, Password: c.Password,
		SentinelUsername: c.SentinelUsername, SentinelPassword: c.SentinelPassword,
		ReadTimeout: c.ReadTimeout, WriteTimeout: c.WriteTimeout,
	}), nil
}

// assemble builds every part and puts those that run into one group; devSecret says that
// the secret was made for development.
func assemble(c config.Config, pool *model.Pool, clients *stream.Clients, devSecret bool) (*service.ServiceGroup, error) {
	m, tally := metrics.New(prometheus.DefaultRegisterer), live.NewTally()
	m.Tell(tally)
	book := ledger.New(pool, m)
	gate := admission.NewGate(clients.Commands)
	inspector := stream.NewInspector(clients.Commands, c.Consumer.Group, seckill.StreamKey)
	inspector.TellSeveral(clients.NoteSeveral)
	reader := newReader(c, clients)
	keeper, shutdown := newKeeper(pool, gate, inspector, book, m), &health.Shutdown{}
	supervisor := newSupervisor(c, pool, inspector, m, reader, newLoop(c, book, gate, keeper, m, reader))
	hub := newHub(clients, pool, gate, supervisor.Ring)
	book.Tell(results{Keeper: keeper, hub: hub})
	eviction := stream.NewEviction(clients.Commands)
	pressure := admission.NewPressure(inspector.Backlogs)
	limiter, err := newLimiter(c, clients)
	ended := consumer.NewEnded(supervisor.Products, inspector, gate, book, c.Consumer.Retention)
	supervisor.SkipEnded(ended.Left)
	redisCheck := health.Check{Name: "redis", Run: health.InTurn(clients.Ping, stream.NewWriteCheck(clients.Commands, supervisor.Served).Run)}
	postgresCheck := health.Check{Name: "postgres", Run: pool.Check}
	checks := health.Checks{shutdown.Check(), redisCheck, postgresCheck, {Name: "consumers", Run: supervisor.Check}}
	account := books.NewReader(pool, gate)
	self, flight, flightErr := newPreflight(c, devSecret,
		preflight.Sources{Pool: pool, Clients: clients, Gate: gate, Books: account, Streams: inspector})
	divideProducts(c, supervisor, pool, self.Run, redisCheck, shutdown)
	watched, told := newLive(clients, tally, live.Sources{Database: pool, Streams: inspector, Books: account, Preflight: flight.Known})
	serviceContext := svc.NewServiceContext(c, svc.Deps{
		Conn: connOf(c, pool), Reads: pool.Reads(), Ledger: book, Books: account, Keeper: keeper,
		Entrance: &admission.Entrance{
			Gate: gate, Pressure: pressure, MaxDelay: c.Admission.MaxDelay, Limiter: limiter, Evicts: eviction.Policy,
			Objects: clients.Objection, Books: keeper, Listener: admitted{hub: hub, supervisor: supervisor}, Counter: m,
		},
		Pressure: pressure, Results: hub, Feed: pool, Clock: inspector, Streams: inspector, OpenAPI: openAPI,
		Health: checks, Preflight: flight, Live: watched, Shutdown: shutdown,
	})
	server, serverErr := newServer(c, serviceContext)
	if err := errors.Join(err, flightErr, serverErr); err != nil {
		return nil, err
	}
	return groupOf(append(keeping(supervisor.Prepared(), keeper),
		server, serviceContext.Detached.Role(), serviceContext.Watchers.Role(), watched.Role(), told, supervisor,
		hub.Role(), pressure.Role(), eviction.Role(),
		role.After(supervisor.Prepared(), book.Expirer()),
		role.After(supervisor.Prepared(), book.EventTrimmer(c.Orders.EventRetention)),
		role.After(supervisor.Prepared(), books.NewAuditor(pool, gate, m).Role()),
		role.After(supervisor.Prepared(), ended.Role()),
		role.After(supervisor.Prepared(), preflight.Heartbeat(pool, self, checks)),
		consumer.Janitor(clients.Commands, c.Consumer.Retention, supervisor.Products, reader, m),
		m.Collector(metrics.Sources{
			Redis: redisCheck, Postgres: postgresCheck, Prepared: supervisor.Prepared(), Database: pool, Reads: pool.Reads(),
			Streams: inspector, Gates: gate, Memory: clients.Usage, Delay: pressure.Known, Ready: flight.Ready,
		}),
	)...), nil
}

// newLive makes what samples the sales for those who watch, and what tells the other
// replicas what happens here, second by second.
func newLive(clients *stream.Clients, tally *live.Tally, from live.Sources) (watched *live.Hub, told service.Service) {
	seconds := stream.NewSeconds(clients.Commands, seckill.StreamKey)
	from.Seconds = seconds
	return live.New(from), tally.Report(seconds)
}

// keeping are the roles that keep the gates, once the database can be worked with.
func keeping(ready <-chan struct{}, keeper *books.Keeper) []service.Service {
	return []service.Service{
		role.After(ready, keeper.Role()),
		role.After(ready, keeper.Roster()),
		role.After(ready, keeper.Verifier()),
		role.After(ready, keeper.Recoverer()),
	}
}

// newHub makes the hub of results; that its subscription is refused shows on /readyz. ring is
// told of products to which another replica may have admitted somebody.
func newHub(clients *stream.Clients, pool *model.Pool, gate *admission.Gate, ring func(productID int64)) *notify.Hub {
	hub := notify.New(clients.Commands, notify.Sources{Stored: pool.Reads().FindResults, Waiting: gate.Waiting})
	hub.TellEnds(clients.NoteRefused)
	hub.TellChanges(ring)
	return hub
}

// newKeeper makes what keeps the gates. Of a product that is gone nobody remembers anything.
func newKeeper(pool *model.Pool, gate *admission.Gate, inspector *stream.Inspector, book *ledger.Ledger, m *metrics.Metrics) *books.Keeper {
	keeper := books.NewKeeper(pool, gate, inspector, book)
	keeper.Watch(m)
	book.SweepOnly(keeper.Verified)
	keeper.OnGone(func(productID int64) {
		gate.Forget(productID)
		m.Forget(productID)
	})
	return keeper
}

// newPreflight makes the checks before a sale, and what this process says of itself to the
// other replicas.
func newPreflight(c config.Config, devSecret bool, from preflight.Sources) (self model.Replica, flight *preflight.Preflight, err error) {
	fingerprint, err := c.Fingerprint()
	if err != nil {
		return self, nil, err
	}
	self = preflight.Self(c.Consumer.Instance, fingerprint, c.Postgres.MaxConns, int64(response.Descriptors()))
	return self, preflight.New(preflight.Settings{
		Run: self.Run, Group: c.Consumer.Group, Retention: c.Consumer.Retention, MaxConns: c.Postgres.MaxConns, Port: c.Port,
		RedisUser: c.Redis.Username, RedisTLS: c.Redis.TLS.Enabled, DevelopmentSecret: devSecret,
	}, from), nil
}

// newServer makes what serves the API.
func newServer(c config.Config, serviceContext *svc.ServiceContext) (*listener.Server, error) {
	server, err := handler.NewServer(serviceContext)
	if err != nil {
		return nil, err
	}
	return listener.New(c, server, serviceContext.Shutdown)
}

// connOf returns what goctl's models work with. A breaker that is switched off is off there too.
func connOf(c config.Config, pool *model.Pool) sqlx.SqlConn {
	if c.Middlewares.Breaker {
		return pool.BreakerConn()
	}
	return pool.Conn()
}

func groupOf(services ...service.Service) *service.ServiceGroup {
	group := service.NewServiceGroup()
	for _, s := range services {
		group.Add(s)
	}
	return group
}

// newLimiter returns what bounds the attempts of a user, nil when nothing does.
func newLimiter(c config.Config, clients *stream.Clients) (admission.Limiter, error) {
	if c.Admission.PerUserPerSecond == 0 {
		return nil, nil //nolint:nilnil // nil is the documented "no bound"
	}
	return admission.NewUserLimiter(clients.Commands, c.Admission.PerUserPerSecond)
}

// results tells the gate and those who wait for results of what has been committed.
type results struct {
	*books.Keeper
	hub *notify.Hub
}

// ResultsChanged implements ledger.Listener.
func (l results) ResultsChanged(productID int64, users []int64) { l.hub.Changed(productID, users) }

// admitted tells those who wait for results, and who reads the stream, of admitted attempts.
type admitted struct {
	hub        *notify.Hub
	supervisor *consumer.Supervisor
}

// Changed implements admission.Listener.
func (l admitted) Changed(productID int64, users []int64) {
	l.supervisor.Ring(productID)
	l.hub.Changed(productID, users)
}

// prepare returns what has to be done in the database before anything is consumed.
func prepare(c config.Config, pool *model.Pool) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		unapplied, err := migrate(ctx, c.Postgres, pool)
		if err != nil {
			return errors.Join(err, pool.Check(ctx))
		}
		if err := pool.Check(ctx); err != nil {
			return errors.Join(err, unapplied)
		}
		if unapplied != nil {
			logx.Errorf("the schema has all that is needed, but migrations are not applied: %v", unapplied)
		}
		doubts, err := pool.Doubts(ctx)
		if err != nil {
			return err
		}
		for _, doubt := range doubts {
			logx.Errorf("PostgreSQL: %s", doubt)
		}
		return pool.AddRecordOnlyProducts(ctx, c.Products)
	}
}

// migrate applies pending migrations. unapplied tells why some are not where that need
// not be a failure: our role may not, or the configuration says no. Whether the schema
// will do all the same, having been made by hand, is for others to see. Where nothing is
// pending the way for migrations is not needed.
func migrate(ctx context.Context, c config.Postgres, pool *model.Pool) (unapplied, err error) {
	pending, err := migrations.Pending(ctx, pool.SQL())
	if model.IsForbidden(err) {
		return err, nil
	}
	if err != nil || len(pending) == 0 {
		return nil, err
	}
	if !c.Migrate {
		return fmt.Errorf("Postgres.Migrate is false, and there is no record of %s", strings.Join(pending, ", ")), nil
	}
	direct, err := model.NewPool(ctx, c.ForMigrations(), 2)
	if err != nil {
		return nil, err
	}
	defer direct.Close()
	if err = migrations.Apply(ctx, direct.SQL()); model.IsForbidden(err) {
		return err, nil
	}
	return nil, err
}
