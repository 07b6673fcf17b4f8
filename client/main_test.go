package client_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"seckill/client"
	"seckill/internal/auth"
	"seckill/internal/devstack"
	"seckill/internal/servertest"
)

const secret = "a secret of the tests, 32 bytes long or more"

// bootTime bounds the start of the servers and of the service.
const bootTime = 5 * time.Minute

// The service that all tests and examples of this package share, and tokens for it.
var (
	serviceURL    string
	bffToken      string
	operatorToken string
	redisAddr     string
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) (code int) {
	s := &service{}
	if err := s.start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	if code == 0 {
		code = m.Run()
	}
	if err := s.stop(); err != nil || strings.Contains(s.output.String(), "WARNING: DATA RACE") {
		fmt.Fprintln(os.Stderr, "stop:", err)
		code = 1
	}
	if code != 0 {
		fmt.Fprintf(os.Stderr, "output of the service:\n%s\n", s.output.String())
	}
	http.DefaultClient.CloseIdleConnections()
	if err := goleak.Find(goleak.IgnoreCurrent()); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// service is the program with servers of its own.
type service struct {
	folder   string
	postgres *devstack.Postgres
	redis    *devstack.Redis
	process  *exec.Cmd
	done     chan error
	output   servertest.Output
}

func (s *service) start() (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), bootTime)
	defer cancel()
	if s.folder, err = os.MkdirTemp("", "seckill-client"); err != nil {
		return err
	}
	program, err := servertest.BuildProgram(ctx, s.folder)
	if err != nil {
		return err
	}
	if s.postgres, err = devstack.StartPostgres(ctx, devstack.Options{}); err != nil {
		return err
	}
	if s.redis, err = devstack.StartRedis(ctx, devstack.Options{}); err != nil {
		return err
	}
	redisAddr = s.redis.Addr()
	if err := s.run(program); err != nil {
		return err
	}
	if bffToken, err = auth.IssueToken(secret, "shop", "bff", time.Hour); err != nil {
		return err
	}
	if operatorToken, err = auth.IssueToken(secret, "alice", "operator", time.Hour); err != nil {
		return err
	}
	return s.ready(ctx)
}

func (s *service) run(program string) error {
	port, dev, err := freePorts()
	if err != nil {
		return err
	}
	serviceURL = fmt.Sprintf("http://127.0.0.1:%d", port)
	file := filepath.Join(s.folder, "seckill.yaml")
	configuration := fmt.Sprintf(`
Host: 127.0.0.1
Port: %d
Log: {Encoding: plain, Stat: false, Level: error}
Redis: {Addr: %q}
Postgres: {DataSource: %q}
Auth: {AccessSecret: %q}
Products: [1]
Middlewares: {Log: false}
Consumer: {Block: 100ms, ClaimIdle: 1s}
Shutdown: {Drain: 0s}
DevServer: {Port: %d}
`, port, s.redis.Addr(), s.postgres.URL(""), secret, dev)
	if err := os.WriteFile(file, []byte(configuration), 0o600); err != nil {
		return err
	}
	s.process, s.done = exec.Command(program, "-f", file), make(chan error, 1)
	s.process.Stdout, s.process.Stderr = &s.output, &s.output
	if err := s.process.Start(); err != nil {
		return err
	}
	go func() { s.done <- s.process.Wait() }()
	return nil
}

// freePorts returns two ports that nobody listens on.
func freePorts() (one, two int, err error) {
	var ports [2]int
	for i := range ports {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return 0, 0, err
		}
		defer listener.Close()
		ports[i] = listener.Addr().(*net.TCPAddr).Port
	}
	return ports[0], ports[1], nil
}

func (s *service) ready(ctx context.Context) error {
	c, err := client.New(client.Config{URL: serviceURL})
	if err != nil {
		return err
	}
	defer c.Close()
	for {
		if err = c.Ready(ctx); err == nil {
			return nil
		}
		select {
		case end := <-s.done:
			s.process = nil
			return fmt.Errorf("the service has ended: %w", end)
		case <-ctx.Done():
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (s *service) stop() error {
	var problems []error
	if s.process != nil {
		problems = append(problems, s.process.Process.Signal(os.Interrupt), <-s.done)
	}
	if s.redis != nil {
		problems = append(problems, s.redis.Stop(context.Background()))
	}
	if s.postgres != nil {
		problems = append(problems, s.postgres.Stop(context.Background()))
	}
	return errors.Join(append(problems, os.RemoveAll(s.folder))...)
}

// newClient makes a client of the shared service; changes alter its configuration.
func newClient(t *testing.T, token string, changes ...func(*client.Config)) *client.Client {
	t.Helper()
	config := client.Config{URL: serviceURL, Token: client.StaticToken(token), Timeout: time.Minute}
	for _, change := range changes {
		change(&config)
	}
	c, err := client.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// newSale registers a product with stock; its limit of units of a user is none.
func newSale(t *testing.T, productID, stock int64) {
	t.Helper()
	c := newClient(t, operatorToken)
	_, err := c.CreateProduct(t.Context(), client.NewProduct{
		ProductID: productID, Name: "a sale", StockTotal: &stock, PerUserLimit: new(int64(0)),
	})
	if err != nil {
		t.Fatal(err)
	}
	opened(t, productID)
}

// opened waits until the gate of a product is open.
func opened(t *testing.T, productID int64) {
	t.Helper()
	c := newClient(t, operatorToken)
	servertest.Eventually(t, "the gate is open", func() bool {
		books, err := c.Books(t.Context(), productID)
		return err == nil && books.RedisLeft != nil
	})
}
