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
		Group: "g1", Count: 256, Block: 2 * time.Second, ClaimIdle: 10 * time.Second, MaxDeliveries: 5,
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

func TestEnvironment(t *testing.T) {
	t.Setenv("SECKILL_TEST_SECRET", "12345678901234567890123456789012")
	t.Setenv("SECKILL_TEST_PASSWORD", "a: b # c\n${SECKILL_TEST_SECRET}\"")
	t.Setenv("SECKILL_TEST_COUNT", "512")
	t.Setenv("SECKILL_TEST_PRODUCT", "7")
	c := mustLoad(t, `
Redis: {Addr: "localhost:6379", Password: "${SECKILL_TEST_PASSWORD}"}
Postgres: {DataSource: "postgres://u:pa$$word$HOME@localhost/db"}
Auth:
  AccessSecret: ${SECKILL_TEST_SECRET}
Products: [1, "${SECKILL_TEST_PRODUCT}"]
Consumer:
  Count: ${SECKILL_TEST_COUNT}
  Instance: pod-${SECKILL_TEST_NOT_SET:-}
`)
	if c.Auth.AccessSecret != "12345678901234567890123456789012" {
		t.Errorf("a secret of digits became %q", c.Auth.AccessSecret)
	}
	if want := "a: b # c\n${SECKILL_TEST_SECRET}\""; c.Redis.Password != want {
		t.Errorf("password = %q, want %q", c.Redis.Password, want)
	}
	if c.Consumer.Count != 512 || c.Consumer.Instance != "pod-" || !slices.Equal(c.Products, []int64{1, 7}) {
		t.Errorf("Consumer = %+v, Products = %v", c.Consumer, c.Products)
	}
	if want := "postgres://u:pa$$word$HOME@localhost/db"; c.Postgres.DataSource != want {
		t.Errorf("DataSource = %q, want %q", c.Postgres.DataSource, want)
	}
}

func TestReferences(t *testing.T) {
	t.Setenv("SECKILL_TEST_SET", "x")
	t.Setenv("SECKILL_TEST_EMPTY", "")
	for given, want := range map[string]string{
		"${SECKILL_TEST_SET}":                      "x",
		"a${SECKILL_TEST_SET}b${SECKILL_TEST_SET}": "axbx",
		"${SECKILL_TEST_EMPTY}":                    "",
		"${SECKILL_TEST_SET:-y}":                   "x",
		"${SECKILL_TEST_EMPTY:-y}":                 "y",
		"${SECKILL_TEST_NOT_SET:-y: z #$}":         "y: z #$",
		"${SECKILL_TEST_NOT_SET:-}":                "",
		"$${SECKILL_TEST_SET}":                     "${SECKILL_TEST_SET}",
		"$$${SECKILL_TEST_SET}":                    "$${SECKILL_TEST_SET}",
		"$${":                                      "${",
		"$$ $ $a ${ $} {}":                         "$$ $ $a ${ $} {}",
	} {
		c, err := load(t, "DevStack: {}\nConsumer: {Group: g1, Instance: '"+given+"'}")
		if err != nil || c.Consumer.Instance != want {
			t.Errorf("%s = %q, %v, want %q", given, c.Consumer.Instance, err, want)
		}
	}
	t.Setenv("SECKILL_TEST_PRODUCTS", " [1001, 1002]")
	c := mustLoad(t, `
DevStack: {}
Products: ${SECKILL_TEST_PRODUCTS}
Postgres: {MaxConns: "${SECKILL_TEST_NOT_SET:-7}", Migrate: "${SECKILL_TEST_NOT_SET:-false}"}
Consumer: {Block: "${SECKILL_TEST_NOT_SET:-3s}"}
`)
	if !slices.Equal(c.Products, []int64{1001, 1002}) || c.Postgres.MaxConns != 7 || c.Postgres.Migrate || c.Consumer.Block != 3*time.Second {
		t.Errorf("%+v", c)
	}
	if c := mustLoad(t, "DevStack: {}\nProducts: ${SECKILL_TEST_EMPTY}"); len(c.Products) != 0 {
		t.Errorf("Products = %v", c.Products)
	}
	for text, want := range map[string]string{
		"Consumer: {Group: '${SECKILL_TEST_NOT_SET}'}":     "Consumer.Group: the environment variable SECKILL_TEST_NOT_SET is not set",
		"Products: ['${SECKILL_TEST_NOT_SET}']":            "Products[0]: the environment variable SECKILL_TEST_NOT_SET",
		"Products: ${SECKILL_TEST_NOT_SET}":                "Products: the environment variable SECKILL_TEST_NOT_SET",
		"Consumer: {Block: '${SECKILL_TEST_SET}'}":         "Consumer.Block: is not a duration",
		"Consumer: {Group: '${SECKILL_TEST_SET:?wanted}'}": "Consumer.Group: the reference to the environment variable SECKILL_TEST_SET is neither",
	} {
		if _, err := load(t, "DevStack: {}\n"+text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
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

func TestBadFiles(t *testing.T) {
	without := func(section string) string {
		lines := strings.Split(least, "\n")
		return strings.Join(slices.DeleteFunc(lines, func(l string) bool { return strings.HasPrefix(l, section) }), "\n")
	}
	tests := []struct{ name, text, want string }{
		{"unknown key", least + "Foo: 1", "Foo: unknown key (line 5)"},
		{"unknown key in a section", least + "Consumer: {Cuont: 1}", "Consumer.Cuont: unknown key"},
		{"unknown key in go-zero's sections", least + "Log: {Levels: info}", "Log.Levels: unknown key"},
		{"unknown key three deep", least + "Log: {FieldKeys: {Foo: a}}", "Log.FieldKeys.Foo: unknown key"},
		{"key given twice", least + "Port: 1\nport: 2", "port: is given twice"},
		{"count 0", least + "Consumer: {Count: 0}", "Consumer.Count: 0 is not between 1 and 10000"},
		{"count too large", least + "Consumer: {Count: 10001}", "Consumer.Count: 10001 is not between 1 and 10000"},
		{"count a text", least + "Consumer: {Count: many}", `Consumer.Count: is not a whole number`},
		{"count a fraction", least + "Consumer: {Count: 1.5}", `Consumer.Count: is not a whole number`},
		{"count empty", least + "Consumer: {Count: }", `Consumer.Count: is not a whole number`},
		{"count a list", least + "Consumer: {Count: [1]}", "Consumer.Count: must be a single value"},
		{"block too short", least + "Consumer: {Block: 9ms}", "Consumer.Block: 9ms is not between 10ms and 1m0s"},
		{"block too long", least + "Consumer: {Block: 61s}", "Consumer.Block: 1m1s is not between"},
		{"block without a unit", least + "Consumer: {Block: 2}", `Consumer.Block: is not a duration`},
		{"claim too early", least + "Consumer: {ClaimIdle: 999ms}", "Consumer.ClaimIdle: 999ms is not between 1s and 1h0m0s"},
		{"claim too late", least + "Consumer: {ClaimIdle: 2h}", "Consumer.ClaimIdle: 2h0m0s is not between"},
		{"no deliveries", least + "Consumer: {MaxDeliveries: 0}", "Consumer.MaxDeliveries: 0 is not between 1 and 1000"},
		{"too many deliveries", least + "Consumer: {MaxDeliveries: 1001}", "Consumer.MaxDeliveries: 1001 is not between"},
		{"short retention", least + "Consumer: {Retention: 59s}", "Consumer.Retention: 59s is neither 0 nor at least 1m"},
		{"short retention of events", least + "Orders: {EventRetention: 59s}", "Orders.EventRetention: 59s is neither 0 nor at least 1m"},
		{"negative retention", least + "Consumer: {Retention: -1h}", "Consumer.Retention: -1h0m0s is neither"},
		{"negative drain", least + "Shutdown: {Drain: -1s}", "Shutdown.Drain: -1s is not between 0s and 10m0s"},
		{"drain a number", least + "Shutdown: {Drain: 5}", `Shutdown.Drain: is not a duration`},
		{"unknown key of a stop", least + "Shutdown: {Drian: 5s}", "Shutdown.Drian: unknown key"},
		{"a stop that is a value", least + "Shutdown: 5s", "Shutdown: must be a section"},
		{"too long a wrap-up", least + "Shutdown: {WrapUpTime: 2m}", "Shutdown.WrapUpTime: 2m0s is not between"},
		{"an origin with a path", least + "Cors: {Origins: ['*', 'https://shop.example/']}", "Cors.Origins[1]: is neither an origin"},
		{"an empty origin", least + "Cors: {Origins: ['']}", "Cors.Origins[0]: is neither"},
		{"origins that are a value", least + "Cors: {Origins: https://shop.example}", "Cors.Origins: must be a list"},
		{"a host with a port", least + "Host: 0.0.0.0:80", "Host: is neither an IP address nor the name of a host"},
		{"a URL as host", least + "Host: http://localhost", "Host: is neither"},
		{"half a bracket", least + "Host: '[::1'", "Host: is neither"},
		{"IPv4 in brackets", least + "DevServer: {Host: '[127.0.0.1]'}", "DevServer.Host: is neither"},
		{"no idle time", least + "IdleTimeout: 0s", "IdleTimeout: 0s is not between 1s and 1h0m0s"},
		{"empty group", least + "Consumer: {Group: ''}", "Consumer.Group: must not be empty"},
		{"a section that is a value", least + "Consumer: 5", "Consumer: must be a section"},
		{"product 0", least + "Products: [1, 0]", "Products[1]: 0 is not positive"},
		{"product twice", least + "Products: [1, 2, 1]", "Products[2]: 1 is given twice"},
		{"product a text", least + "Products: [one]", `Products[0]: is not a whole number`},
		{"product too large", least + "Products: [9223372036854775808]", "Products[0]:"},
		{"products a number", least + "Products: 1001", "Products: must be a list"},
		{"port 0", least + "Port: 0", "Port: 0 is not between 1 and 65535"},
		{"port too large", least + "Port: 65536", "Port: 65536 is not between"},
		{"port of metrics", least + "DevServer: {Port: 99999}", "DevServer.Port: 99999 is not between"},
		{"mode unknown", least + "Mode: production", "Mode: is not one of dev, test, rt, pre, pro (line 5)"},
		{"level unknown", least + "Log: {Level: warn}", "Log.Level: is not one of debug, info, error, severe"},
		{"log mode unknown", least + "Log: {Mode: stdout}", "Log.Mode: is not one of console, file, volume"},
		{"CPU threshold", least + "CpuThreshold: 1000", "CpuThreshold: is not in the range [0:1000)"},
		{"no redis", without("Redis"), `Redis.Addr: "" is not host:port`},
		{"redis without a port", "Redis: {Addr: localhost}" + without("Redis"), `Redis.Addr: "localhost" is not host:port`},
		{"a gap in the cluster", "Redis: {Addr: 'a:1,,b:2'}" + without("Redis"), `Redis.Addr[1]: "" is not host:port`},
		{"a database of a cluster", "Redis: {Addr: 'a:1,b:2', DB: 1}" + without("Redis"), "Redis.DB: 1 is not 0"},
		{"negative database", "Redis: {Addr: 'a:1', DB: -1}" + without("Redis"), "Redis.DB: -1 is negative"},
		{"no time to read", "Redis: {Addr: 'a:1', ReadTimeout: 0s}" + without("Redis"), "Redis.ReadTimeout: 0s is not above 0"},
		{"no postgres", without("Postgres"), "Postgres.DataSource: must be set"},
		{"bad data source", "Postgres: {DataSource: 'postgres://u@h:x/d'}" + without("Postgres"), "Postgres.DataSource:"},
		{"one connection", "Postgres: {MaxConns: 1, DataSource: 'host=h'}" + without("Postgres"), "Postgres.MaxConns: 1 is not between 2 and 1000"},
		{"migrate a number", "Postgres: {Migrate: 1, DataSource: 'host=h'}" + without("Postgres"), `Postgres.Migrate: is not true or false`},
		{"no secret", without("Auth"), "Auth.AccessSecret: has 0 bytes, at least 32 are needed"},
		{"secret not set", "Auth: {AccessSecret: '${SECKILL_TEST_NOT_SET}'}" + without("Auth"), "Auth.AccessSecret: the environment variable SECKILL_TEST_NOT_SET is not set"},
		{"short secret", "Auth: {AccessSecret: short}" + without("Auth"), "Auth.AccessSecret: has 5 bytes"},
		{"short previous secret", "Auth: {PreviousSecret: short, AccessSecret: " + secret + "}" + without("Auth"), "Auth.PreviousSecret: has 5 bytes"},
		{"no lifetime", "Auth: {AccessExpire: 0, AccessSecret: " + secret + "}" + without("Auth"), "Auth.AccessExpire: 0 is not between"},
		{"not YAML", "a: [", "yaml"},
		{"a list", "[1]", "file: must be a section"},
		{"empty", "", "Postgres.DataSource: must be set"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := load(t, tt.text)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error = %v, want one with %q", err, tt.want)
			}
		})
	}
}

func TestErrorsHideSecrets(t *testing.T) {
	t.Setenv("SECKILL_TEST_SECRET", "hunter2")
	for name, text := range map[string]string{
		"data source":                 "Postgres: {DataSource: 'postgres://u:hunter2@h:x/d'}\nAuth: {AccessSecret: hunter3}",
		"data source with #":          "Postgres: {DataSource: 'postgres://u:a#hunter2@h/d'}",
		"data source with a space":    "Postgres: {DataSource: 'postgres://u:a hunter2@h/d'}",
		"data source with a slash":    "Postgres: {DataSource: 'postgres://u:a/hunter2@h/d'}",
		"settings":                    "Postgres: {DataSource: 'host=h password = hunter2 port=x'}",
		"settings in quotes":          `Postgres: {DataSource: "host=h password='a\\'hunter2' port=x"}`,
		"no settings":                 "Postgres: {DataSource: 'hunter2'}",
		"a duration":                  "Consumer: {Block: hunter2}",
		"a number":                    "Redis: {DB: hunter2}",
		"a number of the environment": `Redis: {DB: "${SECKILL_TEST_SECRET}"}`,
		"a bool":                      "Postgres: {Migrate: hunter2}",
		"a section":                   "Postgres: hunter2",
		"a list":                      "Products: hunter2",
		"in a list":                   "Products: [hunter2]",
		"a list of the environment":   `Products: "${SECKILL_TEST_SECRET}"`,
		"a host":                      "Host: 'http://u:hunter2@h'",
		"an option":                   "Log: {Level: hunter2}",
		"a default":                   "Redis: {DB: \"${SECKILL_TEST_NOT_SET:-hunter2}\"}",
		"a bad reference":             "Redis: {DB: \"${SECKILL_TEST_NOT_SET-hunter2}\"}",
		"no YAML, an alias":           "Redis: {Password: *hunter2}",
		"no YAML, a character":        "Redis: {Password: @hunter2}",
		"no YAML, a colon":            "Redis:\n  Password: hunter2: hunter2\n",
		"no YAML, a quote":            "Redis:\n  Password: 'hunter2\n",
		"no YAML, an escape":          "Redis:\n  Password: \"hunter2\\q\"\n",
		"no YAML, a tag":              "Redis:\n  Password: !hunter2!x y\n",
	} {
		if _, err := load(t, text); err == nil || strings.Contains(err.Error(), "hunter") {
			t.Errorf("%s: error = %v", name, err)
		}
	}
}

func TestFilesThatAreNoYAMLNameTheLine(t *testing.T) {
	for text, want := range map[string]string{
		least + "Host: [::]\nPort: 1":         "line 5, Host: not YAML",
		least + "Host: ::\nPort: 1":           "line 5, Host: not YAML",
		"Redis:\n  Password: a: b\nPort: 1\n": "line 2, Password: not YAML",
		"a: [":                                "line 1, a: not YAML",
	} {
		if _, err := load(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error = %v, want %q", text, err, want)
		}
	}
}

func TestAllProblemsAreNamed(t *testing.T) {
	_, err := load(t, "Consumer: {Count: 0, MaxDeliveries: 0}\nProducts: [-1]")
	for _, key := range []string{"Consumer.Count", "Consumer.MaxDeliveries", "Products[0]", "Redis.Addr"} {
		if err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%s is not named by %v", key, err)
		}
	}
}

func TestMissingFile(t *testing.T) {
	if _, err := config.Load("nowhere.yaml"); err == nil || !strings.Contains(err.Error(), "nowhere.yaml") {
		t.Errorf("error = %v", err)
	}
}
