package request

import (
	"fmt"
	"strings"
	"time"

	"seckill/internal/seckill"
	"seckill/internal/types"
)

// MaxWait is the longest time that a request may wait for a result.
const MaxWait = 30 * time.Second

// MaxBatch is the most attempts, or users, of one request (contract section 6).
const MaxBatch = 512

// CheckAttempt checks what the tags of types.AttemptRequest cannot say.
func CheckAttempt(req *types.AttemptRequest) error {
	if !validRequestID(req.RequestId) {
		return invalidRequestID("requestId")
	}
	return nil
}

// CheckAttempts checks what the tags of types.AttemptsRequest cannot say. With one item that
// is wrong the whole request is.
func CheckAttempts(req *types.AttemptsRequest) error {
	if len(req.Items) == 0 || len(req.Items) > MaxBatch {
		return invalid("items must hold 1 to %d attempts", MaxBatch)
	}
	for i := range req.Items {
		if !validRequestID(req.Items[i].RequestId) {
			return invalidRequestID(fmt.Sprintf("items[%d].requestId", i))
		}
	}
	return nil
}

// validRequestID reports whether id may mark an attempt; "" = it has no mark.
func validRequestID(id string) bool { return id == "" || seckill.ValidRequestID(id) }

func invalidRequestID(name string) error {
	return invalid("%s must be 1 to %d characters of ASCII from 0x21 to 0x7E", name, seckill.MaxRequestIDLength)
}

// CheckUsers checks what the tags of types.ResultsRequest cannot say.
func CheckUsers(req *types.ResultsRequest) error {
	if len(req.UserIds) == 0 || len(req.UserIds) > MaxBatch {
		return invalid("userIds must hold 1 to %d users", MaxBatch)
	}
	return nil
}

// Wait reads how long a request waits, such as "5s" or "500ms"; "" is 0.
func Wait(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	wait, err := time.ParseDuration(text)
	if err != nil || wait < 0 || wait > MaxWait || strings.HasPrefix(text, "+") {
		return 0, invalid("wait must be a duration from 0s to %s, such as 5s", MaxWait)
	}
	return wait, nil
}
