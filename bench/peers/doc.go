// Package peers measures the service against other ways to bring the same entries of a Redis
// stream into PostgreSQL, in one run on the same servers: the integration guide's own way
// with gorm, one transaction an order as tutorials have it, watermill's subscriber, and two
// limits that do nothing but move bytes. It is a module of its own, so that what it compares
// with is not among what the service depends on.
//
// Run it with `make bench-peers`.
package peers
