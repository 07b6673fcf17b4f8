package watch

import (
	"errors"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"seckill/client"
)

// fullState is a sale in full swing.
func fullState() *State {
	sample := sampleAt(2, 25, secondAt(1, 40, 1200))
	sample.Name, sample.Gate = "Phone 手机", "open"
	sample.StartsAt, sample.EndsAt = time.Unix(begin-60, 0), time.Unix(begin+3600, 0)
	sample.RedisLeft, sample.InFlight, sample.PendingMoves = new(int64(20)), new(int64(5)), new(int64(0))
	sample.Drift, sample.Balanced = new(int64(0)), new(true)
	sample.Lag, sample.Pending, sample.Consumers, sample.DeadLettersOpen = new(int64(3)), new(int64(4)), new(int64(2)), new(int64(0))
	sample.OrdersByStatus = map[client.OrderStatus]int64{client.Paid: 50, client.PendingPayment: 25}
	return stateOf(sampleAt(0, 100), sampleAt(1, 65, secondAt(0, 35, 0)), sample)
}

func render(s *State, after time.Duration, width int, colour bool) string {
	return strings.Join(Render(s, s.CameAt.Add(after), Look{Width: width, Window: shortWindow, Colour: colour}), "\n")
}

func TestASaleIsDrawn(t *testing.T) {
	text := render(fullState(), time.Second, 80, false)
	for _, want := range []string{
		"Phone 手机  product 2001", "ON SALE", "open for 00:01:03", "ends in 00:59:57",
		"75 of 100 sold, 25 left", "open · 20 left in it · 5 in flight · 0 moves pending", "sold out in 00:00:01",
		"admitted", "1,200", "lag 3 · pending 4 · consumers 2", "50 PAID · 25 PENDING_PAYMENT", "balanced · drift 0", "alarms    none",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "STALE") || strings.Contains(text, "\x1b") {
		t.Errorf("stale, or coloured:\n%s", text)
	}
}

func TestNoLineIsWiderThanTheTerminal(t *testing.T) {
	for _, width := range []int{20, 40, 79, 80, 120, 300} {
		for _, colour := range []bool{false, true} {
			for _, line := range Render(fullState(), time.Unix(begin+99, 0), Look{Width: width, Window: longWindow, Colour: colour}) {
				if got := ansi.StringWidth(line); got > width {
					t.Errorf("%d cells at a width of %d: %q", got, width, line)
				}
			}
		}
	}
}

func TestWhatIsWrongIsSaidInWordsToo(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*client.LiveSample)
		after  time.Duration
		want   []string
	}{
		"stale":            {func(*client.LiveSample) {}, 5 * time.Second, []string{"STALE  as of 11:06:42Z: nothing has come for 5s, trying again"}},
		"a server is away": {func(p *client.LiveSample) { p.Missing = []string{"redis"} }, 0, []string{"MISSING  redis cannot be looked at"}},
		"drift":            {func(p *client.LiveSample) { *p.Drift, *p.Balanced = 3, false }, 0, []string{"DRIFT 3, not balanced"}},
		"alarms": {func(p *client.LiveSample) { p.Alarms = []string{"SeckillBooksDrift", "SeckillNoConsumer"} }, 0,
			[]string{"alarms    ! SeckillBooksDrift", "          ! SeckillNoConsumer"}},
		"a closed gate":   {func(p *client.LiveSample) { p.Gate, p.RedisLeft = "closed", nil }, 0, []string{"CLOSED · ? left in it"}},
		"not ready":       {func(p *client.LiveSample) { p.Preflight = "not_ready" }, 0, []string{"pre-flight: NOT READY"}},
		"paused":          {func(p *client.LiveSample) { p.Status = client.Paused }, 0, []string{"PAUSED"}},
		"before its time": {func(p *client.LiveSample) { p.StartsAt = p.At.Add(10 * time.Second) }, time.Second, []string{"COUNTDOWN", "opens in 00:00:09"}},
		"after its time":  {func(p *client.LiveSample) { p.EndsAt = p.At.Add(-10 * time.Second) }, 0, []string{"OVER", "over for 00:00:10"}},
		"sold out":        {func(p *client.LiveSample) { *p.StockLeft = 0 }, 0, []string{"SOLD OUT", "100 of 100 sold, 0 left"}},
		"record-only":     {func(p *client.LiveSample) { p.Mode, p.StockTotal, p.StockLeft = client.Record, nil, nil }, 0, []string{"record-only"}},
		"nothing is known": {func(p *client.LiveSample) {
			*p = client.LiveSample{At: p.At, ProductID: 2001, Name: "Phone", Mode: client.Settle}
		}, 0, []string{"stock     not known", "lag ?", "books     not known"}},
		"a name that is no name": {func(p *client.LiveSample) { p.Name = "a\x1b[31mb" }, 0,
			[]string{"product 2001"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := fullState()
			c.change(s.Last)
			text := render(s, c.after, 100, false)
			for _, want := range c.want {
				if !strings.Contains(text, want) {
					t.Errorf("no %q in\n%s", want, text)
				}
			}
			if strings.Contains(text, "\x1b") {
				t.Errorf("a control character comes through: %q", text)
			}
		})
	}
}

func TestWhatIsStaleIsFaint(t *testing.T) {
	fresh, old := render(fullState(), 0, 80, true), render(fullState(), 4*time.Second, 80, true)
	if !strings.Contains(fresh, "\x1b[32m") || !strings.Contains(old, "\x1b[2m") {
		t.Errorf("%q\n%q", fresh, old)
	}
	for number, line := range strings.Split(old, "\n")[4:] {
		if strings.Contains(line, "\x1b[32m") || strings.Contains(line, "\x1b[36m") {
			t.Errorf("line %d is not faint: %q", number, line)
		}
	}
}

func TestChartsShowWhatThereIs(t *testing.T) {
	for _, c := range []struct {
		values []int64
		width  int
		top    int64
		want   string
	}{
		{[]int64{0, 1, 4, 8}, 10, 8, " ▁▄█"},
		{[]int64{0, 1, 1000}, 10, 1000, " ▁█"},
		{[]int64{1, 0, 0, 9, 0, 0}, 2, 9, "▁█"},
		{[]int64{notKnown, 5}, 10, 5, " █"},
		{[]int64{0, 0}, 10, 0, "  "},
		{[]int64{7}, 0, 7, ""},
	} {
		if got := spark(c.values, c.width, c.top); got != c.want {
			t.Errorf("spark(%v, %d, %d) = %q, want %q", c.values, c.width, c.top, got, c.want)
		}
	}
	for _, c := range []struct {
		share, whole int64
		full         int
	}{{0, 100, 0}, {1, 1000, 1}, {50, 100, 5}, {99, 100, 9}, {100, 100, 10}, {120, 100, 10}, {-5, 100, 0}, {0, 0, 0}} {
		full, rest := bar(c.share, c.whole, 10)
		if n := strings.Count(full, "█"); n != c.full || n+strings.Count(rest, "░") != 10 {
			t.Errorf("bar(%d, %d) has %d of 10 cells, want %d", c.share, c.whole, n, c.full)
		}
	}
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1000: "-1,000", -100: "-100"} {
		if got := grouped(n); got != want {
			t.Errorf("grouped(%d) = %q", n, got)
		}
	}
}

func TestTheLineHasWhatIsKnown(t *testing.T) {
	s := fullState()
	want := "2026-11-18T11:06:42Z product=2001 status=ACTIVE gate=open left=25/100 redis=20 inflight=5 admitted/s=40 refused/s=1200 p99ms=? lag=3 pending=4 drift=0"
	if got := Line(s); got != want {
		t.Errorf("%q, want\n%q", got, want)
	}
	s.Last.RedisLeft, s.Last.Drift = nil, nil
	s.Last.Missing, s.Last.Alarms = []string{"redis"}, []string{"SeckillRedisDown"}
	if got := Line(s); !strings.Contains(got, "redis=? ") || !strings.HasSuffix(got, "drift=? alarms=SeckillRedisDown missing=redis") {
		t.Errorf("%q", got)
	}
}

func TestKeysAndEventsChangeTheModel(t *testing.T) {
	now := time.Unix(begin+2, 0)
	m := newModel(2001, false, func() time.Time { return now })
	if text := m.View().Content; !strings.Contains(text, "product 2001: waiting for the first sample") {
		t.Errorf("before the first sample:\n%s", text)
	}
	m = updated(t, m, eventMsg{Sample: fullState().Last}, false)
	m = updated(t, m, tea.WindowSizeMsg{Width: 60, Height: 10}, false)
	if lines := strings.Split(m.View().Content, "\n"); len(lines) != 10 || !strings.HasPrefix(lines[9], "q quit") {
		t.Errorf("ten lines high it has %d:\n%s", len(lines), strings.Join(lines, "\n"))
	}
	if m = updated(t, m, key("w"), false); m.look.Window != longWindow {
		t.Error("w does not show 15 minutes")
	}
	if m = updated(t, m, key("w"), false); m.look.Window != shortWindow {
		t.Error("w does not go back to 2 minutes")
	}
	now = now.Add(4 * time.Second)
	if text := m.View().Content; !strings.Contains(text, "STALE") {
		t.Errorf("four seconds later:\n%s", text)
	}
	updated(t, m, key("q"), true)
	if m = updated(t, m, overMsg{client.CodeForbidden}, true); !errors.Is(m.err, client.CodeForbidden) {
		t.Errorf("it ends with %v", m.err)
	}
}

func key(name string) tea.KeyPressMsg {
	return tea.KeyPressMsg{Code: rune(name[0]), Text: name}
}

// updated is the model after a message, which ends it or not.
func updated(t *testing.T, m model, msg tea.Msg, ends bool) model {
	t.Helper()
	next, command := m.Update(msg)
	_, ended := any(nil), false
	if command != nil {
		_, ended = command().(tea.QuitMsg)
	}
	if ended != ends {
		t.Errorf("after %T it ends: %v", msg, ended)
	}
	return next.(model)
}
