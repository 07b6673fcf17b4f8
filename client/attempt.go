package client

import (
	"context"
	"crypto/rand"
	"time"
)

// Attempt says that an attempt is queued.
type Attempt struct {
	StreamID  string       `json:"streamId"` // names the attempt
	Status    ResultStatus `json:"status"`   // Processing
	RequestID string       `json:"-"`        // under which it was made
}

// NewRequestID makes a request ID, 26 characters of 130 random bits. Make one for each
// click of a user, and keep it for the case that the click has to be repeated.
func NewRequestID() string { return rand.Text() }

// attemptIn is what is sent of an attempt.
type attemptIn struct {
	UserID    int64  `json:"userId"`
	RequestID string `json:"requestId"`
}

// Attempt tries to buy one unit of a product for a user. A nil error says that the attempt
// is queued; its outcome is a matter of Result. Under the same requestID (1 to 64
// characters of printable ASCII without space) it takes one unit, however often it is made
// within a day; "" makes an ID for this call. Refusals are not remembered.
//
// Errors: CodeSoldOut, CodeLimitReached, CodeNotStarted, CodeEnded, CodePaused: refused;
// CodeProductNotFound; CodeRateLimited, CodeNotLoaded, CodeOverloaded: not now, and no unit
// was taken; CodeUnavailable, CodeInternal, CodeNoAnswer: not known whether it was admitted,
// to be repeated under the same requestID.
func (c *Client) Attempt(ctx context.Context, productID, userID int64, requestID string) (Attempt, error) {
	if requestID == "" {
		requestID = NewRequestID()
	}
	k := post(path("/api/v1/products/%d/attempts", productID), attemptIn{UserID: userID, RequestID: requestID})
	attempt, err := fetch[Attempt](ctx, c, k.repeated())
	attempt.RequestID = requestID
	return attempt, err
}

// Buy makes an attempt and waits for its result, for up to wait. The result is Processing
// when it is not decided by then: call WaitResult again. Errors are those of Attempt and of
// WaitResult.
func (c *Client) Buy(ctx context.Context, productID, userID int64, requestID string, wait time.Duration) (Result, error) {
	if _, err := c.Attempt(ctx, productID, userID, requestID); err != nil {
		return Result{}, err
	}
	return c.WaitResult(ctx, productID, userID, wait)
}
