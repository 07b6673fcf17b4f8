// Command seckill is the backend of a flash sale: it consumes purchase attempts
// from Redis streams, stores them in PostgreSQL, and answers for them over HTTP.
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/zeromicro/go-zero/core/logx"
	"github.com/zeromicro/go-zero/core/service"
	"github.com/zeromicro/go-zero/core/stores/sqlx"
	"github.com/zeromicro/go-zero/rest"

	"seckill/internal/admission"
	"seckill/internal/books"
	"seckill/internal/config"
	"seckill/internal/consumer"
	"seckill/internal/devmode"
	"seckill/internal/handler"
	"seckill/internal/health"
	"seckill/internal/ledger"
	"seckill/internal/metrics"
	"seckill/internal/notify"
	"seckill/internal/role"
	"seckill/internal/seckill"
	"seckill/internal/stream"
	"seckill/internal/svc"
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
	file := flag.String("f", "etc/seckill.yaml", "the configuration file")
	flag.Parse()
	if err := run(*file); err != nil {
		fmt.Fprintln(os.Stderr, "seckill:", err)
		os.Exit(1)
	}
}

// run serves until the process is told to stop, then closes what it opened.
func run(file string) (err error) {
	c, err := config.Load(file)
	if err != nil {
		return err
	}
	if err := addressesFree(c); err != nil {
		return err
	}
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

// serve runs the service on servers that the configuration names.
func serve(c config.Config, stack *devmode.Stack) error {
	sqlx.DisableStmtLog()
	pool, err := model.NewPool(context.Background(), c.Postgres.DataSource, c.Postgres.MaxConns)
	if err != nil {
		return err
	}
	defer pool.Close()
	clients, err := newClients(c.Redis)
	if err != nil {
		return err
	}
	defer func() { _ = clients.Close() }()

	group, err := assemble(c, pool, clients)
	if err != nil {
		return err
	}
	if err := stack.Announce(os.Stdout, c); err != nil {
		return err
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

// assemble builds every part and puts those that run into one group.
func assemble(c config.Config, pool *model.Pool, clients *stream.Clients) (*service.ServiceGroup, error) {
	m := metrics.New(prometheus.DefaultRegisterer)
	book := ledger.New(pool, m)
	gate := admission.NewGate(clients.Commands)
	inspector := stream.NewInspector(clients.Commands, c.Consumer.Group, seckill.StreamKey)
	reader := newReader(c, clients)
	supervisor := consumer.NewSupervisor(prepare(c, pool), pool.ProductStates, newLoop(c, book, gate, m, reader))
	keeper := books.NewKeeper(pool, gate, inspector, book)
	hub := notify.New(clients.Commands, notify.Sources{Stored: pool.FindResults, Waiting: gate.Waiting})
	book.Tell(listener{Keeper: keeper, hub: hub})
	pressure := admission.NewPressure(inspector.Backlogs)
	limiter, err := newLimiter(c, clients)
	if err != nil {
		return nil, err
	}
	redisCheck := health.Check{Name: "redis", Run: clients.Ping}
	postgresCheck := health.Check{Name: "postgres", Run: pool.Ping}
	serviceContext := svc.NewServiceContext(c, svc.Deps{
		Conn: pool.Conn(), Ledger: book, Books: books.NewReader(pool, gate), Keeper: keeper,
		Entrance: &admission.Entrance{
			Gate: gate, Pressure: pressure, MaxDelay: c.Admission.MaxDelay, Limiter: limiter, Books: keeper, Listener: hub, Counter: m,
		},
		Pressure: pressure, Results: hub, Clock: clients, Streams: inspector, OpenAPI: openAPI,
		Health: health.Checks{redisCheck, postgresCheck, {Name: "consumers", Run: supervisor.Check}},
	})
	server, err := handler.NewServer(serviceContext)
	if err != nil {
		return nil, err
	}
	return groupOf(
		httpService{server}, serviceContext.Detached.Role(), supervisor, hub.Role(), pressure.Role(),
		role.After(supervisor.Prepared(), book.Expirer()),
		role.After(supervisor.Prepared(), keeper.Role()),
		role.After(supervisor.Prepared(), keeper.Recoverer()),
		role.After(supervisor.Prepared(), books.NewAuditor(pool, gate, m).Role()),
		consumer.Janitor(clients.Commands, c.Consumer.Retention, supervisor.Products, reader),
		m.Collector(metrics.Sources{
			Redis: redisCheck, Postgres: postgresCheck, Products: supervisor.Products,
			DeadLetters: pool.OpenDeadLetters, Streams: inspector,
		}),
	), nil
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

// newReader returns what makes the reader of a product's stream.
func newReader(c config.Config, clients *stream.Clients) func(productID int64) *stream.Reader {
	return func(productID int64) *stream.Reader {
		return stream.NewReader(clients.Commands, clients.Blocking, seckill.StreamKey(productID), c.Consumer.Group,
			seckill.ConsumerName(productID, c.Consumer.Instance))
	}
}

// newLoop returns what makes the consumer of a product.
func newLoop(c config.Config, book *ledger.Ledger, gate *admission.Gate, m *metrics.Metrics,
	reader func(productID int64) *stream.Reader) func(productID int64) *consumer.Loop {
	return func(productID int64) *consumer.Loop {
		loop := consumer.NewLoop(productID, consumer.Config{
			Count: c.Consumer.Count, Block: c.Consumer.Block,
			ClaimIdle: c.Consumer.ClaimIdle, MaxDeliveries: c.Consumer.MaxDeliveries,
		}, reader(productID), book, m)
		loop.Tell(gate)
		return loop
	}
}

// listener tells the gate and those who wait for results of what has been committed.
type listener struct {
	*books.Keeper
	hub *notify.Hub
}

// ResultsChanged implements ledger.Listener.
func (l listener) ResultsChanged(productID int64, users []int64) { l.hub.Changed(productID, users) }

// prepare returns what has to be done in the database before anything is consumed.
func prepare(c config.Config, pool *model.Pool) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		if c.Postgres.Migrate {
			if err := migrations.Apply(ctx, pool.SQL()); err != nil {
				return err
			}
		}
		return pool.AddRecordOnlyProducts(ctx, c.Products)
	}
}

// httpService is go-zero's server in a group. It stops by its own listener of the
// signal; its Stop would close the log while the consumers still flush.
type httpService struct{ *rest.Server }

// Stop does nothing.
func (httpService) Stop() { logx.Info("HTTP server stops with the process") }

// addressesFree fails when somebody listens on an address of ours already. By
// itself go-zero would panic over the one of the API after everything else has
// started, and would go on without metrics over the one of the DevServer.
func addressesFree(c config.Config) error {
	if err := addressFree("HTTP address", c.Host, c.Port); err != nil || !c.DevServer.Enabled {
		return err
	}
	return addressFree("DevServer address", c.DevServer.Host, c.DevServer.Port)
}

func addressFree(what, host string, port int) error {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return listener.Close()
}
