package client

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// MaxBatch is how many attempts, or users, one call of a batch takes.
const MaxBatch = 512

// NewAttempt is an attempt of a batch.
type NewAttempt struct {
	UserID    int64  `json:"userId"`
	RequestID string `json:"requestId"` // as of Attempt; "" gets one
}

// Attempted is what became of an attempt of a batch: Err is nil when it is queued, else
// what Attempt would return.
type Attempted struct {
	Attempt
	Err error
}

// UserResult is the result of one of several users: Err is nil, else what Result would
// return.
type UserResult struct {
	Result
	Err error
}

// itemError is what an item of a batch says when it is refused.
type itemError struct {
	Code         Code   `json:"code"`
	Message      string `json:"message"`
	RetryAfterMs int64  `json:"retryAfterMs"`
}

// AttemptBatch makes 1 to MaxBatch attempts for a product in one call, each as if it were
// made alone, and returns what became of each, in order. Those that are turned away for
// now are made again, under their request IDs, as Config.Retry says. An error is one of
// the whole: then it is not known which of them were admitted, and the batch is to be
// repeated under the same request IDs.
func (c *Client) AttemptBatch(ctx context.Context, productID int64, attempts []NewAttempt) ([]Attempted, error) {
	all := make([]Attempted, len(attempts))
	open := make([]int, len(attempts))
	in := make([]NewAttempt, len(attempts))
	for i, a := range attempts {
		if a.RequestID == "" {
			a.RequestID = NewRequestID()
		}
		in[i], open[i] = a, i
	}
	k := post(path("/api/v1/products/%d/attempts/batch", productID), nil).repeated()
	for try := 1; ; try++ {
		if err := c.attemptSome(ctx, k, in, open, all); err != nil {
			return nil, err
		}
		if open = turnedAway(open, all); len(open) == 0 {
			return all, nil
		}
		pause, again := c.again(ctx, k, mostPatient(open, all), try)
		if stopped := again && sleep(ctx, pause) != nil; stopped || !again {
			return all, nil // each says itself that it was turned away
		}
	}
}

// attemptSome makes the attempts that are open and notes what became of them in all.
func (c *Client) attemptSome(ctx context.Context, k call, in []NewAttempt, open []int, all []Attempted) error {
	some := make([]NewAttempt, len(open))
	for n, i := range open {
		some[n] = in[i]
	}
	k.in = struct {
		Items []NewAttempt `json:"items"`
	}{some}
	answer, err := fetch[struct {
		Items []struct {
			Attempt
			itemError
		} `json:"items"`
	}](ctx, c, k)
	if err != nil {
		return err
	}
	if len(answer.Items) != len(open) {
		return k.miscounted(len(answer.Items), len(open))
	}
	for n, i := range open {
		item := answer.Items[n]
		all[i] = Attempted{Attempt: item.Attempt, Err: k.itemError(item.itemError)}
		all[i].RequestID = in[i].RequestID
	}
	return nil
}

// turnedAway returns which of the open attempts may be made again.
func turnedAway(open []int, all []Attempted) (again []int) {
	for _, i := range open {
		if failed, ok := errors.AsType[*Error](all[i].Err); ok && failed.Temporary() {
			again = append(again, i)
		}
	}
	return again
}

// mostPatient returns which error of the attempts that may be made again wants the longest
// pause: they are made again together.
func mostPatient(open []int, all []Attempted) error {
	var longest *Error
	for _, i := range open {
		if failed, ok := errors.AsType[*Error](all[i].Err); ok && (longest == nil || failed.RetryAfter > longest.RetryAfter) {
			longest = failed
		}
	}
	return longest
}

// Results returns the results of 1 to MaxBatch users for a product in one call, in order.
func (c *Client) Results(ctx context.Context, productID int64, userIDs []int64) ([]UserResult, error) {
	k := post(path("/api/v1/products/%d/results", productID), struct {
		UserIDs []int64 `json:"userIds"`
	}{userIDs}).repeated()
	answer, err := fetch[struct {
		Items []struct {
			Result
			itemError
		} `json:"items"`
	}](ctx, c, k)
	if err != nil {
		return nil, err
	}
	if len(answer.Items) != len(userIDs) {
		return nil, k.miscounted(len(answer.Items), len(userIDs))
	}
	all := make([]UserResult, len(userIDs))
	for i, item := range answer.Items {
		all[i] = UserResult{Result: item.Result, Err: k.itemError(item.itemError)}
	}
	return all, nil
}

// itemStatus is the HTTP status with which an item would have been answered alone; for
// refusals it is 409.
var itemStatus = map[Code]int{
	CodeInvalidArgument: http.StatusBadRequest,
	CodeProductNotFound: http.StatusNotFound,
	CodeResultNotFound:  http.StatusNotFound,
	CodeRateLimited:     http.StatusTooManyRequests,
	CodeNotLoaded:       http.StatusServiceUnavailable,
	CodeOverloaded:      http.StatusServiceUnavailable,
	CodeUnavailable:     http.StatusServiceUnavailable,
	CodeInternal:        http.StatusInternalServerError,
}

// itemError makes the error of an item.
func (k call) itemError(e itemError) error {
	if e.Code == "" {
		return nil
	}
	status, known := itemStatus[e.Code]
	if !known {
		status = http.StatusConflict
	}
	return &Error{
		Code: e.Code, Message: e.Message, Status: status, Method: k.method, Path: k.path,
		RetryAfter: time.Duration(e.RetryAfterMs) * time.Millisecond,
	}
}
