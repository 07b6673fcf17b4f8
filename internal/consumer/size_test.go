package consumer_test

import (
	"bytes"
	"strings"
	"sync"
	"testing"

	"github.com/zeromicro/go-zero/core/logx"

	"seckill/internal/servertest"
)

// said is what has been logged.
type said struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write keeps a line of the log.
func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *said) has(part string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Contains(s.text.String(), part)
}

// hear has the log kept until the test ends.
func hear(t *testing.T) *said {
	t.Helper()
	log, before := &said{}, logx.Reset()
	logx.SetLevel(logx.InfoLevel) // first: what is disabled takes no writer
	logx.SetWriter(logx.NewWriter(log))
	t.Cleanup(func() {
		logx.Reset()
		if before != nil {
			logx.SetWriter(before)
		}
		logx.Disable()
	})
	return log
}

// TestABatchThatTakesTooLongIsHalvedUntilItPasses has each row take 20 ms on a server that
// allows a statement half a second.
func TestABatchThatTakesTooLongIsHalvedUntilItPasses(t *testing.T) {
	const entries = 150
	log := hear(t)
	url := servertest.Database(t)
	owner := servertest.Open(t, url)
	for _, sql := range []string{
		`CREATE FUNCTION test_slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.02); RETURN NEW; END $$`,
		`CREATE TRIGGER test_slow BEFORE INSERT ON seckill_logs FOR EACH ROW EXECUTE FUNCTION test_slow()`,
	} {
		if _, err := owner.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	w := newWorldOn(t, servertest.Redis(t), servertest.Open(t, url+"&statement_timeout=500"), 1)
	w.push(1, 1, entries)
	w.loop(1, "", w.ledger)
	w.drained(1, entries)
	if n := w.deadLetters("true"); n != 0 {
		t.Errorf("%d dead letters", n)
	}
	if !log.has("are too many for the database now") {
		t.Error("the log does not say that batches are halved")
	}
}
