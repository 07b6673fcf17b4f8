//go:build !unix

package response

// stateOf knows nothing: a client that has gone is noticed when it is written to.
func stateOf(uintptr) peer { return peerThere }
