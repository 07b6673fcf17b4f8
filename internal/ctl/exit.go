package ctl

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"seckill/client"
)

// The codes that seckillctl ends with.
const (
	ExitDone        = 0   // it is done
	ExitNo          = 1   // no: not ready, not balanced, refused, condition not met
	ExitUsage       = 2   // the command line, a file or a setting is wrong
	ExitUnreachable = 3   // nothing answered, or not in time
	ExitNotAllowed  = 4   // no token, or one that is not valid or may not
	ExitConflict    = 5   // the state of the thing does not allow it
	ExitNotFound    = 6   // there is no such thing
	ExitInterrupted = 130 // by a signal, as shells have it
)

// exitError is an error that knows the code to end with.
type exitError struct {
	code int
	err  error
}

// Error implements error.
func (e *exitError) Error() string { return e.err.Error() }

// Unwrap returns what e is about.
func (e *exitError) Unwrap() error { return e.err }

// usagef is an error of the command line, of a file or of a setting.
func usagef(format string, args ...any) error {
	return &exitError{ExitUsage, fmt.Errorf(format, args...)}
}

// nof is the answer no.
func nof(format string, args ...any) error {
	return &exitError{ExitNo, fmt.Errorf(format, args...)}
}

// errSilent ends with ExitNo where what is printed has said it all.
var errSilent = &exitError{ExitNo, errors.New("no")}

// refusals are what the gate refuses an attempt with, and what a dead letter is still bad
// for: the answer to a question, which is no.
var refusals = map[client.Code]bool{
	client.CodeSoldOut: true, client.CodeLimitReached: true, client.CodeNotStarted: true, client.CodeEnded: true,
	client.CodeInvalidUID: true, client.CodeInvalidTS: true, client.CodeInvalidRID: true, client.CodeRejectedByDatabase: true,
}

// exitCode returns the code that err ends with.
func exitCode(err error) int {
	if err == nil {
		return ExitDone
	}
	if e, ok := errors.AsType[*exitError](err); ok {
		return e.code
	}
	if errors.Is(err, context.Canceled) {
		return ExitInterrupted
	}
	if e, ok := errors.AsType[*client.Error](err); ok {
		return exitOfAnswer(e)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return ExitUnreachable
	}
	return ExitNo
}

// exitOfAnswer returns the code of a refusal of the service.
func exitOfAnswer(e *client.Error) int {
	switch {
	case refusals[e.Code]:
		return ExitNo
	case e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden:
		return ExitNotAllowed
	case e.Code == client.CodeNoAnswer || e.Temporary():
		return ExitUnreachable
	case e.Status == http.StatusNotFound:
		return ExitNotFound
	case e.Status == http.StatusConflict || e.Status == http.StatusGone:
		return ExitConflict
	default:
		return ExitUsage
	}
}
