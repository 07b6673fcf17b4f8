package servertest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"seckill/internal/auth"
	"seckill/internal/devstack"
)

// Service is the program as a process of its own, on servers of its own, for tests of what
// calls it over HTTP.
type Service struct {
	URL         string
	RedisAddr   string
	PostgresURL string
	Config      string // path of its configuration file
	Output      Output

	folder   string
	postgres *devstack.Postgres
	redis    *devstack.Redis
	process  *exec.Cmd
	done     chan error
}

// ServiceSecret signs the tokens of a Service.
const ServiceSecret = "a secret of the tests, 32 bytes long or more"

// serviceTime bounds the building and the start of a Service.
const serviceTime = 10 * time.Minute

// StartService starts a service and returns once it is ready; more is appended to its
// configuration. Whoever starts it stops it, also after an error.
func StartService(more string) (s *Service, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), serviceTime)
	defer cancel()
	s = &Service{}
	if s.folder, err = os.MkdirTemp("", "seckill-service"); err != nil {
		return s, err
	}
	program, err := BuildProgram(ctx, s.folder)
	if err != nil {
		return s, err
	}
	if s.postgres, err = devstack.StartPostgres(ctx, devstack.Options{}); err != nil {
		return s, err
	}
	if s.redis, err = devstack.StartRedis(ctx, devstack.Options{}); err != nil {
		return s, err
	}
	s.PostgresURL, s.RedisAddr = s.postgres.URL(""), s.redis.Addr()
	if err := migrate(ctx, s.PostgresURL); err != nil {
		return s, err
	}
	if err := s.run(program, more); err != nil {
		return s, err
	}
	return s, s.ready(ctx)
}

// Token issues a token of the service.
func (s *Service) Token(role string) string {
	token, err := auth.IssueToken(ServiceSecret, "alice", role, time.Hour)
	if err != nil {
		panic(err) // HS256 signs with any secret
	}
	return token
}

func (s *Service) run(program, more string) error {
	port, err := devstack.FreePort()
	if err != nil {
		return err
	}
	dev, err := devstack.FreePort()
	if err != nil {
		return err
	}
	s.URL, s.Config = fmt.Sprintf("http://127.0.0.1:%d", port), filepath.Join(s.folder, "seckill.yaml")
	configuration := fmt.Sprintf(`
Host: 127.0.0.1
Port: %d
Log: {Encoding: plain, Stat: false, Level: error}
Redis: {Addr: %q}
Postgres: {DataSource: %q}
Auth: {AccessSecret: %q}
Middlewares: {Log: false}
Consumer: {Block: 100ms, ClaimIdle: 1s}
Shutdown: {Drain: 0s}
DevServer: {Port: %d}
%s`, port, s.RedisAddr, s.PostgresURL, ServiceSecret, dev, more)
	if err := os.WriteFile(s.Config, []byte(configuration), 0o600); err != nil {
		return err
	}
	s.process, s.done = exec.Command(program, "-f", s.Config), make(chan error, 1) //nolint:gosec,noctx // our own program, which lives as long as the tests
	s.process.Stdout, s.process.Stderr = &s.Output, &s.Output
	if err := s.process.Start(); err != nil {
		s.process = nil
		return err
	}
	go func() { s.done <- s.process.Wait() }()
	return nil
}

func (s *Service) ready(ctx context.Context) error {
	ask := http.Client{Timeout: 10 * time.Second}
	defer ask.CloseIdleConnections()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/readyz", nil)
		if err != nil {
			return err
		}
		if response, err := ask.Do(request); err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case end := <-s.done:
			s.process = nil
			return fmt.Errorf("the service has ended: %w", end)
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Stop stops the service and its servers; a data race in it is an error.
func (s *Service) Stop() error {
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
	if strings.Contains(s.Output.String(), "WARNING: DATA RACE") {
		problems = append(problems, errors.New("the service has a data race"))
	}
	return errors.Join(append(problems, os.RemoveAll(s.folder))...)
}
