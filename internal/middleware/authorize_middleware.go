// Package middleware holds what seckill.api puts in front of its routes.
package middleware

import (
	"context"
	"net/http"

	"seckill/internal/auth"
	"seckill/internal/seckill"

	"github.com/zeromicro/go-zero/core/logx"
	"github.com/zeromicro/go-zero/rest/httpx"
)

// AuthorizeMiddleware lets a request pass whose token is valid and whose role is
// great enough (contract section 6, "Tokens").
type AuthorizeMiddleware struct {
	verifier *auth.Verifier
	refused  Refused
}

// Refused is told of a caller who may not do what he asked for, if that would have changed
// something.
type Refused func(ctx context.Context, who auth.Identity, method, path string)

// NewAuthorizeMiddleware makes the middleware for tokens signed with secret, or with
// previous unless it is empty.
func NewAuthorizeMiddleware(secret, previous string, refused Refused) *AuthorizeMiddleware {
	return &AuthorizeMiddleware{verifier: auth.NewVerifier(secret, previous), refused: refused}
}

// Handle answers 401 UNAUTHORIZED without a valid token, 403 FORBIDDEN with too
// small a role, and else calls next with the caller in the context. It expects
// the credentials where auth.HideCredentials put them.
func (m *AuthorizeMiddleware) Handle(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		token, found := auth.BearerToken(ctx)
		if !found {
			unauthorized(w, r, "a bearer token is required")
			return
		}
		who, err := m.verifier.Verify(token)
		if err != nil {
			logx.WithContext(ctx).Infof("token refused: %.200v", err) // it may quote the token's head
			unauthorized(w, r, "the token is not valid or has expired")
			return
		}
		if !who.Role.Allows(r.Method, r.URL.Path) {
			if r.Method != http.MethodGet && r.Method != http.MethodHead {
				m.refused(ctx, who, r.Method, r.URL.Path)
			}
			httpx.ErrorCtx(ctx, w, seckill.Errorf(seckill.CodeForbidden,
				"role %q may not call %s on this path", who.Role, r.Method))
			return
		}
		next(w, r.WithContext(auth.WithIdentity(ctx, who)))
	}
}

// unauthorized answers 401 with the challenge that RFC 9110 section 15.5.2 asks for.
func unauthorized(w http.ResponseWriter, r *http.Request, message string) {
	w.Header().Set("WWW-Authenticate", "Bearer")
	httpx.ErrorCtx(r.Context(), w, seckill.Errorf(seckill.CodeUnauthorized, "%s", message))
}
