package main

import (
	_ "embed"
	"errors"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/zeromicro/go-zero/core/service"
	"github.com/zeromicro/go-zero/core/stores/sqlx"

	"seckill/internal/admission"
	"seckill/internal/books"
	"seckill/internal/config"
	"seckill/internal/consumer"
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
	"seckill/model"
)

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
	ended := consumer.NewEnded(supervisor.Products, inspector, gate, book, c.Consumer.Retention)
	supervisor.SkipEnded(ended.Left)
	hub := newHub(clients, pool, gate, supervisor.Ring)
	book.Tell(results{Keeper: keeper, hub: hub})
	eviction := stream.NewEviction(clients.Commands)
	pressure := admission.NewPressure(inspector.Backlogs)
	limiter, err := newLimiter(c, clients)
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
	return groupOf(append(after(supervisor.Prepared(), keeper.Role(), keeper.Roster(), keeper.Verifier(), keeper.Recoverer(),
		book.Expirer(), book.EventTrimmer(c.Orders.EventRetention), books.NewAuditor(pool, gate, m).Role(), ended.Role(),
		preflight.Heartbeat(pool, self, checks)),
		server, serviceContext.Detached.Role(), serviceContext.Watchers.Role(), watched.Role(), told, supervisor,
		hub.Role(), pressure.Role(), eviction.Role(),
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

// after are roles that begin once the database can be worked with.
func after(ready <-chan struct{}, roles ...*role.Role) []service.Service {
	services := make([]service.Service, len(roles))
	for i, r := range roles {
		services[i] = role.After(ready, r)
	}
	return services
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
