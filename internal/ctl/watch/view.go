package watch

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"seckill/client"
	"seckill/internal/ctl/printer"
)

const (
	maxWidth   = 120 // beyond it lines are hard to follow
	labelWidth = 10
	nameWidth  = 15 // of an outcome
	maxRows    = 5  // outcomes that are shown; those beyond are few

	numberWidth = 9
)

// Look is how a state is drawn.
type Look struct {
	Width  int
	Window time.Duration // of the past that is shown
	Colour bool
}

// screen is a state on its way to lines.
type screen struct {
	*State
	painter

	last   *client.LiveSample
	now    time.Time
	width  int
	window time.Duration
	lines  []string
}

// Render draws a state as it is at a moment, in lines of at most the width.
func Render(s *State, now time.Time, look Look) []string {
	width := min(max(look.Width, 20), maxWidth)
	r := &screen{State: s, last: s.Last, now: now, width: width, window: look.Window}
	r.painter = painter{colour: look.Colour}
	if s.Last == nil {
		r.put(fmt.Sprintf("product %d: waiting for the first sample", s.ProductID))
		return r.lines
	}
	r.title()
	r.stale = s.Stale(now)
	r.stock()
	r.rates("attempts", s.attempts(look.Window))
	r.rates("results", s.results(look.Window))
	r.put("")
	r.delays()
	r.stream()
	r.orders()
	r.books()
	r.alarms()
	return r.lines
}

func (r *screen) put(line string) {
	r.lines = append(r.lines, strings.TrimRight(cut(line, r.width), " "))
}

// field puts a line with a label before it.
func (r *screen) field(label, text string) { r.put(r.paint(faint, fit(label, labelWidth)) + text) }

// title says which sale it is, in which state, and of when the numbers are.
func (r *screen) title() {
	p := r.last
	state, look := string(p.Status), good
	switch p.Status {
	case client.Paused:
		look = warn
	case client.Ended:
		look = plain
	case client.Active:
		state, look = r.phase()
	}
	clock := p.At.UTC().Format("15:04:05Z")
	name := fmt.Sprintf("%s  product %d", printer.Clean(p.Name), p.ProductID)
	room := r.width - len(state) - len(clock) - 4
	r.put(r.paint(head, fit(name, room)) + "  " + r.paint(look, state) + "  " + clock)
	if r.Stale(r.now) {
		age := r.now.Sub(r.CameAt).Truncate(time.Second)
		r.put(r.paint(bad, fmt.Sprintf("STALE  as of %s: nothing has come for %v, trying again", clock, age)))
	}
	for _, server := range p.Missing {
		r.put(r.paint(bad, fmt.Sprintf("MISSING  %s cannot be looked at; its numbers are left out", server)))
	}
	r.put(r.times())
}

// phase names the part of an ACTIVE sale in time.
func (r *screen) phase() (string, style) {
	now := r.serverNow(r.now)
	switch {
	case now.Before(r.last.StartsAt):
		return "COUNTDOWN", tint
	case !r.last.EndsAt.IsZero() && !now.Before(r.last.EndsAt):
		return "OVER", plain
	default:
		return "ON SALE", good
	}
}

// times says how long it is to the beginning and to the end.
func (r *screen) times() string {
	now := r.serverNow(r.now)
	var parts []string
	if at := r.last.StartsAt; !at.IsZero() {
		if now.Before(at) {
			parts = append(parts, "opens in "+clockOf(at.Sub(now)))
		} else {
			parts = append(parts, "open for "+clockOf(now.Sub(at)))
		}
	}
	if at := r.last.EndsAt; !at.IsZero() {
		if now.Before(at) {
			parts = append(parts, "ends in "+clockOf(at.Sub(now)))
		} else {
			parts = append(parts, "over for "+clockOf(now.Sub(at)))
		}
	}
	if r.last.Preflight == "not_ready" {
		parts = append(parts, "pre-flight: NOT READY")
	} else if r.last.Preflight != "" {
		parts = append(parts, "pre-flight: ready")
	}
	return strings.Join(parts, " · ")
}

// clockOf writes a duration as a clock does.
func clockOf(d time.Duration) string {
	s := int64(d.Round(time.Second) / time.Second)
	return fmt.Sprintf("%02d:%02d:%02d", s/3600, s/60%60, s%60)
}

// stock draws how much is sold, and how it burns down.
func (r *screen) stock() {
	p := r.last
	r.put("")
	if p.Mode == client.Record {
		r.field("stock", "none: this product is record-only")
		return
	}
	if p.StockTotal == nil || p.StockLeft == nil {
		r.field("stock", "not known")
		return
	}
	text := fmt.Sprintf("  %s of %s sold, %s left", grouped(*p.StockTotal-*p.StockLeft), grouped(*p.StockTotal), grouped(*p.StockLeft))
	full, rest := bar(*p.StockTotal-*p.StockLeft, *p.StockTotal, r.width-labelWidth-len(text))
	r.field("stock", r.paint(tint, full)+r.paint(faint, rest)+text)
	r.burnDown(*p.StockTotal)
	gate, look := p.Gate, plain
	if gate == "closed" {
		gate, look = "CLOSED", bad
	}
	r.field("gate", r.paint(look, orUnknown(gate))+fmt.Sprintf(" · %s left in it · %s in flight · %s moves pending",
		count(p.RedisLeft), count(p.InFlight), count(p.PendingMoves)))
}

// burnDown draws the units that were left over the window, and says when there are none.
func (r *screen) burnDown(total int64) {
	note := ""
	if *r.last.StockLeft == 0 {
		note = "SOLD OUT"
	} else if in, ok := r.soldOutIn(); ok {
		note = "sold out in " + clockOf(in)
	}
	chart := max(0, r.width-labelWidth-3*numberWidth)
	r.field("left", r.paint(tint, fit(spark(r.left(r.window), chart, total), chart))+right(note, 3*numberWidth))
}

// rates draws what happens each second.
func (r *screen) rates(label string, all []row) {
	room := r.width - 2 - nameWidth - 3*numberWidth
	chart := max(room, 0)
	unit := fmt.Sprintf("%s a second, %d minutes", label, int(r.window.Minutes()))
	r.put("")
	r.put(r.paint(head, fit(unit, 2+nameWidth+chart)) + r.numbers(faint, "now", "peak", "sum"))
	if len(all) == 0 {
		r.put(r.paint(faint, "  none"))
	}
	for _, row := range all[:min(len(all), maxRows)] {
		look := lookOf(row.name)
		r.put(r.paint(look, "  "+fit(row.name, nameWidth)+fit(spark(row.values, chart, row.peak), chart)) +
			r.numbers(plain, grouped(row.last), grouped(row.peak), grouped(row.sum)))
	}
}

// numbers are the columns of numbers behind a chart; what there is no room for is cut off.
func (r *screen) numbers(look style, now, peak, sum string) string {
	return r.paint(look, right(now, numberWidth)+right(peak, numberWidth)+right(sum, numberWidth))
}

// failures are outcomes by which an attempt fails for no reason of its own.
var failures = []string{"not_loaded", "overloaded", "unavailable", "internal", "rate_limited"}

func lookOf(name string) style {
	switch {
	case name == "admitted" || name == string(client.Success):
		return good
	case slices.Contains(failures, name):
		return bad
	default:
		return plain
	}
}

// delays says how long entries take from their arrival to the commit.
func (r *screen) delays() {
	p50, p99, ok := r.delay()
	text := "nothing was stored in the last 10 s"
	if ok {
		text = fmt.Sprintf("p50 %s · p99 %s", millis(p50), millis(p99))
	}
	if worst := r.worstDelay(r.window); worst > 0 {
		text += fmt.Sprintf(" · worst p99 %s", millis(worst))
	}
	r.field("delay", text)
}

func millis(ms float64) string {
	if ms >= 1000 {
		return fmt.Sprintf("%.1f s", ms/1000)
	}
	return fmt.Sprintf("%.1f ms", ms)
}

func (r *screen) stream() {
	p := r.last
	text := fmt.Sprintf("lag %s · pending %s · consumers %s", count(p.Lag), count(p.Pending), count(p.Consumers))
	if p.OldestPendingMs != nil {
		text += " · oldest " + millis(float64(*p.OldestPendingMs))
	}
	look := plain
	if p.Consumers != nil && *p.Consumers == 0 {
		look = bad
	}
	r.field("stream", r.paint(look, text))
}

// orders lists the orders by status, those that hold a unit first.
func (r *screen) orders() {
	var parts []string
	for _, status := range []client.OrderStatus{client.Paid, client.Confirmed, client.PendingPayment, client.Cancelled, client.Expired} {
		if n := r.last.OrdersByStatus[status]; n > 0 {
			parts = append(parts, grouped(n)+" "+string(status))
		}
	}
	r.field("orders", orNone(strings.Join(parts, " · ")))
}

func (r *screen) books() {
	p := r.last
	switch {
	case p.Mode == client.Record:
	case p.Balanced == nil || p.Drift == nil:
		r.field("books", "not known")
	case *p.Drift != 0:
		r.field("books", r.paint(bad, "DRIFT "+grouped(*p.Drift)+", not balanced"))
	case *p.Balanced:
		r.field("books", r.paint(good, "balanced")+" · drift 0")
	default:
		r.field("books", r.paint(warn, "not balanced")+" · drift 0")
	}
	if p.DeadLettersOpen != nil {
		look := plain
		if *p.DeadLettersOpen > 0 {
			look = warn
		}
		r.field("letters", r.paint(look, grouped(*p.DeadLettersOpen)+" dead letters open"))
	}
}

func (r *screen) alarms() {
	if len(r.last.Alarms) == 0 {
		r.field("alarms", "none")
	}
	for i, name := range r.last.Alarms {
		label := ""
		if i == 0 {
			label = "alarms"
		}
		r.field(label, r.paint(bad, "! "+printer.Clean(name)))
	}
}

func count(n *int64) string {
	if n == nil {
		return "?"
	}
	return grouped(*n)
}

func orUnknown(text string) string {
	if text == "" {
		return "?"
	}
	return text
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}
