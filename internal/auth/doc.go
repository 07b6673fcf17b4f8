// Package auth says who calls and what they may do: it issues and verifies the
// tokens of contract section 6, holds the rule of the three roles, and carries
// the caller through a request's context.
//
// It stands in for go-zero's own JWT handler, which writes the whole request,
// token included, into the log when a token is bad, takes tokens that never
// expire, and does not hand on `sub`.
package auth
