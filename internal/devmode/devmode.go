// Package devmode makes a configuration with a DevStack section complete: private
// servers, a secret, and for whoever runs it the address, ready-made tokens and two
// commands to copy.
package devmode

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"seckill/internal/auth"
	"seckill/internal/config"
	"seckill/internal/devstack"
	"seckill/internal/seckill"
)

// database is the name of the database, as in the integration guide.
const database = "product_db"

// Stack are the private servers of one run.
type Stack struct {
	postgres   *devstack.Postgres
	redis      *devstack.Redis
	madeSecret bool
}

// Start brings up whatever the configuration does not name itself, and writes where
// it is into the configuration. It returns nil when the configuration asks for no
// private servers.
func Start(ctx context.Context, c *config.Config) (*Stack, error) {
	if c.DevStack == nil {
		return nil, nil //nolint:nilnil // nil is a Stack that Stop and Announce accept
	}
	s := &Stack{}
	if err := s.start(ctx, c); err != nil {
		return nil, errors.Join(err, s.Stop(ctx))
	}
	return s, nil
}

func (s *Stack) start(ctx context.Context, c *config.Config) (err error) {
	dir := c.DevStack.Dir
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // PostgreSQL may run as another user and has to reach its folder
		return fmt.Errorf("make folder of private servers: %w", err)
	}
	if c.Postgres.DataSource == "" {
		if s.postgres, err = devstack.StartPostgres(ctx, devstack.Options{Dir: filepath.Join(dir, "postgres")}); err != nil {
			return fmt.Errorf("start private PostgreSQL: %w", err)
		}
		if c.Postgres.DataSource, err = s.ensureDatabase(ctx); err != nil {
			return fmt.Errorf("create database: %w", err)
		}
	}
	if c.Redis.Addr == "" {
		if s.redis, err = devstack.StartRedis(ctx, devstack.Options{Dir: filepath.Join(dir, "redis")}); err != nil {
			return fmt.Errorf("start private Redis: %w", err)
		}
		c.Redis.Addr = s.redis.Addr()
	}
	if c.Auth.AccessSecret == "" {
		s.madeSecret = true
		c.Auth.AccessSecret, err = secret(filepath.Join(dir, "secret"))
	}
	return err
}

// ensureDatabase creates the database on the first run.
func (s *Stack) ensureDatabase(ctx context.Context) (string, error) {
	url, err := s.postgres.CreateDatabase(ctx, database, "")
	if err != nil && strings.Contains(err.Error(), "already exists") {
		return s.postgres.URL(database), nil
	}
	return url, err
}

// secret reads the signing secret, and makes it on the first run, so that tokens
// live on over a restart.
func secret(path string) (string, error) {
	kept, err := os.ReadFile(path)
	if err == nil {
		return string(kept), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read secret: %w", err)
	}
	random := make([]byte, 32)
	if _, err := rand.Read(random); err != nil {
		return "", fmt.Errorf("make secret: %w", err)
	}
	made := hex.EncodeToString(random)
	if err := os.WriteFile(path, []byte(made), 0o600); err != nil {
		return "", fmt.Errorf("keep secret: %w", err)
	}
	return made, nil
}

// Stop stops the private servers. Their data stay.
func (s *Stack) Stop(ctx context.Context) error {
	if s == nil {
		return nil
	}
	var redisErr, postgresErr error
	if s.redis != nil {
		redisErr = s.redis.Stop(ctx)
	}
	if s.postgres != nil {
		postgresErr = s.postgres.Stop(ctx)
	}
	return errors.Join(redisErr, postgresErr)
}

// MadeSecret reports whether the secret that signs tokens is not the configuration's own.
func (s *Stack) MadeSecret() bool { return s != nil && s.madeSecret }

// Announce writes what a newcomer needs: the address, tokens, the console, and two commands to
// copy.
func (s *Stack) Announce(w io.Writer, c config.Config) error {
	if s == nil {
		return nil
	}
	tokens, err := issue(c)
	if err != nil {
		return err
	}
	product := int64(1001)
	if len(c.Products) > 0 {
		product = c.Products[0]
	}
	_, err = fmt.Fprintf(w, `
seckill is at %[1]s (metrics: http://%[2]s/metrics)
  PostgreSQL  %[3]s
  Redis       %[4]s%[5]s

tokens, valid for %[6]v:
  bff       %[7]s
  viewer    %[8]s
  operator  %[9]s
%[12]s
push an attempt, then ask for its result:
  %[10]s
  curl -s -H 'Authorization: Bearer %[7]s' %[1]s/api/v1/products/%[11]d/users/123/result

`, address(c), config.Address(c.DevServer.Host, c.DevServer.Port), s.database(c), c.Redis.Addr, s.redisNote(), c.Auth.Lifetime(),
		tokens[auth.RoleBFF], tokens[auth.RoleViewer], tokens[auth.RoleOperator],
		addCommand(c.Redis.Addrs()[0], seckill.StreamKey(product)), product, consoleNote(c, tokens[auth.RoleOperator]))
	if err != nil {
		return fmt.Errorf("announce: %w", err)
	}
	return nil
}

// address is where the service answers.
func address(c config.Config) string { return "http://" + config.Address(c.Host, c.Port) }

// issue makes a token of each role.
func issue(c config.Config) (map[auth.Role]string, error) {
	tokens := map[auth.Role]string{}
	for _, role := range []auth.Role{auth.RoleBFF, auth.RoleViewer, auth.RoleOperator} {
		token, err := auth.IssueToken(c.Auth.AccessSecret, "dev-"+string(role), string(role), c.Auth.Lifetime())
		if err != nil {
			return nil, fmt.Errorf("issue token: %w", err)
		}
		tokens[role] = token
	}
	return tokens, nil
}

// consoleNote is where the console is; "" when there is none.
func consoleNote(c config.Config, token string) string {
	if at := consoleAddress(c, token); at != "" {
		return "\nopen the console, signed in as operator:\n  " + at + "\n"
	}
	return ""
}

// consoleAddress opens the console with a token. A browser sends no server what stands behind
// #, and the page takes it out of the address before its first request.
func consoleAddress(c config.Config, token string) string {
	if !c.Console.Enabled {
		return ""
	}
	return address(c) + "/console/#token=" + token
}

// addCommand is a command that pushes an attempt. Where there is no redis-cli it
// speaks Redis's protocol by means of bash alone.
func addCommand(addr, key string) string {
	if strings.HasPrefix(addr, "/") {
		return fmt.Sprintf("redis-cli -s %s XADD %s '*' uid 123 ts 1234567890", addr, key)
	}
	host, port, _ := net.SplitHostPort(addr) // config has checked it
	if _, err := exec.LookPath("redis-cli"); err == nil {
		return fmt.Sprintf("redis-cli -h %s -p %s XADD %s '*' uid 123 ts 1234567890", host, port, key)
	}
	words := []string{"XADD", key, "*", "uid", "123", "ts", "1234567890"}
	var request strings.Builder
	fmt.Fprintf(&request, `*%d\r\n`, len(words))
	for _, word := range words {
		fmt.Fprintf(&request, `$%d\r\n%s\r\n`, len(word), word)
	}
	return fmt.Sprintf(`bash -c 'exec 3<>/dev/tcp/%s/%s; printf "%s" >&3; head -n 2 <&3'`,
		host, port, strings.ReplaceAll(request.String(), "$", `\$`))
}

// database is where the private PostgreSQL is; one that the configuration names may be
// reached by a password, which is not shown.
func (s *Stack) database(c config.Config) string {
	if s.postgres == nil {
		return "as the configuration says"
	}
	return c.Postgres.DataSource
}

// redisNote warns of a Redis that keeps nothing.
func (s *Stack) redisNote() string {
	if s.redis == nil || s.redis.Persistent() {
		return ""
	}
	return " (in this process, as no redis-server is on the PATH: it keeps nothing)"
}
