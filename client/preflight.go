package client

import (
	"context"
	"net/url"
	"strconv"
	"time"
)

// Preflight says whether a sale can begin.
type Preflight struct {
	Go        bool             `json:"go"`                  // no check has failed
	ProductID int64            `json:"productId,omitempty"` // product that was asked for; 0 = none
	StartsAt  time.Time        `json:"startsAt,omitzero"`   // begin of its sale; zero = none
	RanAt     time.Time        `json:"ranAt"`
	TookMs    int64            `json:"tookMs"` // milliseconds that the checks took
	Checks    []PreflightCheck `json:"checks"` // each behind those that it depends on
}

// CheckLevel is what a check has come to.
type CheckLevel string

// The levels of a check.
const (
	CheckOK      CheckLevel = "ok"
	CheckWarn    CheckLevel = "warn"    // somebody should look, or the server does not let the service look
	CheckFail    CheckLevel = "fail"    // no sale like this
	CheckSkipped CheckLevel = "skipped" // what it depends on has failed
)

// PreflightCheck is one thing that has to be right before a sale.
type PreflightCheck struct {
	Code     string     `json:"code"`
	Area     string     `json:"area"` // redis, postgres, service or product
	Level    CheckLevel `json:"level"`
	Name     string     `json:"name"` // what holds when it is well
	Observed string     `json:"observed"`
	Expected string     `json:"expected"`
	Impact   string     `json:"impact"`           // what it means for the sale when it does not hold
	Action   string     `json:"action,omitempty"` // the command that mends it
	Runbook  string     `json:"runbook"`
	Message  string     `json:"message"`
}

// Preflight checks what the sale of a product will stand on, and without a product (0)
// everything but the product. What is wrong with a server is in the answer, and no error.
// CodeProductNotFound.
func (c *Client) Preflight(ctx context.Context, productID int64) (Preflight, error) {
	query := url.Values{}
	if productID != 0 {
		query.Set("productId", strconv.FormatInt(productID, 10))
	}
	return fetch[Preflight](ctx, c, get("/admin/v1/preflight", query))
}
