package config

import (
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// minSecretBytes is the least length of Auth.AccessSecret: that of an HS256 key
	// (RFC 7518 section 3.2).
	minSecretBytes = 32
	// maxTokenSeconds is the longest lifetime of a token: ten years.
	maxTokenSeconds = 10 * 365 * 24 * 3600
	// minShutdown is the least Shutdown.WaitTime beyond Consumer.Block: the last
	// flush (10s), go-zero's wrap-up (1s) and a margin.
	minShutdown = 15 * time.Second
)

// validate checks the values that the types alone do not, and returns everything
// that is wrong.
func (c *Config) validate() error {
	c.Shutdown.WaitTime = max(c.Shutdown.WaitTime, c.Consumer.Block+minShutdown)
	return errors.Join(
		between("Port", c.Port, 1, 65535),
		between("DevServer.Port", c.DevServer.Port, 1, 65535),
		c.Redis.validate(c.DevStack != nil),
		c.Postgres.validate(c.DevStack != nil),
		c.Auth.validate(c.DevStack != nil),
		c.Consumer.validate(),
		between("Admission.MaxDelay", c.Admission.MaxDelay, 100*time.Millisecond, 10*time.Minute),
		between("Admission.PerUserPerSecond", c.Admission.PerUserPerSecond, 0, 1_000_000),
		c.validateProducts(),
		between("Shutdown.WrapUpTime", c.Shutdown.WrapUpTime, 0, c.Shutdown.WaitTime),
	)
}

func (p Postgres) validate(private bool) error {
	err := between("Postgres.MaxConns", p.MaxConns, 2, 1000)
	if p.DataSource == "" {
		if !private {
			err = errors.Join(err, errors.New("Postgres.DataSource: must be set"))
		}
		return err
	}
	// pgx's error shows the string with its password masked.
	if _, parseErr := pgx.ParseConfig(p.DataSource); parseErr != nil {
		err = errors.Join(err, fmt.Errorf("Postgres.DataSource: %w", parseErr))
	}
	return err
}

func (a Auth) validate(private bool) error {
	err := between("Auth.AccessExpire", a.AccessExpire, 1, maxTokenSeconds)
	if private && a.AccessSecret == "" {
		return err
	}
	if len(a.AccessSecret) < minSecretBytes {
		err = errors.Join(err, fmt.Errorf("Auth.AccessSecret: has %d bytes, at least %d are needed",
			len(a.AccessSecret), minSecretBytes))
	}
	return err
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
