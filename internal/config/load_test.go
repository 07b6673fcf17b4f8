package config_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"seckill/internal/config"
)

const (
	secret = "0123456789abcdef0123456789abcdef"
	// least is a file with only the keys that must be given.
	least = `
Redis: {Addr: "localhost:6379"}
Postgres: {DataSource: "postgres://postgres@localhost:5432/product_db?sslmode=disable"}
Auth: {AccessSecret: ` + secret + `}
`
)

// load loads a file of the given text from a folder of its own.
func load(t *testing.T, text string) (config.Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "seckill.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return config.Load(path)
}

// mustLoad is load for a file that is right.
func mustLoad(t *testing.T, text string) config.Config {
	t.Helper()
	c, err := load(t, text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDefaults(t *testing.T) {
	c := mustLoad(t, least)
	wantRedis := config.Redis{Addr: "localhost:6379", ReadTimeout: 2 * time.Second, WriteTimeout: 2 * time.Second}
	if c.Redis != wantRedis {
		t.Errorf("Redis = %+v, want %+v", c.Redis, wantRedis)
	}
	wantConsumer := config.Consumer{
		Group: "g1", Count: 256, MaxBatch: 8192, Block: 2 * time.Second, ClaimIdle: 10 * time.Second, MaxDeliveries: 5,
		Retention: 168 * time.Hour,
	}
	if c.Consumer != wantConsumer {
		t.Errorf("Consumer = %+v, want %+v", c.Consumer, wantConsumer)
	}
	checks := map[string]bool{
		"Name":                 c.Name == "seckill",
		"Host":                 c.Host == "0.0.0.0",
		"Port":                 c.Port == 8888,
		"Timeout":              c.Timeout == 3000,
		"Mode":                 c.Mode == "pro",
		"Postgres.MaxConns":    c.Postgres.MaxConns == 16,
		"Postgres.Migrate":     c.Postgres.Migrate,
		"Auth.AccessExpire":    c.Auth.Lifetime() == 24*time.Hour,
		"Products":             len(c.Products) == 0,
		"DevStack":             c.DevStack == nil,
		"DevServer.Host":       c.DevServer.Host == "127.0.0.1",
		"DevServer.Port":       c.DevServer.Port == 6060,
		"DevServer.Enabled":    c.DevServer.Enabled,
		"Middlewares.Breaker":  !c.Middlewares.Breaker,
		"Middlewares.Shedding": !c.Middlewares.Shedding,
		"Middlewares.Trace":    c.Middlewares.Trace,
		"Middlewares.Timeout":  c.Middlewares.Timeout,
		"Cors":                 len(c.Cors.Origins) == 0,
		"Log.MaxContentLength": c.Log.MaxContentLength == 16384,
		"IdleTimeout":          c.IdleTimeout == 120*time.Second,
		"Shutdown.Drain":       c.Shutdown.Drain == 5*time.Second,
		"Shutdown.WaitTime":    c.RestConf.Shutdown.WaitTime == 25*time.Second,
		"Shutdown.WrapUpTime":  c.RestConf.Shutdown.WrapUpTime == 6*time.Second,
		"Log.Encoding":         c.Log.Encoding == "json",
	}
	for key, right := range checks {
		if !right {
			t.Errorf("%s has another default", key)
		}
	}
}

func TestShippedFiles(t *testing.T) {
	t.Setenv("SECKILL_ACCESS_SECRET", secret)
	c, err := config.Load("../../etc/seckill.yaml")
	if err != nil {
		t.Fatal(err)
	}
	full := mustLoad(t, least+"Products: [1001]\nLog: {Encoding: plain, Stat: false}\n")
	if c.Redis != full.Redis || c.Postgres != full.Postgres || c.Auth != full.Auth ||
		c.Consumer != full.Consumer || !slices.Equal(c.Products, full.Products) || c.Name != full.Name ||
		c.DevServer != full.DevServer || c.Shutdown != full.Shutdown || c.RestConf.Shutdown != full.RestConf.Shutdown ||
		c.IdleTimeout != full.IdleTimeout || c.Log != full.Log {
		t.Errorf("etc/seckill.yaml does not show the defaults:\n%+v\n%+v", c, full)
	}

	dev, err := config.Load("../../etc/dev.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if dev.Mode != "dev" || dev.Host != "127.0.0.1" || !slices.Equal(dev.Products, []int64{1001}) {
		t.Errorf("etc/dev.yaml = %+v", dev)
	}
	if want := filepath.Clean("../../.dev"); dev.DevStack == nil || dev.DevStack.Dir != want {
		t.Errorf("DevStack = %+v, want Dir %s", dev.DevStack, want)
	}
}

func TestDevStack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dev.yaml")
	if err := os.WriteFile(path, []byte("DevStack:\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(filepath.Dir(filepath.Dir(path)), ".dev"); c.DevStack == nil || c.DevStack.Dir != want {
		t.Errorf("an empty section DevStack = %+v, want Dir %s", c.DevStack, want)
	}
	if c := mustLoad(t, "DevStack: {Dir: /somewhere}"); c.DevStack.Dir != "/somewhere" {
		t.Errorf("Dir = %s, want /somewhere", c.DevStack.Dir)
	}
	if _, err := load(t, "DevStack: {}\nAuth: {AccessSecret: short}"); err == nil {
		t.Error("a short secret is taken beside a DevStack")
	}
}

func TestKeysInAnyCase(t *testing.T) {
	c := mustLoad(t, strings.ToLower(least)+"consumer: {COUNT: 7}\nmiddlewares: {breaker: true}\n")
	if c.Consumer.Count != 7 || !c.Middlewares.Breaker || c.Middlewares.Shedding {
		t.Errorf("Count = %d, Middlewares = %+v", c.Consumer.Count, c.Middlewares)
	}
}

func TestNumbersAsTexts(t *testing.T) {
	c := mustLoad(t, "DevStack: {}\nRedis: {Password: 0123}")
	if c.Redis.Password != "0123" {
		t.Errorf("Password = %q, want 0123", c.Redis.Password)
	}
}

func TestCluster(t *testing.T) {
	got := config.Redis{Addr: "a:1, b:2,c:3"}.Addrs()
	if want := []string{"a:1", "b:2", "c:3"}; !slices.Equal(got, want) {
		t.Errorf("Addrs = %q, want %q", got, want)
	}
}

// TestHosts: go-zero puts a colon and the port behind that of the DevServer.
func TestHosts(t *testing.T) {
	for given, want := range map[string]string{
		"::": "[::]", "[::]": "[::]", "::1": "[::1]", "[::1]": "[::1]", "fe80::1%eth0": "[fe80::1%eth0]",
		"127.0.0.1": "127.0.0.1", "localhost": "localhost", "": "",
	} {
		c, err := load(t, least+"Host: '"+given+"'\nDevServer: {Host: '"+given+"'}\nPrometheus: {Host: '"+given+"'}")
		older := c.Prometheus.Host //nolint:staticcheck // go-zero still serves it
		if err != nil || c.DevServer.Host != want || older != want || config.Address(c.Host, 80) != want+":80" {
			t.Errorf("%q: %q, %q, %s, %v", given, c.DevServer.Host, older, config.Address(c.Host, 80), err)
		}
	}
}

func TestShutdownOutlastsTheDrain(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"Shutdown: {WaitTime: 1m}":                          time.Minute,
		"Shutdown: {WaitTime: 3s}":                          22 * time.Second,
		"Shutdown: {WaitTime: 3s, Drain: 0s}":               17 * time.Second,
		"shutdown: {drain: 50s, wrapuptime: 2s}":            68 * time.Second,
		"Shutdown: {Drain: 1s}\nConsumer: {Block: 1m}":      76 * time.Second,
		"Shutdown: &s {Drain: 1m}\nConsumer: {Block: 10ms}": 75*time.Second + 10*time.Millisecond,
	} {
		if c := mustLoad(t, least+text); c.RestConf.Shutdown.WaitTime != want {
			t.Errorf("%s: WaitTime = %s, want %s", text, c.RestConf.Shutdown.WaitTime, want)
		}
	}
}
