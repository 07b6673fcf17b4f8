package ctl

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"seckill/client"
	"seckill/internal/ctl/printer"
)

var checkKind = printer.Kind[client.PreflightCheck]{
	Name: "check",
	ID:   func(c client.PreflightCheck) string { return c.Code },
	Columns: []printer.Column[client.PreflightCheck]{
		{Head: "area", Value: func(c client.PreflightCheck) string { return c.Area }},
		{Head: "level", Value: levelText, Paint: paintCheck},
		{Head: "check", Value: func(c client.PreflightCheck) string { return c.Code }},
		{Head: "name", Value: func(c client.PreflightCheck) string { return c.Name }},
		{Head: "observed", Value: func(c client.PreflightCheck) string { return c.Observed }},
		{Head: "expected", Value: func(c client.PreflightCheck) string { return c.Expected }},
	},
}

// levelText writes what is wrong in capitals, for those who see no colour.
func levelText(c client.PreflightCheck) string {
	if c.Level == client.CheckFail {
		return strings.ToUpper(string(c.Level))
	}
	return string(c.Level)
}

func paintCheck(c client.PreflightCheck) printer.Paint {
	switch c.Level {
	case client.CheckOK:
		return printer.Good
	case client.CheckWarn:
		return printer.Warn
	case client.CheckFail:
		return printer.Bad
	default:
		return printer.Faint
	}
}

// area counts the checks of an area by level.
type area struct {
	name                    string
	ok, warn, fail, skipped int
}

var areaKind = printer.Kind[area]{
	Name: "area",
	ID:   func(a area) string { return a.name },
	Columns: []printer.Column[area]{
		{Head: "area", Value: func(a area) string { return a.name }},
		{Head: "ok", Number: true, Value: func(a area) string { return printer.Number(a.ok) }, Paint: paintCount(func(a area) int { return a.ok }, printer.Good)},
		{Head: "warn", Number: true, Value: func(a area) string { return printer.Number(a.warn) }, Paint: paintCount(func(a area) int { return a.warn }, printer.Warn)},
		{Head: "fail", Number: true, Value: func(a area) string { return printer.Number(a.fail) }, Paint: paintCount(func(a area) int { return a.fail }, printer.Bad)},
		{Head: "skipped", Number: true, Value: func(a area) string { return printer.Number(a.skipped) }},
	},
}

func paintCount(of func(area) int, paint printer.Paint) func(area) printer.Paint {
	return func(a area) printer.Paint {
		if of(a) == 0 {
			return printer.Faint
		}
		return paint
	}
}

// areas counts checks by area, in their order.
func areas(checks []client.PreflightCheck) []area {
	var all []area
	for _, check := range checks {
		if len(all) == 0 || all[len(all)-1].name != check.Area {
			all = append(all, area{name: check.Area})
		}
		last := &all[len(all)-1]
		switch check.Level {
		case client.CheckOK:
			last.ok++
		case client.CheckWarn:
			last.warn++
		case client.CheckFail:
			last.fail++
		default:
			last.skipped++
		}
	}
	return all
}

// preflightPause is how long a wait rests between two looks.
const preflightPause = 3 * time.Second

func (a *App) preflightCommand() *cobra.Command {
	var wait time.Duration
	var strict bool
	cmd := a.call("preflight [PRODUCT]", "Check what a sale will stand on; exits with 1 if that says no",
		cobra.MaximumNArgs(1), func(ctx context.Context, c *client.Client, args []string) (err error) {
			var productID int64
			if len(args) > 0 {
				if productID, err = positive("product", args[0]); err != nil {
					return err
				}
			}
			flight, raw, err := a.preflight(ctx, c, productID, wait, strict)
			if err != nil {
				return err
			}
			if err := a.showPreflight(flight, raw); err != nil {
				return err
			}
			if !ready(flight, strict) {
				return errSilent
			}
			return nil
		})
	cmd.ValidArgsFunction = a.completeProduct
	cmd.Flags().DurationVarP(&wait, "wait", "w", 0, "how long to wait for a go, such as 10m")
	cmd.Flags().BoolVar(&strict, "strict", false, "a warning says no as well")
	return cmd
}

// ready reports whether a sale can begin; with strict a warning says no as well.
func ready(flight client.Preflight, strict bool) bool {
	for _, check := range flight.Checks {
		if strict && check.Level == client.CheckWarn {
			return false
		}
	}
	return flight.Go
}

// preflight checks, again and again until it is a go or the wait is over.
func (a *App) preflight(ctx context.Context, c *client.Client, productID int64, wait time.Duration, strict bool) (client.Preflight, []byte, error) {
	end := a.Now().Add(wait)
	for waited := false; ; waited = true {
		flight, raw, err := kept(ctx, func(ctx context.Context) (client.Preflight, error) { return c.Preflight(ctx, productID) })
		if err != nil || ready(flight, strict) || !a.Now().Add(preflightPause).Before(end) {
			return flight, raw, err
		}
		if !waited {
			a.notef("no go yet; waiting for up to %v", wait)
		}
		if err := sleep(ctx, preflightPause); err != nil {
			return flight, raw, err
		}
	}
}

// showPreflight prints the checks: in tables a count for each area, and at length what is
// not well; the rest with -o wide.
func (a *App) showPreflight(flight client.Preflight, raw []byte) error {
	p := a.printer()
	switch p.Format() {
	case printer.JSON, printer.YAML:
		return p.Raw(raw)
	case printer.Table:
		if err := printer.Many(p, areaKind, printer.Page[area]{Items: areas(flight.Checks)}); err != nil {
			return err
		}
		for _, check := range flight.Checks {
			if err := showCheck(p, check); err != nil {
				return err
			}
		}
	default:
		if err := listOwn(a, checkKind, flight.Checks); err != nil || p.Format() != printer.Wide {
			return err
		}
	}
	return p.Text("\n" + a.verdict(p, flight) + "\n")
}

// showCheck prints a check that is not well. One that is skipped waits for another.
func showCheck(p *printer.Printer, c client.PreflightCheck) error {
	if c.Level != client.CheckWarn && c.Level != client.CheckFail {
		return nil
	}
	text := fmt.Sprintf("\n%s %s\n  %s\n",
		p.Painted(fmt.Sprintf("%-4s", levelText(c)), paintCheck(c)), c.Code, printer.Clean(c.Message))
	if !strings.Contains(c.Message, c.Impact) {
		text += fmt.Sprintf("  impact   %s\n", printer.Clean(c.Impact))
	}
	if c.Action != "" {
		text += fmt.Sprintf("  action   %s\n", printer.Clean(c.Action))
	}
	return p.Text(text)
}

// verdict says go or no-go, and of what.
func (a *App) verdict(p *printer.Printer, flight client.Preflight) string {
	word := p.Painted("NO-GO", printer.Bad)
	if flight.Go {
		word = p.Painted("GO", printer.Good)
	}
	if flight.ProductID != 0 {
		word += fmt.Sprintf("  product %d", flight.ProductID)
	}
	if !flight.StartsAt.IsZero() {
		word += ", starts " + printer.Time(flight.StartsAt)
	}
	return word
}
