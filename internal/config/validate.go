package config

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// minSecretBytes is the least length of what signs tokens: that of an HS256 key
	// (RFC 7518 section 3.2).
	minSecretBytes = 32
	// maxTokenSeconds is the longest lifetime of a token: ten years.
	maxTokenSeconds = 10 * 365 * 24 * 3600
	// minShutdown is the least Shutdown.WaitTime beyond Shutdown.Drain, .WrapUpTime and
	// Consumer.Block: the last flush (10s), and a margin.
	minShutdown = 14 * time.Second
	// defaultWrapUp is go-zero's Shutdown.WrapUpTime.
	defaultWrapUp = time.Second
)

// validate checks the values that the types alone do not, and returns everything
// that is wrong.
func (c *Config) validate() error {
	return errors.Join(
		validateHost("Host", c.Host),
		validateHost("DevServer.Host", c.DevServer.Host),
		validateHost("Prometheus.Host", c.Prometheus.Host), //nolint:staticcheck // go-zero still serves it
		between("Port", c.Port, 1, 65535),
		between("DevServer.Port", c.DevServer.Port, 1, 65535),
		c.Redis.validate(c.DevStack != nil),
		c.Postgres.validate(c.DevStack != nil),
		c.Auth.validate(c.DevStack != nil),
		c.Consumer.validate(),
		between("Admission.MaxDelay", c.Admission.MaxDelay, 100*time.Millisecond, 10*time.Minute),
		between("Admission.PerUserPerSecond", c.Admission.PerUserPerSecond, 0, 1_000_000),
		c.validateProducts(),
		c.Cors.validateOrigins(),
		between("IdleTimeout", c.IdleTimeout, time.Second, time.Hour),
		between("Shutdown.Drain", c.Shutdown.Drain, 0, 10*time.Minute),
		between("Shutdown.WrapUpTime", c.RestConf.Shutdown.WrapUpTime, 0, time.Minute),
		between("Shutdown.WaitTime", c.RestConf.Shutdown.WaitTime, 0, time.Hour),
	)
}

func (r Redis) validate(private bool) error {
	problems := []error{
		positive("Redis.ReadTimeout", r.ReadTimeout),
		positive("Redis.WriteTimeout", r.WriteTimeout),
	}
	if r.DB < 0 {
		problems = append(problems, fmt.Errorf("Redis.DB: %d is negative", r.DB))
	}
	if private && r.Addr == "" {
		return errors.Join(problems...)
	}
	addrs := r.Addrs()
	for _, addr := range addrs {
		if _, port, err := net.SplitHostPort(addr); err != nil || port == "" {
			problems = append(problems, fmt.Errorf("Redis.Addr: %q is not host:port", addr))
		}
	}
	if len(addrs) > 1 && r.DB != 0 {
		problems = append(problems, fmt.Errorf("Redis.DB: %d is not 0, the one database of a cluster", r.DB))
	}
	return errors.Join(problems...)
}

func (p Postgres) validate(private bool) error {
	err := between("Postgres.MaxConns", p.MaxConns, 2, 1000)
	if p.DataSource == "" {
		if !private {
			err = errors.Join(err, errors.New("Postgres.DataSource: must be set"))
		}
		return err
	}
	return errors.Join(err, validateDataSource("Postgres.DataSource", p.DataSource))
}

// dataSourceFaults are what pgx says is wrong with a connection string, of which no part
// may be shown: where the password begins and ends in a broken one, nobody knows.
var dataSourceFaults = []string{
	"invalid port", "sslmode is invalid", "invalid sslrootcert", "unable to read CA file", "unable to read sslkey",
	"unable to read cert", "invalid dsn", "invalid keyword/value", "failed to parse as URL", "invalid connect_timeout",
	"both \"sslcert\" and \"sslkey\" are required", "unknown target_session_attrs", "cannot parse default_query_exec_mode",
	"invalid host", "invalid default_query_exec_mode", "invalid statement_cache_capacity", "invalid description_cache_capacity",
}

// validateDataSource reports a connection string that pgx does not understand.
func validateDataSource(key, text string) error {
	_, err := pgx.ParseConfig(text)
	if err == nil {
		return nil
	}
	problem := fmt.Errorf("%s: is neither a URL (special characters of its password as %%40) nor key=value settings", key)
	for _, fault := range dataSourceFaults {
		if strings.Contains(err.Error(), fault) {
			return fmt.Errorf("%w; pgx says: %s", problem, fault)
		}
	}
	return problem
}

func (a Auth) validate(private bool) error {
	err := between("Auth.AccessExpire", a.AccessExpire, 1, maxTokenSeconds)
	if !private || a.AccessSecret != "" {
		err = errors.Join(err, longEnough("Auth.AccessSecret", a.AccessSecret))
	}
	if a.PreviousSecret != "" {
		err = errors.Join(err, longEnough("Auth.PreviousSecret", a.PreviousSecret))
	}
	return err
}

// longEnough reports a secret that is too short to sign with.
func longEnough(path, secret string) error {
	if len(secret) < minSecretBytes {
		return fmt.Errorf("%s: has %d bytes, at least %d are needed", path, len(secret), minSecretBytes)
	}
	return nil
}

func (c Consumer) validate() error {
	problems := []error{
		between("Consumer.Count", c.Count, 1, 10_000),
		between("Consumer.Block", c.Block, 10*time.Millisecond, time.Minute),
		between("Consumer.ClaimIdle", c.ClaimIdle, time.Second, time.Hour),
		between("Consumer.MaxDeliveries", c.MaxDeliveries, 1, 1000),
	}
	if c.Group == "" {
		problems = append(problems, errors.New("Consumer.Group: must not be empty"))
	}
	if c.Retention != 0 && c.Retention < time.Minute {
		problems = append(problems, fmt.Errorf("Consumer.Retention: %s is neither 0 nor at least 1m", c.Retention))
	}
	return errors.Join(problems...)
}

func (c *Config) validateProducts() error {
	var problems []error
	seen := map[int64]bool{}
	for i, id := range c.Products {
		path := fmt.Sprintf("Products[%d]", i)
		if id <= 0 {
			problems = append(problems, fmt.Errorf("%s: %d is not positive", path, id))
		} else if seen[id] {
			problems = append(problems, fmt.Errorf("%s: %d is given twice", path, id))
		}
		seen[id] = true
	}
	return errors.Join(problems...)
}

// between reports a value that is not in the closed range from low to high.
func between[T int | int64 | time.Duration](path string, value, low, high T) error {
	if value < low || value > high {
		return fmt.Errorf("%s: %v is not between %v and %v", path, value, low, high)
	}
	return nil
}

// positive reports a duration that is not above 0.
func positive(path string, value time.Duration) error {
	if value <= 0 {
		return fmt.Errorf("%s: %v is not above 0", path, value)
	}
	return nil
}
