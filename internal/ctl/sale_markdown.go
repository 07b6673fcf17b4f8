package ctl

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"seckill/client"
	"seckill/internal/ctl/printer"
)

// document is Markdown on its way.
type document struct{ strings.Builder }

func (d *document) linef(format string, args ...any) {
	_, _ = fmt.Fprintf(d, format+"\n", args...)
}

// section begins a section.
func (d *document) section(title string) { d.linef("\n## %s\n", title) }

// facts writes a table of two columns; rows without a value are left out.
func (d *document) facts(rows ...[2]string) {
	d.linef("| | |\n|---|---|")
	for _, row := range rows {
		if row[1] != "" {
			d.linef("| %s | %s |", row[0], cell(row[1]))
		}
	}
}

// counts writes a table of numbers by name, the greatest first.
func (d *document) counts(what string, by map[string]int64) {
	if len(by) == 0 {
		d.linef("None.")
		return
	}
	names := slices.SortedFunc(maps.Keys(by), func(a, b string) int { return cmp.Or(cmp.Compare(by[b], by[a]), cmp.Compare(a, b)) })
	d.linef("| %s | |\n|---|--:|", what)
	for _, name := range names {
		d.linef("| %s | %d |", cell(name), by[name])
	}
}

// cell is text that stays within a cell of a table.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "\r", " ", "<", "&lt;").Replace(printer.Clean(text))
}

// markdown writes the report.
func (r *saleReport) markdown() string {
	d, p := &document{}, &r.Product
	d.linef("# Sale of product %d: %s\n", p.ProductID, cell(p.Name))
	d.facts(
		[2]string{"report made", printer.Time(r.MadeAt)},
		[2]string{"window", window(p)},
		[2]string{"state", string(p.Status)},
		[2]string{"limit per user", perUser(*p)},
		[2]string{"time to pay", payWithin(*p)},
	)
	r.stock(d)
	d.section("Orders")
	d.counts("status", r.Books.OrdersByStatus)
	r.attempts(d)
	r.recently(d)
	r.letters(d)
	r.marks(d)
	return d.String()
}

func (r *saleReport) stock(d *document) {
	d.section("Stock and books")
	b := &r.Books
	if b.StockTotal == nil {
		d.linef("Record-only: without stock.")
		return
	}
	sold := *b.StockTotal - *b.StockLeft
	d.facts(
		[2]string{"units", printer.Optional(b.StockTotal)},
		[2]string{"sold", printer.Number(sold)},
		[2]string{"left", printer.Optional(b.StockLeft)},
		[2]string{"live orders", printer.Number(b.LiveOrders)},
		[2]string{"left at the gate", printer.Optional(b.RedisLeft)},
		[2]string{"in flight", printer.Optional(b.InFlight)},
		[2]string{"drift", printer.Number(b.Drift)},
		[2]string{"balanced", printer.YesNo(b.Balanced)},
	)
}

func (r *saleReport) attempts(d *document) {
	d.section("Attempts that were stored")
	by := map[string]int64{}
	for name, n := range map[string]int64{
		string(client.Success): r.Attempts.Success, string(client.Failed): r.Attempts.Failed, string(client.Processing): r.Attempts.Processing,
	} {
		if n > 0 {
			by[name] = n
		}
	}
	for reason, n := range r.Attempts.FailedByReason {
		by["FAILED, "+reason] = n
	}
	d.counts("result", by)
}

func (r *saleReport) recently(d *document) {
	d.section("At the gate, in the last 15 minutes")
	if r.Recent == nil {
		d.linef("Nothing has happened.")
		return
	}
	d.counts("outcome", r.Recent.AtGate)
	d.linef("")
	d.facts(
		[2]string{"first and last second", printer.Time(r.Recent.From) + " to " + printer.Time(r.Recent.To)},
		[2]string{"most attempts in a second", printer.Number(r.Recent.Peak)},
		[2]string{"arrival to commit, p50", millisText(r.Recent.P50Ms)},
		[2]string{"arrival to commit, worst p99", millisText(r.Recent.WorstP99Ms)},
	)
}

// millisText writes milliseconds; "" for none.
func millisText(ms float64) string {
	if ms == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f ms", ms)
}

func (r *saleReport) letters(d *document) {
	d.section("Dead letters")
	if len(r.DeadLetters) == 0 {
		d.linef("None.")
		return
	}
	d.linef("| reason | open | replayed | discarded |\n|---|--:|--:|--:|")
	for _, g := range r.DeadLetters {
		d.linef("| %s | %d | %d | %d |", cell(g.Reason), g.Open, g.Replayed, g.Discarded)
	}
}

func (r *saleReport) marks(d *document) {
	d.section("Who did what")
	if len(r.Marks) == 0 {
		d.linef("Nobody did anything.")
		return
	}
	d.linef("| at | who | what | detail |\n|---|---|---|---|")
	for _, m := range r.Marks {
		d.linef("| %s | %s | %s | %s |", printer.Time(m.CreatedAt), cell(m.Actor), cell(m.Action), cell(string(m.Detail)))
	}
}
