package ctl

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"seckill/client"
	"seckill/internal/ctl/printer"
	"seckill/internal/seckill"
)

// saleReport is what there is to say of a sale afterwards.
type saleReport struct {
	MadeAt      time.Time                `json:"madeAt"`
	Product     client.Product           `json:"product"`
	Books       client.Books             `json:"books"`
	Attempts    client.Summary           `json:"attempts"`         // those that are stored
	Recent      *recent                  `json:"recent,omitempty"` // nil when nothing has happened of late
	DeadLetters []client.DeadLetterGroup `json:"deadLetters"`
	Marks       []client.AuditEntry      `json:"marks"` // of the audit, oldest first
}

// recent is what is known of the last 15 minutes only: what the gate refuses is stored
// nowhere, and latencies are not either.
type recent struct {
	From       time.Time        `json:"from"`
	To         time.Time        `json:"to"`
	AtGate     map[string]int64 `json:"atGate"`     // attempts at the gate, by outcome
	Peak       int64            `json:"peak"`       // most of them in one second
	P50Ms      float64          `json:"p50Ms"`      // arrival to commit: the middle one of the seconds' medians
	WorstP99Ms float64          `json:"worstP99Ms"` // the greatest p99 of a second
}

const (
	// historyTime is how long the history of the live events is waited for.
	historyTime = 5 * time.Second
	// maxMarks bounds the marks of a report; the newest are kept.
	maxMarks = 100
)

func (a *App) saleReport() *cobra.Command {
	var format string
	cmd := a.callProduct("report PRODUCT", "Write what became of a sale: stock, orders, attempts, latencies, dead letters, marks", 0,
		func(ctx context.Context, c *client.Client, productID int64, _ []string) error {
			if format != "md" && format != "json" {
				return usagef("-o %s: a report is md or json", format)
			}
			r, err := a.gather(ctx, c, productID)
			if err != nil {
				return err
			}
			if format == "json" {
				raw, err := jsonOf(r)
				if err != nil {
					return err
				}
				return printer.New(a.Stdout, printer.JSON, false).Raw(raw)
			}
			return a.printer().Text(r.markdown())
		})
	cmd.Long = `Write what became of a sale, as Markdown or JSON: when it was, stock, orders by status,
attempts by outcome and reason, dead letters, and what operators did.

What the gate refused and how long entries took is known of the last 15 minutes only; later a
report has it no more.`
	cmd.Flags().StringVarP(&format, "output", "o", "md", "md or json")
	return cmd
}

// gather asks for all that a report has.
func (a *App) gather(ctx context.Context, c *client.Client, productID int64) (r saleReport, err error) {
	r = saleReport{MadeAt: a.Now().UTC().Truncate(time.Second), DeadLetters: []client.DeadLetterGroup{}, Marks: []client.AuditEntry{}}
	if r.Product, err = c.Product(ctx, productID); err != nil {
		return r, err
	}
	if r.Books, err = c.Books(ctx, productID); err != nil {
		return r, err
	}
	if r.Attempts, err = c.Summary(ctx, productID); err != nil {
		return r, err
	}
	if groups, err := c.DeadLetterGroups(ctx, productID); err != nil {
		return r, err
	} else if len(groups) > 0 {
		r.DeadLetters = groups
	}
	for row, err := range c.Audit(client.AuditFilter{Target: seckill.ProductTarget(productID)}).All(ctx) {
		if err != nil {
			return r, err
		}
		if r.Marks = append(r.Marks, row); len(r.Marks) == maxMarks {
			break
		}
	}
	slices.Reverse(r.Marks)
	r.Recent, err = a.recently(ctx, c, productID)
	return r, err
}

// recently sums up the history that the live events begin with.
func (a *App) recently(ctx context.Context, c *client.Client, productID int64) (*recent, error) {
	ctx, cancel := context.WithTimeout(ctx, historyTime)
	defer cancel()
	for event, err := range c.ProductLive(ctx, productID) {
		if err != nil {
			return nil, err
		}
		if event.History != nil {
			return sumUp(event.History.Seconds), nil
		}
	}
	return nil, nil //nolint:nilnil // nil is the documented "nothing"
}

// sumUp sums seconds up; nil when nothing has happened in any.
func sumUp(seconds []client.LiveSecond) *recent {
	r := &recent{AtGate: map[string]int64{}}
	var medians []float64
	for _, second := range seconds {
		var all int64
		for outcome, n := range second.Attempts {
			r.AtGate[outcome] += n
			all += n
		}
		r.Peak = max(r.Peak, all)
		if second.P99Ms > 0 {
			medians = append(medians, second.P50Ms)
		}
		r.WorstP99Ms = max(r.WorstP99Ms, second.P99Ms)
		if all == 0 && len(second.Results) == 0 {
			continue
		}
		if at := time.Unix(second.At, 0).UTC(); r.From.IsZero() {
			r.From, r.To = at, at.Add(time.Second)
		} else {
			r.To = at.Add(time.Second)
		}
	}
	if r.From.IsZero() {
		return nil
	}
	if len(medians) > 0 {
		slices.Sort(medians)
		r.P50Ms = medians[len(medians)/2]
	}
	return r
}

// window says when a sale is or was.
func window(p *client.Product) string {
	from, to := printer.Time(p.StartsAt), printer.Time(p.EndsAt)
	switch {
	case from == "" && to == "":
		return "no bounds"
	case from == "":
		return "until " + to
	case to == "":
		return "from " + from
	default:
		return fmt.Sprintf("%s to %s", from, to)
	}
}
