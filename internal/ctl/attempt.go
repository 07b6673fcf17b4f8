package ctl

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"seckill/client"
	"seckill/internal/ctl/printer"
)

// made is an attempt with whom it is of.
type made struct {
	client.Attempt
	productID, userID int64
}

var attemptKind = printer.Kind[made]{
	Name: "attempt",
	ID:   func(m made) string { return m.StreamID },
	Columns: []printer.Column[made]{
		{Head: "product", Value: func(m made) string { return printer.Number(m.productID) }},
		{Head: "user", Value: func(m made) string { return printer.Number(m.userID) }},
		{Head: "stream id", Value: func(m made) string { return m.StreamID }},
		{Head: "status", Value: func(m made) string { return string(m.Status) }},
		{Head: "request", Value: func(m made) string { return m.RequestID }},
	},
}

var resultKind = printer.Kind[client.Result]{
	Name: "attempt",
	ID:   func(r client.Result) string { return r.StreamID },
	Columns: []printer.Column[client.Result]{
		{Head: "product", Value: func(r client.Result) string { return printer.Number(r.ProductID) }},
		{Head: "user", Value: func(r client.Result) string { return printer.Number(r.UserID) }},
		{Head: "stream id", Value: func(r client.Result) string { return r.StreamID }},
		{Head: "status", Value: func(r client.Result) string { return string(r.Status) }, Paint: func(r client.Result) printer.Paint { return paintResult(r.Status) }},
		{Head: "reason", Value: func(r client.Result) string { return r.Reason }},
		{Head: "order", Value: func(r client.Result) string {
			return ofOrder(r.Order, func(o client.ResultOrder) string { return printer.Number(o.OrderID) })
		}},
		{Head: "order status", Value: func(r client.Result) string {
			return ofOrder(r.Order, func(o client.ResultOrder) string { return string(o.Status) })
		}},
		{Head: "expires", Value: func(r client.Result) string {
			return ofOrder(r.Order, func(o client.ResultOrder) string { return printer.Time(o.ExpiresAt) })
		}},
		{Head: "created", Value: func(r client.Result) string { return printer.Time(r.CreatedAt) }},
		{Head: "updated", Value: func(r client.Result) string { return printer.Time(r.UpdatedAt) }},
	},
}

var logKind = printer.Kind[client.Log]{
	Name: "attempt",
	ID:   func(l client.Log) string { return l.StreamID },
	Columns: []printer.Column[client.Log]{
		{Head: "stream id", Value: func(l client.Log) string { return l.StreamID }},
		{Head: "product", Number: true, Value: func(l client.Log) string { return printer.Number(l.ProductID) }},
		{Head: "user", Number: true, Value: func(l client.Log) string { return printer.Number(l.UserID) }},
		{Head: "status", Value: func(l client.Log) string { return string(l.Status) }, Paint: func(l client.Log) printer.Paint { return paintResult(l.Status) }},
		{Head: "reason", Value: func(l client.Log) string { return l.Reason }},
		{Head: "created", Value: func(l client.Log) string { return printer.Time(l.CreatedAt) }},
		{Head: "request", Wide: true, Value: func(l client.Log) string { return l.RequestID }},
		{Head: "event", Wide: true, Value: func(l client.Log) string { return printer.Time(l.EventAt) }},
		{Head: "updated", Wide: true, Value: func(l client.Log) string { return printer.Time(l.UpdatedAt) }},
	},
}

func paintResult(status client.ResultStatus) printer.Paint {
	switch status {
	case client.Success:
		return printer.Good
	case client.Failed:
		return printer.Faint
	default:
		return printer.Warn
	}
}

func ofOrder(order *client.ResultOrder, text func(client.ResultOrder) string) string {
	if order == nil {
		return ""
	}
	return text(*order)
}

func (a *App) attemptCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "attempt", Short: "Attempts to buy, and their results"}
	cmd.AddCommand(a.attemptMake(), a.attemptResult(), a.attemptList(), a.attemptResolve())
	return cmd
}

func (a *App) attemptMake() *cobra.Command {
	var user int64
	var requestID string
	cmd := a.callProduct("make PRODUCT --user USER", "Try to buy one unit for a user; exits with 1 if that is refused", 0,
		func(ctx context.Context, c *client.Client, productID int64, _ []string) error {
			if user < 1 {
				return usagef("--user, a positive number, is needed")
			}
			attempt, raw, err := kept(ctx, func(ctx context.Context) (client.Attempt, error) {
				return c.Attempt(ctx, productID, user, requestID)
			})
			if exitCode(err) == ExitUnreachable {
				a.notef("repeat it with --request-id %s, which takes no second unit", attempt.RequestID)
			}
			if err != nil {
				return err
			}
			return printer.One(a.printer(), attemptKind, made{attempt, productID, user}, raw)
		})
	cmd.Flags().Int64VarP(&user, "user", "u", 0, "who buys")
	cmd.Flags().StringVar(&requestID, "request-id", "", "mark of the request; the same one takes no second unit; by default a new one")
	return cmd
}

func (a *App) attemptResult() *cobra.Command {
	var wait time.Duration
	cmd := a.callProduct("result PRODUCT USER", "Show the result of a user; exits with 1 if it is FAILED, with 3 if a wait for it has ended", 1,
		func(ctx context.Context, c *client.Client, productID int64, more []string) error {
			user, err := positive("user", more[0])
			if err != nil {
				return err
			}
			if wait < 0 {
				return usagef("--wait must not be negative")
			}
			result, raw, err := kept(ctx, func(ctx context.Context) (client.Result, error) {
				if wait > 0 {
					return c.WaitResult(ctx, productID, user, wait)
				}
				return c.Result(ctx, productID, user)
			})
			if err != nil {
				return err
			}
			if err := printer.One(a.printer(), resultKind, result, raw); err != nil {
				return err
			}
			return verdictOf(result, wait)
		})
	cmd.Flags().DurationVarP(&wait, "wait", "w", 0, "how long to wait for a final result, such as 30s")
	return cmd
}

// verdictOf is how the command ends that shows a result.
func verdictOf(result client.Result, wait time.Duration) error {
	switch {
	case result.Status == client.Failed:
		return errSilent
	case result.Status == client.Processing && wait > 0:
		return &exitError{ExitUnreachable, fmt.Errorf("no final result within %v", wait)}
	default:
		return nil
	}
}

func (a *App) attemptList() *cobra.Command {
	var f client.LogFilter
	var status string
	var during period
	var s span
	cmd := a.call("list", "List attempts, newest first", cobra.NoArgs,
		func(ctx context.Context, c *client.Client, _ []string) (err error) {
			f.Status = client.ResultStatus(status)
			if f.From, f.To, err = during.times(a); err != nil {
				return err
			}
			return list(ctx, a, logKind, c.Logs(f), s)
		})
	flags := cmd.Flags()
	flags.Int64VarP(&f.ProductID, "product", "p", 0, "only for this product")
	flags.Int64VarP(&f.UserID, "user", "u", 0, "only of this user")
	flags.StringVar(&status, "status", "", "only PROCESSING, SUCCESS or FAILED ones")
	flags.BoolVar(&f.OldestFirst, "oldest-first", false, "oldest first")
	during.add(cmd)
	s.add(cmd)
	return cmd
}

var outcomeKind = printer.Kind[client.LogOutcome]{
	Name: "attempt",
	ID:   func(o client.LogOutcome) string { return o.StreamID },
	Columns: []printer.Column[client.LogOutcome]{
		{Head: "product", Number: true, Value: func(o client.LogOutcome) string { return printer.Number(o.ProductID) }},
		{Head: "stream id", Value: func(o client.LogOutcome) string { return o.StreamID }},
		{Head: "outcome", Value: func(o client.LogOutcome) string { return string(o.Outcome) }},
	},
}

func (a *App) attemptResolve() *cobra.Command {
	var status, reason string
	cmd := a.callProduct("resolve PRODUCT STREAM_ID --status SUCCESS|FAILED",
		"Set the status of an attempt for a product without stock; exits with 5 if it has another", 1,
		func(ctx context.Context, c *client.Client, productID int64, more []string) error {
			if status == "" {
				return usagef("--status is needed")
			}
			mark := a.auditMark(ctx, c, client.AuditFilter{Target: "logs"})
			outcomes, err := c.ChangeLogs(ctx, []client.LogChange{
				{ProductID: productID, StreamID: more[0], Status: client.ResultStatus(status), Reason: reason},
			})
			if err != nil {
				return err
			}
			outcome := outcomes[0]
			if err := showOwn(a, outcomeKind, outcome); err != nil {
				return err
			}
			if audit := mark.since(ctx); outcome.Outcome == client.Updated && audit != "" {
				a.notef("attempt %s is %s%s", outcome.StreamID, status, audit)
			}
			return endOfChange(outcome)
		})
	cmd.Flags().StringVar(&status, "status", "", "status to set: SUCCESS or FAILED")
	cmd.Flags().StringVar(&reason, "reason", "", "why, with FAILED only")
	return cmd
}

// endOfChange is how the command ends that changes an attempt.
func endOfChange(o client.LogOutcome) error {
	switch o.Outcome {
	case client.Updated, client.Unchanged:
		return nil
	case client.NotFound:
		return &exitError{ExitNotFound, fmt.Errorf("product %d has no attempt %s", o.ProductID, o.StreamID)}
	case client.SettledByService:
		return &exitError{ExitConflict, fmt.Errorf("product %d has stock: its attempts are settled by the service", o.ProductID)}
	default:
		return &exitError{ExitConflict, fmt.Errorf("attempt %s has another final status", o.StreamID)}
	}
}
