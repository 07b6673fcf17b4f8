package e2e

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"seckill/internal/servertest"
)

// freeze stops a process, as a machine that is paused does: its connections stay, and nobody
// answers on them. thaw lets it go on; the test does so at its end.
func freeze(t *testing.T, pid int) (thaw func()) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	thaw = func() { once.Do(func() { _ = syscall.Kill(pid, syscall.SIGCONT) }) }
	t.Cleanup(thaw)
	return thaw
}

// TestAReplicaThatFreezesHoldsUpNobody stops a replica while it holds the product's row in
// PostgreSQL and an entry of the stream. PostgreSQL gives the row back, the other replica
// takes the entry over. Then the first one comes back, and goes on where it was.
func TestAReplicaThatFreezesHoldsUpNobody(t *testing.T) {
	s := newSite(t)
	a := s.start("a", "")
	a.ready()
	a.sell(2, `"stockTotal": 10, "paymentWindowSeconds": 600`)
	release := s.lockProduct(2)
	if got := a.try(2, 1, ""); !got.admitted() {
		t.Fatalf("%+v", got)
	}
	s.waitsForALock("the replica waits for the product's row")
	thaw := freeze(t, a.command.Process.Pid)
	release()
	servertest.Eventually(t, "its transaction holds the row and is idle", func() bool {
		return s.count(`SELECT count(*) FROM pg_stat_activity JOIN pg_locks USING (pid) WHERE datname = current_database()
			AND state = 'idle in transaction' AND relation = 'seckill_products'::regclass`) > 0
	})

	s.goOnWithout(a, thaw)
}

// TestAReplicaThatFreezesWithinABatchHoldsUpNobody stops a replica while it holds the product's
// row, and PostgreSQL waits for the rest of a COPY: no limit of PostgreSQL's ends that. The other
// replica has it ended.
func TestAReplicaThatFreezesWithinABatchHoldsUpNobody(t *testing.T) {
	s := newSite(t)
	straight := s.url
	wire := servertest.NewWire(t, s.url)
	s.url = wire.Through(t, s.url)
	a := s.start("a", "")
	a.ready()
	a.sell(2, `"stockTotal": 10, "paymentWindowSeconds": 600`)
	stalled, settles := false, map[int]bool{} // the wire asks of one message at a time
	wire.Cut(func(link int, m servertest.Message) servertest.Cut {
		switch {
		case m.FromServer || stalled:
		case m.Kind == 'Q':
			settles[link] = m.Word == "UPDATE" || m.Word == "INSERT" // of the stock; then orders follow
		case m.Kind == 'd' && settles[link]:
			stalled = true
			return servertest.Stall
		}
		return servertest.Pass
	})
	if got := a.try(2, 1, ""); !got.admitted() {
		t.Fatalf("%+v", got)
	}
	servertest.Eventually(t, "it holds the row, and PostgreSQL waits for more", func() bool {
		return s.count(`SELECT count(*) FROM pg_stat_activity JOIN pg_locks USING (pid) WHERE datname = current_database()
			AND state = 'active' AND wait_event = 'ClientRead' AND relation = 'seckill_products'::regclass`) > 0
	})
	thaw := freeze(t, a.command.Process.Pid)
	s.url = straight
	s.goOnWithout(a, thaw)
}

// goOnWithout sees that another replica settles what a replica that is frozen has begun to
// settle, one attempt for product 2, and what comes then; and that both go on once it is back.
func (s *site) goOnWithout(a *process, thaw func()) {
	t := s.t
	t.Helper()
	b := s.start("b", "")
	b.ready()
	if got := b.try(2, 2, ""); !got.admitted() {
		t.Errorf("at the other replica: %+v", got)
	}
	servertest.Eventually(t, "the other replica settles both", func() bool { return s.isDrained(2) })
	for user := 1; user <= 2; user++ {
		if got := b.resultOf(2, user, ""); got.Status != "SUCCESS" {
			t.Errorf("user %d is told %+v", user, got)
		}
	}
	thaw()
	a.ready()
	if got := a.try(2, 3, ""); !got.admitted() {
		t.Errorf("at the replica that came back: %+v", got)
	}
	if books := s.quiet(2, a, b); books.LiveOrders != 3 {
		t.Errorf("3 of 10 units are sold: %s", books)
	}
	s.settledTo(a, 2, 3, 3)
}

// TestTwoReplicasOfOneNameSellEachUnitOnce: they share a consumer of the group, so each finds
// the other's entries among its own when it starts.
func TestTwoReplicasOfOneNameSellEachUnitOnce(t *testing.T) {
	const units, entries = 3000, 12_000
	s := newSite(t)
	a, b := s.start("same", ""), s.start("same", "")
	a.ready()
	b.ready()
	a.sell(2, fmt.Sprintf(`"stockTotal": %d`, units))
	s.push(2, 1, entries)
	for goal := entries / 4; goal < entries; goal += entries / 4 {
		servertest.Eventually(t, "they are at work", func() bool { return s.logs() >= goal })
		b.kill()
		b = s.start("same", "")
	}
	b.ready()
	s.settledTo(a, 2, entries, units)
	if n := s.count("SELECT count(*) FROM seckill_dead_letters"); n != 0 {
		t.Errorf("%d dead letters", n)
	}
}

// redisPID is the process of the site's Redis.
func (s *site) redisPID() int {
	s.t.Helper()
	text, err := s.client.Info(s.t.Context(), "server").Result()
	if err != nil {
		s.t.Fatal(err)
	}
	for line := range strings.Lines(text) {
		if value, found := strings.CutPrefix(line, "process_id:"); found {
			return number(s.t, value)
		}
	}
	s.t.Fatal("Redis does not say its process")
	return 0
}

// TestARedisThatFreezes: attempts are refused, what is stored is answered, and afterwards all
// goes on. What Redis had been sent it may do then: whoever repeats it with the same request
// ID gets one unit all the same.
func TestARedisThatFreezes(t *testing.T) {
	s := newSite(t)
	p := s.start("", "")
	p.ready()
	p.sell(2, `"stockTotal": 10, "paymentWindowSeconds": 600`)
	if got := p.try(2, 1, ""); !got.admitted() {
		t.Fatalf("%+v", got)
	}
	s.quiet(2, p)
	thaw := freeze(t, s.redisPID())
	servertest.Eventually(t, "/readyz names redis", func() bool { return strings.Contains(p.readiness(), "redis") })
	if got := p.try(2, 2, "click"); !got.refused("UNAVAILABLE") || got.status != http.StatusServiceUnavailable || got.retry < 1 {
		t.Errorf("an attempt: %+v", got)
	}
	if got := p.resultOf(2, 1, ""); got.Status != "SUCCESS" {
		t.Errorf("what is stored is answered: %+v", got)
	}
	if status := p.cancel(s.orderOf(2, 1)); status != http.StatusOK {
		t.Errorf("cancel: %d", status)
	}
	thaw()
	p.ready()
	servertest.Eventually(t, "the attempt is admitted", func() bool { return p.try(2, 2, "click").admitted() })
	if books := s.quiet(2, p); books.LiveOrders != 1 || s.entries(2) != 2 {
		t.Errorf("one unit is sold, one came back, by %d entries: %s", s.entries(2), books)
	}
}

// TestAPostgresThatFreezes holds a sale while every process of PostgreSQL is stopped.
func TestAPostgresThatFreezes(t *testing.T) {
	s := newSite(t)
	s.onOwnPostgres()
	p := s.start("", "")
	p.ready()
	c := s.patient(p)
	stop := c.run()
	defer stop()
	c.sells()
	thaw := s.freezePostgres()
	servertest.Eventually(t, "/readyz names postgres", func() bool { return strings.Contains(p.readiness(), "postgres") })
	if got := p.try(2, 900_001, ""); !got.admitted() {
		t.Errorf("admission needs no PostgreSQL: %+v", got)
	}
	servertest.Eventually(t, "who needs it is told to come back", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.calls[http.StatusServiceUnavailable] > 0
	})
	thaw()
	p.ready()
	c.sells()
	stop()
	c.healed()
}

// freezePostgres stops the PostgreSQL of the site with all of its processes.
func (s *site) freezePostgres() (thaw func()) {
	s.t.Helper()
	postmaster := parentOf(s.t, s.count("SELECT pg_backend_pid()"))
	all := []func(){freeze(s.t, postmaster)}
	for _, pid := range childrenOf(s.t, postmaster) { // it makes no more of them
		all = append(all, freeze(s.t, pid))
	}
	return func() {
		for _, thaw := range all {
			thaw()
		}
	}
}

// parentOf is the process that has started a process.
func parentOf(t *testing.T, pid int) int {
	t.Helper()
	for _, line := range linesOf(t, fmt.Sprintf("/proc/%d/status", pid)) {
		if value, found := strings.CutPrefix(line, "PPid:"); found {
			return number(t, value)
		}
	}
	t.Fatalf("process %d has no parent", pid)
	return 0
}

// childrenOf are the processes that a process has started.
func childrenOf(t *testing.T, pid int) []int {
	t.Helper()
	var pids []int
	for _, line := range linesOf(t, fmt.Sprintf("/proc/%d/task/%d/children", pid, pid)) {
		for word := range strings.FieldsSeq(line) {
			pids = append(pids, number(t, word))
		}
	}
	return pids
}

func linesOf(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(string(text), "\n")
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestBothServersAwayAtOnce takes both away in the middle of a sale, and gives them back in
// either order.
func TestBothServersAwayAtOnce(t *testing.T) {
	const units = 4000
	s := newSite(t)
	server := s.onOwnPostgres()
	p := s.start("", "")
	p.ready()
	p.sell(2, fmt.Sprintf(`"stockTotal": %d, "paymentWindowSeconds": 600`, units))
	m := mixedLoad{site: s}
	m.current.Store(p)
	stop := m.run()
	defer stop()
	both := servers{p: p, take: []func(context.Context) error{s.redis.Pause, server.Pause},
		giveBack: map[string]func(context.Context) error{"redis": s.redis.Resume, "postgres": server.Resume}}
	for _, order := range [][]string{{"redis", "postgres"}, {"postgres", "redis"}} {
		goal := s.logs() + 200
		servertest.Eventually(t, "the sale goes on", func() bool { return s.logs() >= goal })
		both.away(order)
	}
	stop()
	before := s.quiet(2, p)
	t.Logf("%s; %s", &m.tally, before)
	s.admittedAreFinal(2, &m.tally, "NOT_STARTED", "ENDED")
	if sold := s.sellOut(p, 2, 5_000_000, before.StockLeft); sold != before.StockLeft {
		t.Errorf("%d sold of %d units left", sold, before.StockLeft)
	}
	if b := s.quiet(2, p); b.LiveOrders != units || *b.RedisLeft != 0 {
		t.Errorf("of %d units: %s", units, b)
	}
}

// servers are Redis and PostgreSQL, which a process loses together.
type servers struct {
	p        *process
	take     []func(context.Context) error
	giveBack map[string]func(context.Context) error
}

// away takes both away, and gives them back in an order.
func (b servers) away(order []string) {
	t := b.p.t
	t.Helper()
	for _, take := range b.take {
		if err := take(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	servertest.Eventually(t, "/readyz names both", func() bool {
		text := b.p.readiness()
		return strings.Contains(text, "redis") && strings.Contains(text, "postgres")
	})
	for i, name := range order {
		if err := b.giveBack[name](t.Context()); err != nil {
			t.Fatal(err)
		}
		last := i == len(order)-1
		servertest.Eventually(t, "/readyz names "+name+" no more", func() bool {
			text := b.p.readiness()
			return !strings.Contains(text, name) && last == (text == "")
		})
	}
}
