package model_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"seckill/internal/devstack"
	"seckill/internal/servertest"
	"seckill/model"
)

// reads counts where reads have gone.
type reads struct{ standby, primary atomic.Int64 }

// ReadFrom implements model.ReadCounter.
func (r *reads) ReadFrom(standby bool) {
	if standby {
		r.standby.Add(1)
	} else {
		r.primary.Add(1)
	}
}

// reader is a process that reads lists from a standby.
type reader struct {
	*reads

	t     *testing.T
	pool  *model.Pool
	lists model.Lists
	wrote int // rows of the audit
}

// newReader opens a pool on a data source, with a standby behind another one.
func newReader(t *testing.T, primary, standby string) *reader {
	t.Helper()
	r := &reader{t: t, pool: servertest.Open(t, primary), reads: &reads{}}
	if err := r.pool.ReadFrom(t.Context(), standby, 4); err != nil {
		t.Fatal(err)
	}
	r.pool.Reads().Count(r.reads)
	r.lists = model.NewLists(r.pool.Conn(), r.pool.Reads())
	return r
}

// beat says that the process lives.
func (r *reader) beat() {
	r.t.Helper()
	if err := r.pool.SayAlive(r.t.Context(), model.Replica{Run: "run of the test", Since: time.Now()}); err != nil {
		r.t.Fatal(err)
	}
}

// follows waits until the standby can be read from.
func (r *reader) follows() {
	r.t.Helper()
	servertest.Eventually(r.t, "the standby can be read from", func() bool {
		r.beat()
		return r.pool.Reads().Check(r.t.Context()) == nil
	})
}

// refused waits until the standby cannot be read from, for a reason.
func (r *reader) refused(reason error) {
	r.t.Helper()
	servertest.Eventually(r.t, fmt.Sprintf("the standby is refused: %v", reason), func() bool {
		err := r.pool.Reads().Check(r.t.Context())
		return err != nil && (reason == nil || errors.Is(err, reason))
	})
}

// write commits a row of the audit, as another process would.
func (r *reader) write() {
	r.t.Helper()
	r.wrote++
	prepareResults(r.t, r.pool, fmt.Sprintf("INSERT INTO seckill_audit (actor, action, target) VALUES ('a', 'b', '%d')", r.wrote))
}

// sees writes a row and lists it at once.
func (r *reader) sees() {
	r.t.Helper()
	r.write()
	r.shows(fmt.Sprint(r.wrote))
}

// shows lists the newest row of the audit, whose target is to be the given one.
func (r *reader) shows(newest string) {
	r.t.Helper()
	rows, err := r.lists.Audit(r.t.Context(), model.AuditFilter{LastID: 1 << 60, Limit: 1})
	if err != nil || len(rows) != 1 || rows[0].Target != newest {
		r.t.Fatalf("listed: %+v %v, want row %s", rows, err, newest)
	}
}

// from runs something, and returns how many reads have gone to the standby and to the primary.
func (r *reader) from(do func()) (standby, primary int64) {
	r.t.Helper()
	s, p := r.standby.Load(), r.primary.Load()
	do()
	return r.standby.Load() - s, r.primary.Load() - p
}

// newStandby is a primary with a standby, and a reader of them.
func newStandby(t *testing.T) (r *reader, primary *devstack.Postgres, standby *devstack.Standby) {
	t.Helper()
	primary = servertest.Postgres(t)
	standby = servertest.Standby(t, primary)
	r = newReader(t, primary.URL(""), standby.URL(""))
	return r, primary, standby
}

// TestWhoHasWrittenReadsItFromWhereverHeReads writes and reads at once, again and again, also
// while the standby lags.
func TestWhoHasWrittenReadsItFromWhereverHeReads(t *testing.T) {
	r, _, standby := newStandby(t)
	r.refused(model.ErrUnknownStandby) // it has shown nothing of this process
	if s, p := r.from(r.sees); s != 0 || p != 1 {
		t.Errorf("a standby that is not known has answered %d, the primary %d", s, p)
	}
	r.follows()
	if s, _ := r.from(func() {
		for range 100 {
			r.sees()
		}
	}); s == 0 {
		t.Error("the standby has answered nothing")
	}
	admin := servertest.Open(t, standby.URL(""))
	prepareResults(t, admin, "SELECT pg_wal_replay_pause()")
	servertest.Eventually(t, "the standby replays nothing", func() bool {
		return servertest.Count(t, admin, "SELECT pg_is_wal_replay_paused()::int") == 1
	})
	if s, p := r.from(func() { r.sees(); r.sees() }); s != 0 || p != 2 {
		t.Errorf("a standby that lags has answered %d, the primary %d", s, p)
	}
	r.refused(model.ErrStandbyBehind)
	prepareResults(t, admin, "SELECT pg_wal_replay_resume()")
	r.follows()
	if s, _ := r.from(func() { r.shows(fmt.Sprint(r.wrote)) }); s != 1 {
		t.Error("a standby that has caught up is not asked")
	}
}

// TestAStandbyThatIsAwayOrPromotedIsNotReadFrom stops it, starts it, and promotes it.
func TestAStandbyThatIsAwayOrPromotedIsNotReadFrom(t *testing.T) {
	r, _, standby := newStandby(t)
	r.follows()
	if err := standby.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s, p := r.from(r.sees); s != 0 || p != 1 {
		t.Errorf("a standby that is away has answered %d, the primary %d", s, p)
	}
	r.refused(nil)
	if err := standby.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.follows()
	if err := standby.Promote(t.Context()); err != nil {
		t.Fatal(err)
	}
	prepareResults(t, servertest.Open(t, standby.URL("")), "INSERT INTO seckill_audit (actor, action, target) VALUES ('a', 'b', 'promoted')")
	if s, p := r.from(r.sees); s != 0 || p != 1 {
		t.Errorf("a server that takes writes has answered %d, the primary %d", s, p)
	}
	r.refused(model.ErrNoStandby)
}

// TestAStandbyOfAnotherClusterIsRefused has another pair stand behind the address.
func TestAStandbyOfAnotherClusterIsRefused(t *testing.T) {
	other := servertest.Standby(t, servertest.Postgres(t))
	primary := servertest.Postgres(t)
	standby := servertest.Standby(t, primary)
	wire := servertest.NewWire(t, standby.URL(""))
	r := newReader(t, primary.URL(""), wire.Through(t, standby.URL("")))
	r.follows()
	// What the other one has replayed is further than what this primary has written.
	for at := int64(0); at <= end(t, r.pool, "pg_current_wal_flush_lsn()"); at = end(t, servertest.Open(t, other.URL("")), "pg_last_wal_replay_lsn()") {
		emit(t, other.Primary())
	}
	wire.Lead(t, other.URL(""))
	wire.Sever()
	if s, p := r.from(r.sees); s != 0 || p != 1 {
		t.Errorf("a foreign standby has answered %d, the primary %d", s, p)
	}
	r.refused(model.ErrForeignStandby)
	wire.Lead(t, standby.URL(""))
	wire.Sever()
	r.follows()
}

// end is where a server's log ends.
func end(t *testing.T, pool *model.Pool, position string) int64 {
	t.Helper()
	return int64(servertest.Count(t, pool, "SELECT pg_wal_lsn_diff("+position+", '0/0')::bigint"))
}

// emit makes the log of a server longer by some megabytes, and writes nothing.
func emit(t *testing.T, server *devstack.Postgres) {
	t.Helper()
	prepareResults(t, servertest.Open(t, server.URL("")),
		"SELECT pg_logical_emit_message(true, 'test', repeat('x', 1000000)) FROM generate_series(1, 8)")
}

// TestAStandbyThatStayedWithTheOldPrimaryIsNotReadFrom: another one takes over that had not
// got everything. The first has more than there is now, its log is as long, and it never
// learns.
func TestAStandbyThatStayedWithTheOldPrimaryIsNotReadFrom(t *testing.T) {
	primary := servertest.Postgres(t)
	stays := servertest.Standby(t, primary)
	heir := servertest.Standby(t, primary)
	r := newReader(t, strings.Replace(primary.URL(""), hostOf(t, primary.URL("")), hostOf(t, primary.URL(""))+","+hostOf(t, heir.URL("")), 1), stays.URL(""))
	r.follows()
	r.sees()
	if err := heir.StopReceivingAlone(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.write() // what the heir has not
	emit(t, primary)
	r.follows()
	r.shows("2")
	if err := errors.Join(primary.Crash(t.Context()), heir.Promote(t.Context())); err != nil {
		t.Fatal(err)
	}
	servertest.Eventually(t, "the heir is found", func() bool {
		return r.pool.SayAlive(t.Context(), model.Replica{Run: "run of the test", Since: time.Now()}) == nil
	})
	if replayed := end(t, servertest.Open(t, stays.URL("")), "pg_last_wal_replay_lsn()"); replayed < end(t, r.pool, "pg_current_wal_flush_lsn()") {
		t.Fatal("the standby that stayed has less of a log, and would be refused for that")
	}
	r.refused(model.ErrUnknownStandby)
	r.shows("1")
}

func hostOf(t *testing.T, of string) string {
	t.Helper()
	parsed, err := url.Parse(of)
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Host
}

// TestAStandbyThatNeverAnswersHoldsNobodyUp: the list comes within the time that a request has.
func TestAStandbyThatNeverAnswersHoldsNobodyUp(t *testing.T) {
	silent, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	r := newReader(t, servertest.Database(t), fmt.Sprintf("postgres://postgres@%s/postgres?sslmode=disable", silent.Addr()))
	r.write()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	if rows, err := r.lists.Audit(ctx, model.AuditFilter{LastID: 1 << 60, Limit: 1}); err != nil || len(rows) != 1 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	if r.primary.Load() != 1 {
		t.Errorf("the primary has answered %d times", r.primary.Load())
	}
}

// TestFinalResultsComeFromTheStandby, and all others from the primary.
func TestFinalResultsComeFromTheStandby(t *testing.T) {
	r, primary, standby := newStandby(t)
	prepareResults(t, r.pool, `INSERT INTO seckill_logs (product_id, user_id, stream_id, status, reason) VALUES
		(1, 1, '5-0', 'SUCCESS', NULL), (1, 2, '5-1', 'FAILED', 'SOLD_OUT'), (1, 3, '5-2', 'PROCESSING', NULL)`)
	r.follows()
	status := func() (statuses [4]string) {
		t.Helper()
		found, err := r.pool.Reads().FindResults(t.Context(), 1, []int64{1, 2, 3, 4})
		if err != nil {
			t.Fatal(err)
		}
		for user, result := range found {
			statuses[user-1] = result.Status
		}
		return statuses
	}
	want := [4]string{"SUCCESS", "FAILED", "PROCESSING", ""}
	var s int64
	servertest.Eventually(t, "the standby answers", func() bool { // what writes besides us may have come between
		s, _ = r.from(func() {
			if got := status(); got != want {
				t.Errorf("results %q, want %q", got, want)
			}
		})
		return s == 1
	})
	// The primary alone knows what has become of the third and the fourth.
	if err := standby.StopReceiving(t.Context()); err != nil {
		t.Fatal(err)
	}
	prepareResults(t, r.pool, "UPDATE seckill_logs SET status = 'FAILED' WHERE user_id = 3",
		"INSERT INTO seckill_logs (product_id, user_id, stream_id, status) VALUES (1, 4, '6-0', 'SUCCESS')")
	if got := status(); got != [4]string{"SUCCESS", "FAILED", "FAILED", "SUCCESS"} {
		t.Errorf("results %q while the standby lags", got)
	}
	if err := primary.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	if found, err := r.pool.Reads().FindResults(t.Context(), 1, []int64{1}); err == nil {
		t.Errorf("while nobody knows whether the standby has all: %v", found)
	}
}

// TestWithoutAReadSourceThePrimaryAnswers, and nothing is counted.
func TestWithoutAReadSourceThePrimaryAnswers(t *testing.T) {
	r := newReader(t, servertest.Database(t), "")
	if s, p := r.from(r.sees); s != 0 || p != 0 {
		t.Errorf("counted: %d of the standby, %d of the primary", s, p)
	}
	if err := r.pool.Reads().Check(t.Context()); err != nil || r.pool.Reads().Wanted() {
		t.Errorf("a standby that is not wanted: %v", err)
	}
}
