// Package preflight checks, before a sale, what the sale will stand on: Redis, PostgreSQL,
// the replicas of the service, and the product.
//
// The facts are gathered once, in some ten round trips to each server and five seconds at
// most, and nothing is written. What decides over them is a registry of checks, [Checks]:
// each is a pure function of the facts, has a code by which it is known, and says what is
// seen, what is expected, what it means for a sale when it does not hold, and the command
// that mends it. A check whose ground is missing, such as all of Redis while Redis does not
// answer, is skipped. What a server does not let us look at is no error: the check warns,
// and says so.
//
// The facts of the replicas come from what each writes of itself every few seconds, see
// [Heartbeat].
package preflight
