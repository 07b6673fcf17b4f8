package main

import (
	"strings"
	"testing"

	"seckill/internal/servertest"
)

// readsAndIdles has somebody read a table and forget to end the transaction, until release.
func (s *site) readsAndIdles(table string) (release func()) {
	s.t.Helper()
	tx, err := s.pool.Begin(s.t.Context())
	if err == nil {
		_, err = tx.Exec(s.t.Context(), "SELECT FROM "+table+" LIMIT 1")
	}
	if err != nil {
		s.t.Fatal(err)
	}
	release = func() { _ = tx.Rollback(s.t.Context()) }
	s.t.Cleanup(release)
	return release
}

// TestTheSaleGoesOnWhileAMigrationWaits for a lock that an idle reader has for as long as
// it likes: a replica of a newer version starts beside one that sells.
func TestTheSaleGoesOnWhileAMigrationWaits(t *testing.T) {
	s := newSite(t)
	a := s.replicas("", "a")[0]
	a.sell(2, `"stockTotal": 1000, "paymentWindowSeconds": 600`)
	applied := s.count("SELECT count(*) FROM seckill_migrations")
	s.exec("DELETE FROM seckill_migrations WHERE version_id >= 4") // whose file alters seckill_products
	release := s.readsAndIdles("seckill_products")
	b := s.start("b", "")
	user := 0
	buys := func() {
		user++
		if got := a.try(2, user, ""); !got.admitted() {
			t.Errorf("%+v", got)
		}
		if got := a.resultOf(2, user, "?wait=20s"); got.Status != "SUCCESS" {
			t.Errorf("the result of user %d: %+v", user, got)
		}
	}
	servertest.Eventually(t, "the migration has waited three times", func() bool {
		buys()
		return t.Failed() || strings.Count(b.output.String(), "tried again") >= 3
	})
	buys()
	if n := s.count("SELECT count(*) FROM seckill_migrations"); n >= applied {
		t.Errorf("%d of %d migrations are applied under the reader", n, applied)
	}
	release()
	b.ready()
	if n := s.count("SELECT count(*) FROM seckill_migrations"); n != applied {
		t.Errorf("%d of %d migrations are applied", n, applied)
	}
	if got := s.quiet(2, a, b); got.LiveOrders != user {
		t.Errorf("%d users: %s", user, got)
	}
}
