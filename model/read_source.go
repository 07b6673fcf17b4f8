package model

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"seckill/internal/seckill"
)

const (
	// readTime is the longest that a standby is given for one read; where the caller has less
	// than twice of it left it is half of that, so that the primary can be asked as well.
	readTime = 5 * time.Second
	// patience is how long a list waits for a standby that is behind, and patienceStep how
	// often it looks.
	patience     = 100 * time.Millisecond
	patienceStep = 5 * time.Millisecond
	// restBehind is for how long nobody asks a standby that was behind, restAway one that
	// could not be used at all.
	restBehind = time.Second
	restAway   = 5 * time.Second
)

// Why a standby is not read from. What it answers with besides are errors of its own.
var (
	ErrStandbyBehind  = errors.New("it has not replayed what the database has committed")
	ErrNoStandby      = errors.New("it takes writes: it is no standby")
	ErrForeignStandby = errors.New("it is the standby of another cluster (its system identifier differs)")
	ErrUnknownStandby = errors.New("it has not shown a heartbeat that this replica has written since the database was started or has changed")
	errReplayUntold   = errors.New("it does not tell how far it has replayed (pg_last_wal_replay_lsn)")
	errStandbyRests   = errors.New("it could not be used a moment ago")
)

// ReadSource reads lists and final results from a standby, in the place of the primary.
//
// Whoever reads sees everything that was committed before he asked, by whatever process: the
// primary is asked where its log ends, which costs next to nothing, and the standby is read
// from once it has replayed as much. Both are asked for each read, and the standby on the very
// connection that is read from: behind its address there may be several.
//
// A position alone does not tell that a standby follows this primary: after a failover one
// that went on with the old primary may have a log that is as long and says something else.
// So it has to show, once for each of its runs and each of the primary's, a heartbeat of this
// process (seckill_replicas) that was written on this run of the primary.
//
// Whatever is wrong with the standby, the primary is asked, and the standby not again for a
// moment. Nothing is decided by what it says.
type ReadSource struct {
	primary *Pool
	standby *Pool // nil = there is none
	counter ReadCounter

	lists, results way // how long each may wait

	mu       sync.Mutex
	follows  map[string]string // by the run of a standby, that of the primary which it was seen to follow
	identity string            // the run of the primary whose system identifier is known
	system   int64
}

// ReadCounter counts reads that a standby may answer.
type ReadCounter interface {
	// ReadFrom counts one; standby is false where the primary had to answer.
	ReadFrom(standby bool)
}

// way is how one kind of reads goes to the standby.
type way struct {
	patience time.Duration // how long it waits for one that is behind
	rests    atomic.Int64  // until when the standby is not asked, Unix time in nanoseconds
}

func (w *way) rest(pause time.Duration) { w.rests.Store(time.Now().Add(pause).UnixNano()) }

// heartbeat is what a process has written of itself last.
type heartbeat struct {
	run    string
	at     time.Time // as it is stored
	server string    // the run of the primary that it was written on
}

func newReadSource(primary *Pool) *ReadSource {
	s := &ReadSource{primary: primary, follows: map[string]string{}}
	s.lists.patience = patience
	return s
}

// Count names who counts the reads; to be called before the first.
func (s *ReadSource) Count(counter ReadCounter) { s.counter = counter }

// Check fails while the standby cannot be read from, with the reason. It asks at once,
// whatever was the matter before; without a standby nothing is asked.
func (s *ReadSource) Check(ctx context.Context) error {
	if s.standby == nil {
		return nil
	}
	err := s.try(ctx, &s.lists, func(context.Context, *sql.Tx) error { return nil })
	if err == nil {
		s.lists.rest(0)
		s.results.rest(0)
	}
	return err
}

// Wanted reports whether there is a standby to read from.
func (s *ReadSource) Wanted() bool { return s.standby != nil }

// read has fn read on the standby, and reports whether that went well. If not, the primary
// is to be asked, and what fn has left is worth nothing.
func (s *ReadSource) read(ctx context.Context, w *way, fn func(ctx context.Context, tx *sql.Tx) error) bool {
	if s.standby == nil {
		return false
	}
	err := errStandbyRests
	if time.Now().UnixNano() >= w.rests.Load() {
		err = s.try(ctx, w, fn)
	}
	switch {
	case err == nil || ctx.Err() != nil || errors.Is(err, errStandbyRests):
	case errors.Is(err, ErrStandbyBehind):
		w.rest(restBehind)
	default:
		s.lists.rest(restAway)
		s.results.rest(restAway)
	}
	if s.counter != nil {
		s.counter.ReadFrom(err == nil)
	}
	return err == nil
}

// try has fn read in a transaction of the standby, once that shows what the primary has now.
func (s *ReadSource) try(ctx context.Context, w *way, fn func(ctx context.Context, tx *sql.Tx) error) (err error) {
	ctx, cancel := withinHalf(ctx)
	defer cancel()
	now, err := s.position(ctx)
	if err != nil {
		return err
	}
	tx, err := s.standby.sql.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted, ReadOnly: true})
	if err != nil {
		return fmt.Errorf("begin to read on the standby: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	if err := s.await(ctx, tx, now, w.patience); err != nil {
		return err
	}
	if err := fn(ctx, tx); err != nil {
		return fmt.Errorf("read on the standby: %w", err)
	}
	return nil
}

// withinHalf bounds what a standby may take.
func withinHalf(ctx context.Context) (context.Context, context.CancelFunc) {
	within := readTime
	if end, ok := ctx.Deadline(); ok {
		within = min(within, time.Until(end)/2)
	}
	return context.WithTimeout(ctx, within)
}

// position is where the log of the primary ends for whoever reads there now.
type position struct {
	server string
	lsn    int64
}

// selectPosition: what is visible on the primary is on its disk, unless our role, as a doubtful
// setting allows, does not wait for that.
const selectPosition = `
SELECT seckill_server(), pg_wal_lsn_diff(CASE current_setting('synchronous_commit')
           WHEN 'off' THEN pg_current_wal_insert_lsn() ELSE pg_current_wal_flush_lsn() END, '0/0')::bigint`

func (s *ReadSource) position(ctx context.Context) (p position, err error) {
	if err := s.primary.QueryRow(ctx, selectPosition).Scan(&p.server, &p.lsn); err != nil {
		return p, fmt.Errorf("ask where the log ends: %w", err)
	}
	return p, nil
}

// selectReplayed tells how far a standby is. seckill_server names its own run.
const selectReplayed = `
SELECT seckill_server(), pg_is_in_recovery(), pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::bigint`

// await returns when the standby shows everything up to a position of the primary.
func (s *ReadSource) await(ctx context.Context, tx *sql.Tx, wanted position, patience time.Duration) error {
	for end := time.Now().Add(patience); ; {
		var server string
		var standby bool
		var replayed sql.NullInt64
		if err := tx.QueryRowContext(ctx, selectReplayed).Scan(&server, &standby, &replayed); err != nil {
			return fmt.Errorf("ask a standby how far it is: %w", err)
		}
		switch {
		case !standby:
			return ErrNoStandby
		case !replayed.Valid:
			return errReplayUntold
		case replayed.Int64 >= wanted.lsn:
			return s.prove(ctx, tx, server, wanted.server)
		case !time.Now().Before(end):
			return ErrStandbyBehind
		}
		select {
		case <-time.After(patienceStep):
		case <-ctx.Done():
			return fmt.Errorf("wait for the standby: %w", ctx.Err())
		}
	}
}

// prove fails unless a run of a standby follows a run of the primary.
func (s *ReadSource) prove(ctx context.Context, tx *sql.Tx, standby, primary string) error {
	s.mu.Lock()
	known := s.follows[standby] == primary
	s.mu.Unlock()
	if known {
		return nil
	}
	if err := s.sameSystem(ctx, tx, primary); err != nil {
		return err
	}
	beat := s.primary.beat.Load()
	if beat == nil || beat.server != primary {
		return ErrUnknownStandby
	}
	var shown bool
	err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM seckill_replicas WHERE run = $1 AND seen_at = $2)", beat.run, beat.at).Scan(&shown)
	if err != nil {
		return fmt.Errorf("look for a heartbeat on the standby: %w", err)
	}
	if !shown {
		return ErrUnknownStandby
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.follows) >= mostStandbys {
		clear(s.follows)
	}
	s.follows[standby] = primary
	return nil
}

// mostStandbys bounds what is remembered of the runs of standbys.
const mostStandbys = 64

const selectSystem = "SELECT system_identifier FROM pg_control_system()"

// sameSystem fails where a standby is one of another cluster.
func (s *ReadSource) sameSystem(ctx context.Context, tx *sql.Tx, primary string) error {
	s.mu.Lock()
	system, known := s.system, s.identity == primary
	s.mu.Unlock()
	if !known {
		if err := s.primary.QueryRow(ctx, selectSystem).Scan(&system); err != nil {
			return fmt.Errorf("ask for the system identifier: %w", err)
		}
		s.mu.Lock()
		s.system, s.identity = system, primary
		s.mu.Unlock()
	}
	var other int64
	if err := tx.QueryRowContext(ctx, selectSystem).Scan(&other); err != nil {
		return fmt.Errorf("ask for the system identifier of the standby: %w", err)
	}
	if other != system {
		return ErrForeignStandby
	}
	return nil
}

// FindResults is [Pool.FindResults], with final results from the standby: a result that is
// not there, or not final, is asked of the primary. With an error of that come the results
// which the standby had.
func (s *ReadSource) FindResults(ctx context.Context, productID int64, users []int64) (map[int64]*UserResult, error) {
	results := make(map[int64]*UserResult, len(users))
	if !s.read(ctx, &s.results, func(ctx context.Context, tx *sql.Tx) error { return findFinal(ctx, tx, productID, users, results) }) {
		return s.primary.FindResults(ctx, productID, users)
	}
	var missing []int64
	for _, user := range users {
		if results[user] == nil {
			missing = append(missing, user)
		}
	}
	if len(missing) == 0 {
		return results, nil
	}
	found, err := s.primary.FindResults(ctx, productID, missing)
	maps.Copy(results, found)
	return results, err
}

// final reports whether a result changes no more but by its order.
func (r *UserResult) final() bool { return seckill.Status(r.Status).Terminal() }
