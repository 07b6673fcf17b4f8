package e2e

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"seckill/internal/seckill"
	"seckill/internal/servertest"
)

// owner waits until product 2 is consumed by its owner among the replicas, and by nobody else,
// while all of them know of each other.
func (s *site) owner(replicas ...*process) (owner *process) {
	s.t.Helper()
	servertest.Eventually(s.t, "the product is its owner's alone", func() bool {
		runs := s.consuming()
		if len(runs) != len(replicas) {
			return false
		}
		name, up := runs[seckill.NewOwners(slices.Collect(maps.Keys(runs))).Of(2)], 0
		for _, p := range replicas {
			if p.metric(`seckill_consumers_up{product="2"}`) != "1" {
				continue
			}
			up++
			if p.instance == name {
				owner = p
			}
		}
		return up == 1 && owner != nil
	})
	return owner
}

// consuming are the runs that have said of late that they consume, with the names of their
// replicas.
func (s *site) consuming() map[string]string {
	s.t.Helper()
	rows, err := s.pool.Query(s.t.Context(), "SELECT run, name FROM seckill_replicas WHERE consumes_at > clock_timestamp() - interval '2 s'")
	if err != nil {
		s.t.Fatal(err)
	}
	runs := map[string]string{}
	var run, name string
	if _, err := pgx.ForEachRow(rows, []any{&run, &name}, func() error { runs[run] = name; return nil }); err != nil {
		s.t.Fatal(err)
	}
	return runs
}

// other returns the replica of two that is not p.
func other(both []*process, p *process) *process {
	if both[0] == p {
		return both[1]
	}
	return both[0]
}

// stored is how many entries of product 2 a replica has stored.
func (p *process) stored() string {
	return p.metric(`seckill_entries_total{outcome="stored",product="2"}`)
}

// TestOneOfTwoReplicasSettlesAProduct, and the other one is as ready, and answers for it.
func TestOneOfTwoReplicasSettlesAProduct(t *testing.T) {
	const entries = 3000
	s := newSite(t)
	s.claimIdle = time.Minute // so that nobody is taken for dead on a busy machine
	both := s.replicas("", "a", "b")
	both[0].sell(2, `"stockTotal": 1000000`)
	owner := s.owner(both...)
	standby := other(both, owner)
	before := standby.stored() // of the moment in which both consumed it
	for user := 1; user <= entries; user += entries / 3 {
		s.push(2, user, user+entries/3-1)
		if got := standby.try(2, user+1_000_000, ""); !got.admitted() {
			t.Errorf("at the replica that stands by: %+v", got)
		}
		if got := standby.resultOf(2, user+1_000_000, "?wait=20s"); got.Status != "SUCCESS" {
			t.Errorf("the replica that stands by answers %+v", got)
		}
	}
	s.quiet(2, both...)
	s.settledTo(standby, 2, entries+3, entries+3)
	if n := standby.stored(); n != before {
		t.Errorf("the replica that stands by has stored %s entries, and %s before", n, before)
	}
	for _, p := range both {
		p.ready()
	}
}

// TestAnOwnerThatIsKilledIsReplaced while entries come. Whoever comes after it stores what is
// new within ClaimIdle, and takes over what the one before has left.
func TestAnOwnerThatIsKilledIsReplaced(t *testing.T) {
	s := newSite(t)
	s.claimIdle = 4 * time.Second
	both := s.replicas("", "a", "b")
	both[0].sell(2, `"stockTotal": 1000000`)
	owner := s.owner(both...)
	standby := other(both, owner)
	stop := make(chan struct{})
	var pushed int
	var group sync.WaitGroup
	group.Go(func() { pushed = s.pushUntil(2, 10_000_000, 500, stop) })
	servertest.Eventually(t, "the owner is at work", func() bool { return s.logs() >= 200 })
	owner.kill()
	s.owner(standby)
	close(stop)
	group.Wait()
	s.quiet(2, standby)
	s.settledTo(standby, 2, pushed, pushed)
	if !strings.Contains(standby.output.String(), "replicas that share the products: [") {
		t.Error("the log does not tell who shares the products")
	}
}

// TestAnOwnerThatStopsIsReplacedAtOnce: after its stop nothing waits for as long as a replica
// counts as alive, which is five seconds here; and nothing is left for anybody to take over.
func TestAnOwnerThatStopsIsReplacedAtOnce(t *testing.T) {
	s := newSite(t)
	s.claimIdle = time.Hour
	both := s.replicas("Shutdown: {Drain: 8s}", "a", "b")
	both[0].sell(2, `"stockTotal": 1000000`)
	owner := s.owner(both...)
	standby := other(both, owner)
	stop := make(chan struct{})
	var pushed int
	var group sync.WaitGroup
	group.Go(func() { pushed = s.pushUntil(2, 10_000_000, 500, stop) })
	servertest.Eventually(t, "the owner is at work", func() bool { return s.logs() >= 200 })
	ended := make(chan int, 1)
	group.Go(func() { ended <- owner.terminate() })
	s.owner(standby)
	select {
	case <-ended:
		t.Error("the owner has ended before another replica consumed its product")
		ended <- 0
	default:
	}
	if code := <-ended; code != 0 {
		t.Errorf("exit code %d", code)
	}
	close(stop)
	group.Wait()
	s.quiet(2, standby)
	s.settledTo(standby, 2, pushed, pushed)
}

// TestAnOwnerThatFreezesIsReplaced, and as it thaws there are two for a moment: each unit is
// sold once, and then the product is its own again. It freezes between two batches: what holds
// the product's row as it freezes is TestAReplicaThatFreezesHoldsUpNobody's.
func TestAnOwnerThatFreezesIsReplaced(t *testing.T) {
	const units, first, rest = 2000, 300, 3000
	s := newSite(t)
	s.claimIdle = 4 * time.Second
	both := s.replicas("", "a", "b")
	both[0].sell(2, fmt.Sprintf(`"stockTotal": %d`, units))
	owner := s.owner(both...)
	standby := other(both, owner)
	s.push(2, 1, first)
	s.quiet(2, both...)
	thaw := freeze(t, owner.command.Process.Pid)
	s.push(2, first+1, first+rest/3)
	servertest.Eventually(t, "the other replica is at work", func() bool { return s.logs() >= first+rest/3 })
	s.push(2, first+rest/3+1, first+2*rest/3)
	thaw()
	s.push(2, first+2*rest/3+1, first+rest)
	servertest.Eventually(t, "the product is its owner's again", func() bool { return s.owner(both...) == owner })
	if n := standby.stored(); n == "0" {
		t.Error("the other replica has stored nothing")
	}
	s.quiet(2, both...)
	s.settledTo(owner, 2, first+rest, units)
}
