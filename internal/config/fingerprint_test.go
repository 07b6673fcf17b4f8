package config

import (
	"testing"
	"time"
)

func TestFingerprintTellsConfigurationsApart(t *testing.T) {
	base := Config{Auth: Auth{AccessSecret: "a secret"}, Postgres: Postgres{DataSource: "postgres://u:p@h/d"}}
	of := func(change func(c *Config)) string {
		c := base
		change(&c)
		text, err := c.Fingerprint()
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	alike := of(func(*Config) {})
	for name, c := range map[string]struct {
		change func(c *Config)
		same   bool
	}{
		"nothing":            {func(*Config) {}, true},
		"the name":           {func(c *Config) { c.Consumer.Instance = "a" }, true},
		"the address":        {func(c *Config) { c.Host, c.Port = "::", 9 }, true},
		"the log":            {func(c *Config) { c.Log.Level = "debug" }, true},
		"the secret":         {func(c *Config) { c.Auth.AccessSecret = "another" }, false},
		"the previous one":   {func(c *Config) { c.Auth.PreviousSecret = "another" }, false},
		"the data source":    {func(c *Config) { c.Postgres.DataSource = "postgres://u:q@h/d" }, false},
		"a retention":        {func(c *Config) { c.Consumer.Retention = time.Hour }, false},
		"an own time budget": {func(c *Config) { c.Shutdown.Drain = time.Second }, false},
	} {
		if got := of(c.change); (got == alike) != c.same {
			t.Errorf("%s: the same fingerprint is %v, want %v", name, got == alike, c.same)
		}
	}
}
