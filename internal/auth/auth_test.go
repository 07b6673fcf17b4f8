package auth_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"seckill/internal/auth"

	"github.com/golang-jwt/jwt/v5"
)

const secret = "0123456789abcdef0123456789abcdef"

func TestRoleAllows(t *testing.T) {
	tests := []struct {
		name   string
		role   auth.Role
		method string
		path   string
		want   bool
	}{
		{"bff reads the API", auth.RoleBFF, http.MethodGet, "/api/v1/users/1/results", true},
		{"bff writes the API", auth.RoleBFF, http.MethodPost, "/api/v1/products/1/attempts", true},
		{"bff may not read the administration", auth.RoleBFF, http.MethodGet, "/admin/v1/logs", false},
		{"bff may not climb out of the API", auth.RoleBFF, http.MethodGet, "/api/v1/../../admin/v1/logs", false},
		{"bff may not use a prefix without a slash", auth.RoleBFF, http.MethodGet, "/api/v1x/users", false},
		{"viewer reads the API", auth.RoleViewer, http.MethodGet, "/api/v1/users/1/results", true},
		{"viewer reads the administration", auth.RoleViewer, http.MethodGet, "/admin/v1/logs", true},
		{"viewer may ask for the head", auth.RoleViewer, http.MethodHead, "/admin/v1/logs", true},
		{"viewer may not change", auth.RoleViewer, http.MethodPut, "/admin/v1/logs/status", false},
		{"viewer may not write the API", auth.RoleViewer, http.MethodPost, "/api/v1/products/1/attempts", false},
		{"operator reads the administration", auth.RoleOperator, http.MethodGet, "/admin/v1/logs", true},
		{"operator changes", auth.RoleOperator, http.MethodPut, "/admin/v1/logs/status", true},
		{"operator writes the API", auth.RoleOperator, http.MethodPost, "/api/v1/products/1/attempts", true},
		{"no role may do nothing", "", http.MethodGet, "/api/v1/users/1/results", false},
		{"an unknown role may do nothing", "Operator", http.MethodGet, "/api/v1/users/1/results", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.role.Allows(tt.method, tt.path); got != tt.want {
				t.Errorf("%q allows %s %s = %v, want %v", tt.role, tt.method, tt.path, got, tt.want)
			}
		})
	}
}

func TestIssuedTokenIsVerified(t *testing.T) {
	token, err := auth.IssueToken(secret, "alice", "viewer", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	who, err := auth.NewVerifier(secret, "").Verify(token)
	if err != nil {
		t.Fatal(err)
	}
	want := auth.Identity{Subject: "alice", Role: auth.RoleViewer, Expires: who.Expires}
	if who != want || time.Until(who.Expires).Round(time.Minute) != time.Hour {
		t.Errorf("identity = %+v, want %+v", who, want)
	}
}

func TestBadTokensAreRefused(t *testing.T) {
	later := time.Now().Add(time.Hour).Unix()
	good := jwt.MapClaims{"sub": "alice", "role": "viewer", "exp": later}
	sign := func(method jwt.SigningMethod, key any, claims jwt.MapClaims) string {
		t.Helper()
		token, err := jwt.NewWithClaims(method, claims).SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	own := func(claims jwt.MapClaims) string { return sign(jwt.SigningMethodHS256, []byte(secret), claims) }
	verifier := auth.NewVerifier(secret, "")
	if _, err := verifier.Verify(own(good)); err != nil {
		t.Fatalf("a good token is refused: %v", err)
	}

	tests := map[string]string{
		"signed with another secret":  sign(jwt.SigningMethodHS256, []byte("another"), good),
		"signed with HS512":           sign(jwt.SigningMethodHS512, []byte(secret), good),
		"not signed":                  sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, good),
		"expired":                     own(jwt.MapClaims{"sub": "a", "role": "viewer", "exp": time.Now().Add(-time.Second).Unix()}),
		"without exp":                 own(jwt.MapClaims{"sub": "a", "role": "viewer"}),
		"with exp as a text":          own(jwt.MapClaims{"sub": "a", "role": "viewer", "exp": "tomorrow"}),
		"not valid yet":               own(jwt.MapClaims{"sub": "a", "role": "viewer", "exp": later, "nbf": later}),
		"without sub":                 own(jwt.MapClaims{"role": "viewer", "exp": later}),
		"with an empty sub":           own(jwt.MapClaims{"sub": "", "role": "viewer", "exp": later}),
		"with a number as sub":        own(jwt.MapClaims{"sub": 1, "role": "viewer", "exp": later}),
		"with NUL in sub":             own(jwt.MapClaims{"sub": "a\x00", "role": "viewer", "exp": later}),
		"with a list as role":         own(jwt.MapClaims{"sub": "a", "role": []string{"viewer"}, "exp": later}),
		"that is not a token":         "x.y.z",
		"that is empty":               "",
		"whose payload was exchanged": own(good)[:20] + "A" + own(good)[21:],
	}
	for name, token := range tests {
		t.Run(name, func(t *testing.T) {
			if who, err := verifier.Verify(token); err == nil {
				t.Errorf("a token %s is taken for %+v", name, who)
			}
		})
	}
}

func TestHiddenCredentials(t *testing.T) {
	tests := []struct {
		name    string
		headers []string
		want    string
	}{
		{"a bearer token is found", []string{"Bearer abc"}, "abc"},
		{"the scheme may have any case", []string{"bearer abc"}, "abc"},
		{"no header", nil, ""},
		{"no token", []string{"Bearer "}, ""},
		{"no scheme", []string{"abc"}, ""},
		{"another scheme", []string{"Basic abc"}, ""},
		{"two headers", []string{"Bearer abc", "Bearer def"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
			r.Header["Authorization"] = tt.headers
			hidden := auth.HideCredentials(r)
			if got := hidden.Header.Get("Authorization"); got != "" {
				t.Errorf("the header still holds %q", got)
			}
			token, found := auth.BearerToken(hidden.Context())
			if token != tt.want || found != (tt.want != "") {
				t.Errorf("token = %q, %v, want %q", token, found, tt.want)
			}
		})
	}
}

func TestActorIsTheSubject(t *testing.T) {
	if got := auth.Actor(t.Context()); got != "" {
		t.Errorf("actor without authorization = %q", got)
	}
	ctx := auth.WithIdentity(t.Context(), auth.Identity{Subject: "alice"})
	if got := auth.Actor(ctx); got != "alice" {
		t.Errorf("actor = %q, want alice", got)
	}
}

func TestATokenThatWasValidIsRefusedWhenItHasExpired(t *testing.T) {
	verifier := auth.NewVerifier(secret, "")
	token, err := auth.IssueToken(secret, "bff", "bff", 2*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time from memory
		if who, err := verifier.Verify(token); err != nil || who.Subject != "bff" {
			t.Fatalf("a valid token: %+v, %v", who, err)
		}
	}
	deadline := time.Now().Add(10 * time.Second)
	for {
		if _, err := verifier.Verify(token); err != nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the token is still valid")
		}
		time.Sleep(20 * time.Millisecond) // the pause between two looks
	}
}

func TestTheTokensOfOneVerifierAreNotThoseOfAnother(t *testing.T) {
	token, err := auth.IssueToken(secret, "bff", "bff", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := auth.NewVerifier(secret, "").Verify(token); err != nil {
		t.Fatal(err)
	}
	if _, err := auth.NewVerifier("x"+secret, "").Verify(token); err == nil {
		t.Error("a token is valid for another secret")
	}
}

func TestClocksMayBeApart(t *testing.T) {
	now := time.Now()
	at := func(shift time.Duration) *jwt.NumericDate { return jwt.NewNumericDate(now.Add(shift)) }
	hour := at(time.Hour)
	for name, tt := range map[string]struct {
		claims jwt.RegisteredClaims
		want   bool
	}{
		"valid from soon on":        {jwt.RegisteredClaims{ExpiresAt: hour, NotBefore: at(20 * time.Second)}, true},
		"issued soon":               {jwt.RegisteredClaims{ExpiresAt: hour, IssuedAt: at(20 * time.Second)}, true},
		"valid from a minute on":    {jwt.RegisteredClaims{ExpiresAt: hour, NotBefore: at(time.Minute)}, false},
		"issued in a minute":        {jwt.RegisteredClaims{ExpiresAt: hour, IssuedAt: at(time.Minute)}, false},
		"over for a moment":         {jwt.RegisteredClaims{ExpiresAt: at(-2 * time.Second)}, false},
		"over, but valid from then": {jwt.RegisteredClaims{ExpiresAt: at(-2 * time.Second), NotBefore: at(20 * time.Second)}, false},
	} {
		tt.claims.Subject = "bff"
		token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, tt.claims).SignedString([]byte(secret))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := auth.NewVerifier(secret, "").Verify(token); (err == nil) != tt.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTokensOfThePreviousSecretAreValid(t *testing.T) {
	const previous = "the secret that was in use before this one"
	verifier := auth.NewVerifier(secret, previous)
	for signedWith, want := range map[string]bool{secret: true, previous: true, "another": false, "": false} {
		token, err := auth.IssueToken(signedWith, "bff", "bff", time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second time from memory
			if _, err := verifier.Verify(token); (err == nil) != want {
				t.Errorf("signed with %q: %v", signedWith, err)
			}
		}
		if _, err := auth.NewVerifier(secret, "").Verify(token); (err == nil) != (signedWith == secret) {
			t.Errorf("signed with %q, without a previous secret: %v", signedWith, err)
		}
	}
}
