package config

import (
	"strings"
	"testing"
)

// TestADataSourceThatCannotBeReadIsNotShown: a password may stand anywhere in it.
func TestADataSourceThatCannotBeReadIsNotShown(t *testing.T) {
	for source, want := range map[string]string{
		"postgres://u:hunter2@h:x/d":                         "Postgres.MigrateSource: cannot be read: look at invalid port",
		"postgres://u:hunter%2@h/d":                          "Postgres.MigrateSource: cannot be read",
		"hunter2":                                            "Postgres.MigrateSource: cannot be read",
		"host=h password='hunter2":                           "Postgres.MigrateSource: cannot be read",
		"host=h sslmode=hunter2":                             "Postgres.MigrateSource: cannot be read: look at sslmode",
		"host=h password=hunter2 default_query_exec_mode=no": "look at default_query_exec_mode",
		"host=h password=hunter2 pool_max_conns=none":        "look at pool_max_conns",
	} {
		err := Postgres{DataSource: "host=h", MigrateSource: source, MaxConns: 2}.validate(false)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hun") || strings.Contains(err.Error(), "ter2") {
			t.Errorf("%s: %v, want %q", source, err, want)
		}
	}
	good := Postgres{DataSource: "host=h", MaxConns: 2}
	if err := good.validate(false); err != nil || good.ForMigrations() != "host=h" {
		t.Errorf("without a MigrateSource: %v, %q", err, good.ForMigrations())
	}
	good.MigrateSource = "postgres://owner@h/d"
	if err := good.validate(false); err != nil || good.ForMigrations() != "postgres://owner@h/d" {
		t.Errorf("with a MigrateSource: %v, %q", err, good.ForMigrations())
	}
}
