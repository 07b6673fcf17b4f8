package client

import (
	"context"
	"net/url"
	"time"
)

// ResultStatus is the state of an attempt.
type ResultStatus string

// The states of an attempt. Success and Failed are final.
const (
	Processing ResultStatus = "PROCESSING"
	Success    ResultStatus = "SUCCESS"
	Failed     ResultStatus = "FAILED"
)

// Final reports whether the state changes no more.
func (s ResultStatus) Final() bool { return s == Success || s == Failed }

// Result is the attempt that holds the user's live order, else the user's latest attempt.
type Result struct {
	ProductID int64        `json:"productId"`
	UserID    int64        `json:"userId"`
	StreamID  string       `json:"streamId"` // names the attempt
	Status    ResultStatus `json:"status"`
	Reason    string       `json:"reason,omitempty"` // of a Failed one, such as SOLD_OUT
	Order     *ResultOrder `json:"order,omitempty"`  // of a Success; nil on a record-only product
	CreatedAt time.Time    `json:"createdAt"`
	UpdatedAt time.Time    `json:"updatedAt"`

	// PollAfterMs is after how many milliseconds asking again is worth it; 0 when the
	// status is final.
	PollAfterMs int64 `json:"pollAfterMs"`
}

// ResultOrder is the order that an attempt has won.
type ResultOrder struct {
	OrderID   int64       `json:"orderId"`
	Status    OrderStatus `json:"status"`
	ExpiresAt time.Time   `json:"expiresAt,omitzero"` // until when it can be paid; zero when it needs no payment
}

// Log is one attempt: one entry of a product's stream.
type Log struct {
	ProductID int64        `json:"productId"`
	UserID    int64        `json:"userId"`
	StreamID  string       `json:"streamId"`
	Status    ResultStatus `json:"status"`
	Reason    string       `json:"reason,omitempty"`
	RequestID string       `json:"requestId,omitempty"`
	EventAt   time.Time    `json:"eventAt,omitzero"` // the caller's time of the request
	CreatedAt time.Time    `json:"createdAt"`        // when it was stored
	UpdatedAt time.Time    `json:"updatedAt"`
}

// Summary counts the attempts of a product.
type Summary struct {
	ProductID      int64            `json:"productId"`
	Processing     int64            `json:"processing"`
	Success        int64            `json:"success"`
	Failed         int64            `json:"failed"`
	FailedByReason map[string]int64 `json:"failedByReason"`
	StockTotal     *int64           `json:"stockTotal,omitempty"` // units; nil on a record-only product
	StockLeft      *int64           `json:"stockLeft,omitempty"`  // units; nil on a record-only product
}

const (
	// maxWait is the longest wait that the service takes.
	maxWait = 30 * time.Second
	// leastPoll is the least pause between two looks at a result.
	leastPoll = 100 * time.Millisecond
)

// Result returns the result of a user for a product as it is now: CodeResultNotFound
// before the first attempt.
func (c *Client) Result(ctx context.Context, productID, userID int64) (Result, error) {
	return fetch[Result](ctx, c, get(resultPath(productID, userID), nil))
}

// WaitResult returns the result of a user for a product as soon as it is final, and at the
// end of the wait as it is then, CodeResultNotFound too. A longer wait than the 30 s of the
// service takes several calls.
func (c *Client) WaitResult(ctx context.Context, productID, userID int64, wait time.Duration) (Result, error) {
	end := time.Now().Add(wait)
	for {
		left := max(0, min(time.Until(end), maxWait)).Truncate(time.Millisecond)
		k := get(resultPath(productID, userID), url.Values{"wait": {left.String()}})
		k.wait = left
		result, err := fetch[Result](ctx, c, k)
		if result.Status.Final() || (err != nil && CodeOf(err) != CodeResultNotFound) {
			return result, err
		}
		// A replica that stops answers before the end of the wait.
		pause := max(leastPoll, time.Duration(result.PollAfterMs)*time.Millisecond)
		if time.Until(end) <= pause {
			return result, err
		}
		if stopped := sleep(ctx, pause); stopped != nil {
			return result, stopped
		}
	}
}

// UserResults lists the attempts of a user, of any status or of the given one.
func (c *Client) UserResults(userID int64, status ResultStatus) List[Log] {
	return List[Log]{client: c, path: path("/api/v1/users/%d/results", userID), query: statusQuery(status)}
}

// ProductResults lists the attempts for a product, of any status or of the given one.
// CodeProductNotFound.
func (c *Client) ProductResults(productID int64, status ResultStatus) List[Log] {
	return List[Log]{client: c, path: path("/api/v1/products/%d/results", productID), query: statusQuery(status)}
}

// Summary counts the attempts for a product by status and reason. CodeProductNotFound.
func (c *Client) Summary(ctx context.Context, productID int64) (Summary, error) {
	return fetch[Summary](ctx, c, get(path("/api/v1/products/%d/summary", productID), nil))
}

func resultPath(productID, userID int64) string {
	return path("/api/v1/products/%d/users/%d/result", productID, userID)
}

func statusQuery(status ResultStatus) url.Values {
	if status == "" {
		return nil
	}
	return url.Values{"status": {string(status)}}
}
