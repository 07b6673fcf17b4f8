package config

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
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
		retention("Orders.EventRetention", c.Orders.EventRetention),
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

func (p Postgres) validate(private bool) error {
	problems := []error{
		between("Postgres.MaxConns", p.MaxConns, 2, 1000),
		dataSource("Postgres.DataSource", p.DataSource),
		dataSource("Postgres.MigrateSource", p.MigrateSource),
		dataSource("Postgres.ReadSource", p.ReadSource),
	}
	if p.DataSource == "" && !private {
		problems = append(problems, errors.New("Postgres.DataSource: must be set"))
	}
	return errors.Join(problems...)
}

// dataSource reports what pgx cannot read, without showing any of it: in a string that
// cannot be read the password is not to be found either, so that pgx, which masks it
// otherwise, may show it.
func dataSource(path, value string) error {
	if value == "" {
		return nil
	}
	if _, err := pgxpool.ParseConfig(value); err != nil {
		return fmt.Errorf("%s: %s", path, unreadable(err))
	}
	return nil
}

// unreadable says why a data source cannot be read, in words that hold nothing of it: of
// pgx's own reason, which stands behind the string, no more than the key that it names.
func unreadable(err error) string {
	text := err.Error()
	reason := text[strings.LastIndex(text, "`: ")+1:]
	for _, key := range []string{
		"invalid port", "port numbers", "sslmode", "sslcertmode", "TLS", "connect_timeout", "default_query_exec_mode",
		"statement_cache_capacity", "description_cache_capacity", "target_session_attrs", "channel_binding", "service",
		"pool_max_conns", "pool_min_conns", "pool_min_idle_conns", "pool_max_conn_lifetime", "pool_max_conn_idle_time",
	} {
		if strings.Contains(reason, key) {
			return "cannot be read: look at " + key
		}
	}
	return "cannot be read: it has to be postgres://USER:PASSWORD@HOST:PORT/DATABASE?KEY=VALUE, " +
		"with %XX for what is special in the password, or KEY=VALUE pairs of libpq"
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
		between("Consumer.MaxBatch", c.MaxBatch, 1, 10_000),
		between("Consumer.Block", c.Block, 10*time.Millisecond, time.Minute),
		between("Consumer.ClaimIdle", c.ClaimIdle, time.Second, time.Hour),
		between("Consumer.MaxDeliveries", c.MaxDeliveries, 1, 1000),
	}
	if c.Group == "" {
		problems = append(problems, errors.New("Consumer.Group: must not be empty"))
	}
	return errors.Join(append(problems, retention("Consumer.Retention", c.Retention))...)
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

// retention reports a time for which something is kept that is neither 0, for ever, nor at
// least a minute.
func retention(path string, value time.Duration) error {
	if value != 0 && value < time.Minute {
		return fmt.Errorf("%s: %s is neither 0 nor at least 1m", path, value)
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
