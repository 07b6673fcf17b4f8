package request

import (
	"strings"
	"time"

	"seckill/internal/seckill"
	"seckill/internal/types"
)

// MaxWait is the longest time that a request may wait for a result.
const MaxWait = 30 * time.Second

// CheckAttempt checks what the tags of types.AttemptRequest cannot say.
func CheckAttempt(req *types.AttemptRequest) error {
	if req.RequestId != "" && !seckill.ValidRequestID(req.RequestId) {
		return invalid("requestId must be 1 to %d characters of ASCII from 0x21 to 0x7E", seckill.MaxRequestIDLength)
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
