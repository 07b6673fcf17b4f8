package config_test

import (
	"slices"
	"strings"
	"testing"

	"seckill/internal/config"
)

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
		{"batch 0", least + "Consumer: {MaxBatch: 0}", "Consumer.MaxBatch: 0 is not between 1 and 10000"},
		{"batch too large", least + "Consumer: {MaxBatch: 10001}", "Consumer.MaxBatch: 10001 is not between 1 and 10000"},
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
