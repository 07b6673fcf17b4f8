package response

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
	"github.com/zeromicro/go-zero/core/breaker"

	"seckill/model"
)

// awaySentinels are the errors with which go-redis and go-zero say that a server, or the
// way to it, is not there. What pgx, database/sql and net say is model's to know.
var awaySentinels = []error{
	breaker.ErrServiceUnavailable, redis.ErrClosed, redis.ErrPoolTimeout, redis.ErrPoolExhausted,
}

// awayReplies begin the errors with which Redis says that it cannot serve now.
var awayReplies = []string{"LOADING", "CLUSTERDOWN", "MASTERDOWN", "READONLY", "TRYAGAIN", "BUSY ", "OOM "}

// unavailable reports whether err says that PostgreSQL or Redis is away or busy,
// so that the same request may succeed later.
func unavailable(err error) bool {
	if slices.ContainsFunc(awaySentinels, func(sentinel error) bool { return errors.Is(err, sentinel) }) {
		return true
	}
	return model.Away(err) || redisAway(err)
}

// redisAway reports whether err is Redis's own word that it cannot serve.
func redisAway(err error) bool {
	var reply redis.Error
	if !errors.As(err, &reply) {
		return false
	}
	return slices.ContainsFunc(awayReplies, func(prefix string) bool {
		return strings.HasPrefix(reply.Error(), prefix)
	})
}

const (
	retryAfter = "Retry-After"
	// mostRetry is the most seconds after which a request that met a fault may be repeated.
	mostRetry = 3
)

// invite says in the header of a 503 when to try again, unless that is said already. The
// seconds differ, so that not all come back at once.
func invite(header http.Header, status int) {
	if status == http.StatusServiceUnavailable && header.Get(retryAfter) == "" {
		header.Set(retryAfter, strconv.Itoa(1+rand.IntN(mostRetry))) //nolint:gosec // no secret
	}
}
