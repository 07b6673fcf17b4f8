// Package ledger holds the transaction scripts: what is written together, in one
// transaction, so that a crash at any moment leaves all of it or nothing. It
// decides nothing that package seckill can decide, and holds no SQL: statements
// are package model's.
//
// Every script is idempotent where its input can come twice, as stream entries do.
package ledger
