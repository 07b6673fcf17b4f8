package response

import (
	"errors"
	"math/rand/v2"
	"strconv"

	"github.com/zeromicro/go-zero/core/breaker"

	"seckill/internal/stream"
	"seckill/model"
)

// retryAfterMost is the most seconds after which a client whose server is away is told to
// try again. They are spread, so that not all come back at once.
const retryAfterMost = 3

// unavailable reports whether err says that PostgreSQL or Redis is away, busy or not able
// to do what it is asked, so that the same request may succeed later. How their libraries
// say so stands with those who talk to them.
func unavailable(err error) bool {
	return model.Away(err) || stream.Away(err) || stream.Refused(err) || errors.Is(err, breaker.ErrServiceUnavailable)
}

// retryAfter is the Retry-After of an answer that knows no better.
func retryAfter() string {
	return strconv.Itoa(1 + rand.IntN(retryAfterMost)) //nolint:gosec // a spread, no secret
}
