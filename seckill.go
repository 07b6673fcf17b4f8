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

	"github.com/zeromicro/go-zero/core/logx"
	"github.com/zeromicro/go-zero/core/proc"
	"github.com/zeromicro/go-zero/core/stores/sqlx"

	"seckill/internal/config"
	"seckill/internal/ctl"
	"seckill/internal/devmode"
	"seckill/internal/health"
	"seckill/internal/listener"
	"seckill/internal/stream"
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
