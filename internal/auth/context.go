package auth

import (
	"context"
	"net/http"
	"strings"
)

// header is where a token comes from.
const header = "Authorization"

type (
	credentialsKey struct{}
	identityKey    struct{}
)

// HideCredentials moves the Authorization header of r into the context of the
// request that it returns, which takes the place of r. go-zero writes the whole request into the log when an
// answer is 500 or above: what is not in the header cannot end up there.
func HideCredentials(r *http.Request) *http.Request {
	values := r.Header.Values(header)
	hidden := r.WithContext(context.WithValue(r.Context(), credentialsKey{}, values))
	hidden.Header.Del(header) // shared with r, which nobody reads any more
	return hidden
}

// BearerToken returns the token of a request whose credentials are hidden in ctx;
// found is false unless there is exactly one header of the scheme Bearer.
func BearerToken(ctx context.Context) (token string, found bool) {
	values, _ := ctx.Value(credentialsKey{}).([]string)
	if len(values) != 1 {
		return "", false
	}
	scheme, token, found := strings.Cut(values[0], " ")
	if !found || !strings.EqualFold(scheme, "Bearer") {
		return "", false
	}
	token = strings.TrimSpace(token)
	return token, token != ""
}

// WithIdentity returns a context that carries who calls.
func WithIdentity(ctx context.Context, who Identity) context.Context {
	return context.WithValue(ctx, identityKey{}, who)
}

// CallerRole returns the role of the caller's token; "" when the request came
// through no authorization.
func CallerRole(ctx context.Context) Role {
	who, _ := ctx.Value(identityKey{}).(Identity)
	return who.Role
}

// Actor returns the subject of the caller's token, for audit rows; "" when the
// request came through no authorization.
func Actor(ctx context.Context) string {
	who, _ := ctx.Value(identityKey{}).(Identity)
	return who.Subject
}

// Caller returns who calls; the zero value when the request came through no
// authorization.
func Caller(ctx context.Context) Identity {
	who, _ := ctx.Value(identityKey{}).(Identity)
	return who
}
