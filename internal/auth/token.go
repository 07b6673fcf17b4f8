package auth

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"
)

// Identity is who a token speaks for.
type Identity struct {
	Subject string    // claim `sub`: the actor of audit rows; never empty
	Role    Role      // claim `role`; may be one that is not known, which allows nothing
	Expires time.Time // claim `exp`: until when the token is valid
}

// claims is what we read of a token and write into it.
type claims struct {
	Role Role `json:"role"`
	jwt.RegisteredClaims
}

// leeway is by how much the clock of who issues tokens may be ahead of ours.
const leeway = 30 * time.Second

// Validate adds our rules to those of the library, which calls it.
func (c claims) Validate() error {
	// The library gives its leeway to the end of a token as well.
	if c.ExpiresAt != nil && !time.Now().Before(c.ExpiresAt.Time) {
		return jwt.ErrTokenExpired
	}
	if c.Subject == "" {
		return errors.New("claim sub is missing")
	}
	// The subject becomes a text in PostgreSQL, which holds neither.
	if !utf8.ValidString(c.Subject) || strings.ContainsRune(c.Subject, 0) {
		return errors.New("claim sub is not a text")
	}
	return nil
}

// IssueToken makes a token that expires after lifetime, signed with HS256, for
// the development mode and for the operator's command line.
func IssueToken(secret, subject, role string, lifetime time.Duration) (string, error) {
	now := time.Now()
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims{
		Role: Role(role),
		RegisteredClaims: jwt.RegisteredClaims{
			Subject:   subject,
			IssuedAt:  jwt.NewNumericDate(now),
			ExpiresAt: jwt.NewNumericDate(now.Add(lifetime)),
		},
	}).SignedString([]byte(secret))
	if err != nil {
		return "", fmt.Errorf("sign token of %s: %w", subject, err)
	}
	return token, nil
}

// Verifier checks tokens. It is safe for concurrent use.
//
// It remembers the tokens that it has found valid: a BFF sends the same one with every
// request, and to check a signature costs as much as to decide an attempt.
type Verifier struct {
	keys   jwt.VerificationKeySet
	parser *jwt.Parser

	mu    sync.RWMutex
	valid map[string]verified
}

// verified is a token that is valid until its end.
type verified struct {
	who  Identity
	ends time.Time
}

// maxVerified bounds how many tokens are remembered; beyond it all are forgotten.
const maxVerified = 10_000

// NewVerifier makes a verifier of tokens signed with secret, or with previous unless it
// is empty: while a secret is being changed both are in use.
func NewVerifier(secret, previous string) *Verifier {
	keys := jwt.VerificationKeySet{Keys: []jwt.VerificationKey{[]byte(secret)}}
	if previous != "" {
		keys.Keys = append(keys.Keys, []byte(previous))
	}
	return &Verifier{
		keys: keys,
		parser: jwt.NewParser(
			jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
			jwt.WithExpirationRequired(),
			jwt.WithIssuedAt(),
			jwt.WithLeeway(leeway),
		),
		valid: map[string]verified{},
	}
}

// Verify checks the signature of a token, its lifetime and its subject, and
// returns whom it speaks for. Its errors may be logged but say too much for a
// client.
func (v *Verifier) Verify(token string) (Identity, error) {
	v.mu.RLock()
	known, found := v.valid[token]
	v.mu.RUnlock()
	if found && time.Now().Before(known.ends) {
		return known.who, nil
	}
	var c claims
	_, err := v.parser.ParseWithClaims(token, &c, func(*jwt.Token) (any, error) { return v.keys, nil })
	if err != nil {
		return Identity{}, fmt.Errorf("verify token: %w", err)
	}
	who := Identity{Subject: c.Subject, Role: c.Role, Expires: c.ExpiresAt.Time}
	v.remember(token, verified{who: who, ends: c.ExpiresAt.Time})
	return who, nil
}

func (v *Verifier) remember(token string, valid verified) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.valid) >= maxVerified {
		clear(v.valid)
	}
	v.valid[token] = valid
}
