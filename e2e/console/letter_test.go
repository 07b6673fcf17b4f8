package console

import (
	"fmt"
	"testing"
	"time"

	"seckill/internal/servertest"
)

// TestADeadLetterIsCorrectedAndReplayed by one operator, while another looks at it and is told that he
// was not the first.
func TestADeadLetterIsCorrectedAndReplayed(t *testing.T) {
	s := newSite(t, "")
	s.product(2001, 10, "Phone")
	s.spoil(2001, "uid", "12a", "ts", "1700000000")
	letter := fmt.Sprintf("#/dead-letters/%d", servertest.Count(t, s.pool, "SELECT min(id) FROM seckill_dead_letters"))
	first, second := s.open(1440, "en", "light"), s.open(1440, "en", "dark")
	first.signIn(s.token("operator", time.Hour), letter)
	second.signIn(s.token("operator", time.Hour), letter)
	first.read("main", "INVALID_UID")
	second.read("main", "INVALID_UID")

	t.Log("still bad, then corrected")
	first.press("Preview")
	first.read(".notice", "Still bad")
	first.fill("uid", "12")
	first.press("Preview")
	first.read(".notice", "It would win a unit")
	first.accessible("a dead letter, previewed")
	first.picture("previewed")
	first.press("Replay")
	first.read("dialog[open]", "12a")
	first.accessible("the question before a replay")
	first.press("Replay")
	first.read(".badge", "Replayed")
	if n := servertest.Count(t, s.pool, "SELECT count(*) FROM seckill_orders WHERE product_id = 2001 AND user_id = 12"); n != 1 {
		t.Errorf("user 12 has %d orders", n)
	}

	t.Log("the other one comes too late")
	second.expect("409")
	second.fill("uid", "13")
	second.press("Replay")
	second.read("dialog[open]", "12a")
	second.press("Replay")
	second.read(".toasts", "Somebody was faster")
	second.picture("too-late")
	second.until("the question is gone", `!document.querySelector("dialog[open]")`)
	second.read(".badge", "Replayed")
	if n := servertest.Count(t, s.pool, "SELECT count(*) FROM seckill_orders WHERE product_id = 2001"); n != 1 {
		t.Errorf("there are %d orders", n)
	}
}
