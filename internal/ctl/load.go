package ctl

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"seckill/client"
	"seckill/internal/ctl/printer"
	"seckill/internal/rehearsal"
)

// load is what the flags of the command say.
type load struct {
	rate        int
	during      time.Duration
	pay, cancel int // percent of the winners
	create      bool
	keep        bool
	stock       int64
	window      string
}

// removeTime bounds the removal of a product that was made for a load.
const removeTime = time.Minute

func (a *App) loadCommand() *cobra.Command {
	var l load
	cmd := &cobra.Command{
		Use: "load [PRODUCT]", Short: "Rehearse a sale: made-up buyers at a rate, their results, the books",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.load(cmd.Context(), l, args) },
	}
	cmd.ValidArgsFunction = a.completeProduct
	cmd.Long = fmt.Sprintf(`Rehearse a sale: made-up buyers come through the gate at a rate, whether those before them
have been answered or not; each waits for its result, some pay, some cancel, some do nothing.
Then the books are looked into. It prints what became of the attempts, and latencies, which
count from the moment at which a buyer was to come.

Made-up buyers take real stock. So it runs only on a product whose name begins with
%q; with --create it makes one, and ends and deletes it afterwards.

At most %d buyers a second, %v, and %d buyers. Exits with 1 when something does
not hold: oversold, an attempt without a result, books that are not balanced.`,
		rehearsal.Prefix, rehearsal.MaxRate, rehearsal.MaxFor, rehearsal.MaxBuyers)
	flags := cmd.Flags()
	flags.IntVar(&l.rate, "rate", 100, "buyers a second")
	flags.DurationVar(&l.during, "for", 10*time.Second, "how long they come")
	flags.IntVar(&l.pay, "pay", 60, "percent of the buyers who pay what they win")
	flags.IntVar(&l.cancel, "cancel", 10, "percent of the buyers who cancel it")
	flags.BoolVar(&l.create, "create", false, "make a product for it, and end and delete it afterwards")
	flags.BoolVar(&l.keep, "keep", false, "with --create: leave the product there")
	flags.Int64Var(&l.stock, "stock", 500, "with --create: units")
	flags.StringVar(&l.window, "payment-window", "15m", "with --create: time to pay; 0s = orders need no payment")
	return cmd
}

func (a *App) load(ctx context.Context, l load, args []string) error {
	if len(args) == 0 && !l.create {
		return usagef("which product? Name one whose name begins with %q, or give --create", rehearsal.Prefix)
	}
	if l.pay < 0 || l.cancel < 0 || l.pay+l.cancel > 100 {
		return usagef("--pay %d and --cancel %d are shares of a hundred", l.pay, l.cancel)
	}
	productID := a.Now().Unix() // an ID is never given again, so each load has one of its own
	if len(args) > 0 {
		var err error
		if productID, err = positive("product", args[0]); err != nil {
			return err
		}
	}
	plan, err := rehearsal.Load(productID, l.rate, l.during)
	if err != nil {
		return usagef("%w", err)
	}
	plan.Act, plan.Tell = rehearsal.Shares(l.pay, l.cancel), a.tellLoad
	return a.loadOn(ctx, l, plan)
}

// loadOn runs the plan on its product, which it makes and removes if that is asked for.
func (a *App) loadOn(ctx context.Context, l load, plan rehearsal.Plan) (err error) {
	c, err := a.clientOf(client.Retry{Tries: 1}) // an attempt that is turned away counts as that
	if err != nil {
		return err
	}
	defer c.Close()
	if err := a.confirmLoad(plan); err != nil {
		return err
	}
	if l.create {
		if err := a.makeForLoad(ctx, c, l, plan.ProductID); err != nil {
			return err
		}
		if !l.keep {
			defer func() { err = errors.Join(err, a.removeAfterLoad(ctx, c, plan.ProductID)) }()
		}
	}
	report, err := rehearsal.Run(ctx, c, plan)
	if errors.Is(err, rehearsal.ErrNotRehearsal) {
		return usagef("%w", err)
	}
	if errors.Is(err, client.CodeForbidden) {
		return &exitError{ExitNotAllowed, err}
	}
	if err != nil {
		return err
	}
	if err := a.printLoad(&report); err != nil {
		return err
	}
	return verdict(ctx, &report)
}

// confirmLoad asks before a production is loaded.
func (a *App) confirmLoad(plan rehearsal.Plan) error {
	t, err := a.resolve()
	if err != nil || !t.production {
		return err
	}
	return a.confirm(fmt.Sprintf("send %d made-up buyers to product %d", plan.Buyers, plan.ProductID), printer.Number(plan.ProductID))
}

func (a *App) makeForLoad(ctx context.Context, c *client.Client, l load, productID int64) error {
	window, err := wholeSeconds(l.window)
	if err != nil {
		return fmt.Errorf("--payment-window %w", err)
	}
	_, err = rehearsal.Create(ctx, c, client.NewProduct{
		ProductID: productID, Name: "rehearsal by seckillctl load", StockTotal: &l.stock, PaymentWindowSeconds: *window,
	})
	if err == nil {
		a.notef("product %d is made, with %d units", productID, l.stock)
	}
	return err
}

// removeAfterLoad removes the product, also after an interrupt.
func (a *App) removeAfterLoad(ctx context.Context, c *client.Client, productID int64) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeTime)
	defer cancel()
	if err := rehearsal.Remove(ctx, c, productID); err != nil {
		return err
	}
	a.notef("product %d is ended and deleted", productID)
	return nil
}

// tellLoad says how far a load is.
func (a *App) tellLoad(p rehearsal.Progress) {
	a.notef("%3.0f s  %d buyers, %d under way: %s", p.Elapsed.Seconds(), p.Begun, p.UnderWay, tally(p.Outcomes))
}

// tally writes counts by name, such as 40 admitted, 3 sold_out; the greatest first.
func tally(by map[string]int) string {
	wide := map[string]int64{}
	for name, n := range by {
		wide[name] = int64(n)
	}
	if len(wide) == 0 {
		return "none"
	}
	return counts(wide)
}

// verdict is how a load ends.
func verdict(ctx context.Context, r *rehearsal.Report) error {
	switch {
	case !r.OK():
		return nof("the rehearsal has found %d faults", len(r.Findings))
	case r.BrokenOff:
		return context.Cause(ctx)
	default:
		return nil
	}
}

// printLoad prints the report: as facts for people, else as it is.
func (a *App) printLoad(r *rehearsal.Report) error {
	return showOwn(a, loadKind, *r)
}

var loadKind = printer.Kind[rehearsal.Report]{
	Name: "load",
	ID:   func(r rehearsal.Report) string { return printer.Number(r.ProductID) },
	Columns: []printer.Column[rehearsal.Report]{
		{Head: "product", Value: func(r rehearsal.Report) string { return printer.Number(r.ProductID) }},
		{Head: "began", Value: func(r rehearsal.Report) string { return printer.Time(r.BeganAt) }},
		{Head: "took", Value: func(r rehearsal.Report) string { return fmt.Sprintf("%.1f s", r.Seconds) }},
		{Head: "buyers", Value: buyersText},
		{Head: "attempts", Value: func(r rehearsal.Report) string { return tally(r.Outcomes) }},
		{Head: "results", Value: func(r rehearsal.Report) string { return tally(r.Results) }},
		{Head: "orders", Value: actsText},
		{Head: "admission", Value: func(r rehearsal.Report) string { return latencies(r.Admission) }},
		{Head: "result", Value: func(r rehearsal.Report) string { return latencies(r.Result) }},
		{Head: "began late", Value: func(r rehearsal.Report) string { return fmt.Sprintf("%.1f ms at most", r.LateMs) }},
		{Head: "books", Value: loadBooks, Paint: paintLoad},
		{Head: "verdict", Value: verdictText, Paint: paintLoad},
	},
}

func buyersText(r rehearsal.Report) string {
	if r.BrokenOff {
		return printer.Number(r.Buyers) + ", then broken off"
	}
	return printer.Number(r.Buyers)
}

func actsText(r rehearsal.Report) string {
	parts := []string{fmt.Sprintf("%d paid", r.Paid), fmt.Sprintf("%d cancelled", r.Cancelled)}
	for _, code := range slices.Sorted(maps.Keys(r.Refused)) {
		parts = append(parts, fmt.Sprintf("%d refused with %s", r.Refused[code], code))
	}
	return strings.Join(parts, ", ")
}

func latencies(l rehearsal.Latencies) string {
	if l.Count == 0 {
		return "none"
	}
	return fmt.Sprintf("p50 %.1f ms, p90 %.1f ms, p99 %.1f ms, max %.1f ms (%d)", l.P50, l.P90, l.P99, l.Max, l.Count)
}

func loadBooks(r rehearsal.Report) string {
	return fmt.Sprintf("%s units: %s left, %d live orders; drift %d, balanced: %s",
		printer.Optional(r.Books.StockTotal), printer.Optional(r.Books.StockLeft), r.Books.LiveOrders, r.Books.Drift, printer.YesNo(r.Books.Balanced))
}

func verdictText(r rehearsal.Report) string {
	if r.OK() {
		return "all holds"
	}
	return "DOES NOT HOLD: " + strings.Join(r.Findings, "; ")
}

func paintLoad(r rehearsal.Report) printer.Paint {
	if r.OK() {
		return printer.Good
	}
	return printer.Bad
}

// jsonOf writes what is no answer of the service as JSON.
func jsonOf(thing any) (json.RawMessage, error) {
	raw, err := json.Marshal(thing)
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return raw, nil
}
