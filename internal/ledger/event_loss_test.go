package ledger_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"seckill/internal/devstack"
	"seckill/internal/ledger"
	"seckill/internal/servertest"
	"seckill/model"
)

// shopOn opens a server as one replica does, and makes product 1 if it is not there.
func shopOn(t *testing.T, url string) (*ledger.Ledger, *model.Pool) {
	t.Helper()
	pool := servertest.Open(t, url)
	l := ledger.New(pool, &observed{})
	if servertest.Count(t, pool, "SELECT count(*) FROM seckill_products") == 0 {
		if _, err := l.CreateProduct(t.Context(), "tester", paying(1000)); err != nil {
			t.Fatal(err)
		}
	}
	return l, pool
}

// pays makes an order of each of the users, and has it paid.
func pays(t *testing.T, l *ledger.Ledger, pool *model.Pool, from, n int64) {
	t.Helper()
	for user := from; user < from+n; user++ {
		if _, err := l.PayOrder(t.Context(), newOrder(t, l, pool, user), "tester", fmt.Sprint("ref-", user)); err != nil {
			t.Fatal(err)
		}
	}
}

// numbers returns what every number that the feed has tells.
func numbers(t *testing.T, pool *model.Pool, after int64) map[int64]string {
	t.Helper()
	events, err := pool.OrderEvents(t.Context(), 1, after, 1000)
	if err != nil {
		t.Fatal(err)
	}
	all := map[int64]string{}
	for _, e := range events {
		all[e.Number] = fmt.Sprint(e.Type, " ", text(e.Order))
	}
	return all
}

// losses are the ways in which a database comes to be without its last commits. Each takes
// the database as it is to be left when keep is called, lose loses what has come since, and
// returns the one that goes on.
func losses(t *testing.T) map[string]func(t *testing.T, primary *devstack.Postgres) (keep func(), lose func() (url string)) {
	must := func(t *testing.T, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	return map[string]func(t *testing.T, primary *devstack.Postgres) (keep func(), lose func() string){
		"a standby that lagged takes over": func(t *testing.T, primary *devstack.Postgres) (func(), func() string) {
			standby := servertest.Standby(t, primary)
			keep := func() {
				must(t, standby.CatchUp(t.Context()))
				must(t, standby.StopReceiving(t.Context()))
			}
			return keep, func() string {
				must(t, primary.Crash(t.Context()))
				must(t, standby.Promote(t.Context()))
				return standby.URL("")
			}
		},
		"a copy is put back": func(t *testing.T, primary *devstack.Postgres) (func(), func() string) {
			folder := filepath.Join(t.TempDir(), "copy")
			keep := func() {
				must(t, primary.Pause(t.Context()))
				must(t, primary.CopyTo(t.Context(), folder))
				must(t, primary.Resume(t.Context()))
			}
			return keep, func() string {
				must(t, primary.Pause(t.Context()))
				must(t, primary.ResumeFrom(t.Context(), folder))
				return primary.URL("")
			}
		},
	}
}

// After a loss who has seen what was lost begins anew, at once and later; who has not goes on
// as if nothing had been; and no number tells of two things.
func TestNoNumberIsGivenTwiceAfterALoss(t *testing.T) {
	for name, prepare := range losses(t) {
		t.Run(name, func(t *testing.T) {
			primary := servertest.Postgres(t)
			keep, lose := prepare(t, primary)
			l, pool := shopOn(t, primary.URL(""))
			pays(t, l, pool, 10, 5)
			keep()
			l, pool = shopOn(t, primary.URL("")) // connections of before may be gone
			behind, ahead, far := newFollower(t, pool, 7), newFollower(t, pool, 100), newFollower(t, pool, 100)
			kept := numbers(t, pool, 0)
			if behind.wantTable(); len(kept) != 10 {
				t.Fatalf("%d events, want 10", len(kept))
			}
			pays(t, l, pool, 20, 4) // are lost
			ahead.wantTable()
			far.wantTable()
			seen := numbers(t, pool, 0)

			l, pool = shopOn(t, lose())
			behind.pool, ahead.pool, far.pool = pool, pool, pool
			if ahead.wantTable(); ahead.anew != 1 {
				t.Errorf("who had seen what was lost began anew %d times, want once", ahead.anew)
			}
			pays(t, l, pool, 30, 6)
			for number, told := range numbers(t, pool, 0) {
				if before, found := seen[number]; found && before != told {
					t.Errorf("number %d told %q, and tells %q", number, before, told)
				}
			}
			if far.wantTable(); far.anew != 1 {
				t.Errorf("who came later began anew %d times, want once", far.anew)
			}
			if behind.wantTable(); behind.anew != 0 || ahead.anew != 1 {
				t.Errorf("who had seen nothing of it began anew %d times, who had, %d times", behind.anew, ahead.anew)
			}
			newFollower(t, pool, 3).wantTable()
		})
	}
}

// A restart that loses nothing begins a new stretch, and nobody has to begin anew.
func TestWhoFollowsGoesOnAfterARestart(t *testing.T) {
	primary := servertest.Postgres(t)
	l, pool := shopOn(t, primary.URL(""))
	pays(t, l, pool, 10, 5)
	near, far := newFollower(t, pool, 100), newFollower(t, pool, 3)
	near.wantTable()
	if _, err := far.step(); err != nil {
		t.Fatal(err)
	}
	last := near.after
	for _, stop := range []func(context.Context) error{primary.Pause, primary.Crash} {
		if err := stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := primary.Resume(t.Context()); err != nil {
			t.Fatal(err)
		}
		l, pool = shopOn(t, primary.URL(""))
		near.pool, far.pool = pool, pool
		near.wantTable()
		pays(t, l, pool, last, 2)
		if near.wantTable(); near.after < last+5 {
			t.Errorf("after a restart the numbers go on at %d, right behind %d: they may be given twice", near.after, last)
		}
		last = near.after
	}
	if far.wantTable(); near.anew+far.anew > 0 {
		t.Errorf("they began anew %d and %d times, and nothing was lost", near.anew, far.anew)
	}
}
