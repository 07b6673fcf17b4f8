package database_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"seckill/internal/config"
	"seckill/internal/database"
	"seckill/internal/devstack"
	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

func TestMain(m *testing.M) { os.Exit(servertest.Run(m)) }

// names fails unless an error tells an operator of something.
func names(t *testing.T, err error, what string) {
	t.Helper()
	known, ok := errors.AsType[*seckill.Error](err)
	if !ok || !strings.Contains(known.Message, what) {
		t.Errorf("%v does not say: %s", err, what)
	}
}

func TestARightThatGoesIsNamedUntilItIsBack(t *testing.T) {
	url := servertest.Database(t)
	owner := servertest.Open(t, url)
	exec := func(statements ...string) {
		t.Helper()
		for _, statement := range statements {
			if _, err := owner.Exec(t.Context(), statement); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
		}
	}
	exec("CREATE ROLE checked_seller LOGIN")
	exec(servertest.LeastRights("checked_seller")...)
	c := config.Postgres{DataSource: servertest.As(url, "checked_seller"), Migrate: true}
	base := database.New(servertest.Open(t, c.DataSource), c, []int64{1})
	if err := errors.Join(base.Prepare(t.Context()), base.Check(t.Context())); err != nil {
		t.Fatal(err)
	}

	exec("REVOKE USAGE ON SEQUENCE seckill_orders_id_seq FROM checked_seller")
	base = database.New(servertest.Open(t, c.DataSource), c, []int64{1})
	names(t, base.Check(t.Context()), "the role lacks: USAGE on sequence seckill_orders_id_seq")
	names(t, base.Prepare(t.Context()), "the role lacks: USAGE on sequence seckill_orders_id_seq")
	exec("GRANT USAGE ON SEQUENCE seckill_orders_id_seq TO checked_seller")
	if err := base.Prepare(t.Context()); err != nil {
		t.Error(err)
	}
	servertest.Eventually(t, "nothing is missing any more", func() bool { return base.Check(t.Context()) == nil })
}

func TestAPoolerWithoutTransactionsIsNamed(t *testing.T) {
	pooler := servertest.PgBouncer(t, devstack.Pooling{Mode: "statement"})
	for name, prepare := range map[string]string{
		"nothing is pending":     "SELECT 1",
		"a migration is pending": "DELETE FROM seckill_migrations WHERE version_id = 1",
	} {
		t.Run(name, func(t *testing.T) {
			straight := servertest.Pool(t)
			if _, err := straight.Exec(t.Context(), prepare); err != nil {
				t.Fatal(err)
			}
			c := config.Postgres{DataSource: pooler.URL(straight.Config().ConnConfig.Database), Migrate: true}
			base := database.New(servertest.Open(t, c.DataSource), c, nil)
			names(t, base.Prepare(t.Context()), "a pooler in statement mode")
			names(t, base.Check(t.Context()), "a pooler in statement mode")
		})
	}
}
